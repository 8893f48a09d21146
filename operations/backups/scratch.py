"""A further database under an alias of its own, for as long as it is looked at."""

import copy
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections
from django.db.utils import load_backend


def settings_like_ours(**changes: Any) -> dict[str, Any]:
    """The settings of the portal's own database with some of them changed."""
    return {**copy.deepcopy(connection.settings_dict), **changes}


@contextmanager
def connected(settings: Mapping[str, Any]) -> Iterator[str]:
    """Connect to a database; the alias under which models reach it. Closed and forgotten afterwards."""
    alias = f"backup-{secrets.token_hex(6)}"
    database = load_backend(settings["ENGINE"]).DatabaseWrapper(dict(settings), alias)
    # Known to this thread alone: no other closes it, or takes it for a database of the portal.
    connections[alias] = database
    try:
        yield alias
    finally:
        database.close()
        del connections[alias]
