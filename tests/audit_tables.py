"""Taking the triggers that guard rows away for a moment, which only tests do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

# The names of the triggers: of what is append-only, and of what cannot change once it went to production.
GUARDS = ("%\\_append\\_only%", "%\\_frozen%")


@contextmanager
def unprotected(database: BaseDatabaseWrapper = connection) -> Iterator[None]:
    """The trail without its triggers, as somebody with the database's password could make it."""
    restore = _lift(database)
    try:
        yield
    finally:
        for statement in restore:
            _execute(database, statement)


def _lift(database: BaseDatabaseWrapper) -> list[str]:
    """Take the triggers away; return the statements that bring them back."""
    if database.vendor == "postgresql":
        # A table with checks that wait for the commit cannot be altered.
        _execute(database, "SET CONSTRAINTS ALL IMMEDIATE")
        tables = _rows(
            database,
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE %s OR tgname LIKE %s",
            *GUARDS,
        )
        for (table,) in tables:
            _execute(database, f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return [f"ALTER TABLE {table} ENABLE TRIGGER USER" for (table,) in tables]
    triggers = _rows(
        database,
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
        "AND (name LIKE %s ESCAPE '\\' OR name LIKE %s ESCAPE '\\')",
        *GUARDS,
    )
    for name, _ in triggers:
        _execute(database, f"DROP TRIGGER {name}")
    return [sql for _, sql in triggers]


def _rows(database: BaseDatabaseWrapper, query: str, *parameters: str) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def _execute(database: BaseDatabaseWrapper, statement: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement)
