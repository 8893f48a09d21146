"""The database that a backup is restored into."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from operations.backups import engines
from operations.backups.scratch import settings_like_ours
from operations.errors import Invalid, Refused

_RULE = "must be the path of a SQLite file or a URL such as postgres://user@host:5432/name"
_SCHEMES = frozenset({"sqlite", "postgres", "postgresql", "psql", "pgsql"})
_FIELDS = ("NAME", "USER", "PASSWORD", "HOST", "PORT")


@dataclass(frozen=True)
class Target:
    """Where to: settings of a database, how it is called without its password, whether it is the portal's."""

    settings: dict[str, Any]
    shown: str
    is_ours: bool


def parse(into: str, engine: str) -> Target:
    """Read a URL or a path; "" is the portal's own database. Raises Invalid, Refused for another engine."""
    if not into:
        return _checked(Target(settings_like_ours(), "the portal's own database", is_ours=True), engine)
    if "://" not in into:
        into_file = _sqlite(Path(into).absolute())
        return _checked(into_file, engine)
    if into.partition("://")[0] not in _SCHEMES:
        raise Invalid({"into": _RULE})
    try:
        found = environ.Env.db_url_config(into)
    except (ImproperlyConfigured, ValueError, KeyError, TypeError):
        # Its own message repeats the URL, password included.
        raise Invalid({"into": _RULE}) from None
    if not found.get("NAME"):
        raise Invalid({"into": _RULE})
    if found["ENGINE"].endswith("sqlite3"):
        return _checked(_sqlite(Path(found["NAME"]).absolute()), engine)
    values = {name: found.get(name, "") for name in _FIELDS}
    settings = settings_like_ours(ENGINE=found["ENGINE"], OPTIONS=found.get("OPTIONS", {}), **values)
    shown = f"{found['NAME']} on {found.get('HOST') or 'this machine'}"
    return _checked(Target(settings, shown, is_ours=False), engine)


def _sqlite(path: Path) -> Target:
    settings = settings_like_ours(ENGINE="django.db.backends.sqlite3", NAME=str(path), OPTIONS={})
    return Target(settings, str(path), is_ours=False)


def _checked(target: Target, engine: str) -> Target:
    theirs = "sqlite" if target.settings["ENGINE"].endswith("sqlite3") else "postgresql"
    if theirs != engine:
        raise Refused("other_engine", f"A backup of {engine} cannot be restored into {theirs}.")
    if (
        not target.is_ours
        and engine == connection.vendor
        and engines.named(engine).is_same(target.settings, connection.settings_dict)
    ):
        raise Refused("own_database", f"{target.shown} is the portal's own database: leave --into away.")
    return target
