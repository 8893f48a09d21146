"""What each database does its own way: dump, restore to look at, restore to stay."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from operations.backups.contents import Contents
from operations.backups.engines import postgresql, sqlite
from operations.backups.folders import Progress
from operations.errors import Refused


class Engine(Protocol):
    """One kind of database. Every function may raise Refused with what to do about it."""

    # The dump's name in a backup's folder.
    FILE: str

    def ready(self, database: BaseDatabaseWrapper) -> None:
        """Refuse where a program that is needed is missing or too old."""

    def size(self, database: BaseDatabaseWrapper) -> int:
        """Bytes of the database, about."""

    def dump(self, database: BaseDatabaseWrapper, file: Path, progress: Progress) -> Contents:
        """Save one moment of a database that others go on writing to; return what it held."""

    def proof(
        self, database: BaseDatabaseWrapper, file: Path, folder: Path
    ) -> AbstractContextManager[dict[str, Any]]:
        """Restore a dump beside the portal's database: the settings of what is gone again afterwards."""

    def faults(self, database: BaseDatabaseWrapper) -> list[str]:
        """What the database itself finds wrong in a restored copy."""

    def is_same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether two settings lead to one database."""

    def holds(self, settings: Mapping[str, Any]) -> list[str]:
        """The tables that are in a database now, none for one that is to be made. Changes nothing."""

    def replace(self, settings: Mapping[str, Any], file: Path, record: Callable[[str], None]) -> list[str]:
        """Put a dump in the place of a database, in one step; return what a person should know.

        `record` is called with the alias of the restored database.
        """


_ENGINES: Mapping[str, Engine] = {"sqlite": sqlite, "postgresql": postgresql}


def named(name: str) -> Engine:
    """The engine of this name. Raises Refused for one that this version does not know."""
    if name not in _ENGINES:
        raise Refused("unknown_engine", f"Backups of {name} are not known to this version of the portal.")
    return _ENGINES[name]
