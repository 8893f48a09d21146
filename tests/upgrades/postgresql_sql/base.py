"""PostgreSQL's statements for migrations, on a machine without PostgreSQL. Runs nothing.

SQLite's say little about a migration: it makes most changes by copying the whole table.
"""

from typing import Any

from django.db.backends.postgresql import base, introspection, operations
from psycopg import sql


class DatabaseIntrospection(introspection.DatabaseIntrospection):
    """Knows of no table, for there is none."""

    def table_names(self, cursor: Any = None, include_views: bool = False) -> list[str]:
        return []

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, Any]:
        return {}


class DatabaseOperations(operations.DatabaseOperations):
    """Writes values into statements by itself, where Django lets the server's connection do it."""

    def compose_sql(self, statement: str, params: Any) -> str:
        return statement % tuple(sql.Literal(param).as_string(None) for param in params or ())


class NoCursor:
    """What is asked of `with connection.cursor()` when nothing is executed."""

    def __enter__(self) -> "NoCursor":
        return self

    def __exit__(self, *details: object) -> None:
        return None


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL 15 as far as words go."""

    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations
    pg_version = 150000

    def ensure_connection(self) -> None:
        self.autocommit = True

    def set_autocommit(self, autocommit: bool, *args: Any, **kwargs: Any) -> None:
        self.autocommit = autocommit

    def cursor(self) -> Any:
        return NoCursor()
