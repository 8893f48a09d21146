"""How a database is asked: read-only, never for long, and without a lock that others wait for."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from monitoring.database_health.findings import Unanswered

Row = dict[str, Any]

# Seconds that one question may take.
TIME_LIMIT = 5.0
# Seconds it may wait for a table that a migration has locked.
LOCK_LIMIT = 1.0

NOT_PERMITTED, TOO_SLOW, LOCKED = "42501", "57014", "55P03"
# The server is going or gone: there is nobody to ask the next question.
GONE = ("08", "57P")
# SQLite asks us so often, counted in its own instructions, whether to go on.
PROGRESS_STEPS = 10_000


class Database:
    """One database to read. Every question is a short transaction of its own and leaves nothing behind."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A cursor for one question. Raises Unanswered, or OperationalError where the database is gone."""
        try:
            with self._cursor() as cursor:
                yield cursor
        except InterfaceError as error:
            raise OperationalError(str(error)) from error
        except DatabaseError as error:
            if self._gone(error):
                raise
            raise self._unanswered(error) from error

    def rows(self, sql: str, parameters: Sequence[object] | None = None) -> list[Row]:
        """What a query answers, by the names of its columns."""
        with self.reading() as cursor:
            cursor.execute(sql, parameters)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def row(self, sql: str, parameters: Sequence[object] | None = None) -> Row:
        """The one row that a query answers."""
        return self.rows(sql, parameters)[0]

    def round_trips(self, times: int) -> list[float]:
        """Milliseconds that the smallest question takes, so many times."""
        taken = []
        with self.reading() as cursor:
            for _ in range(times):
                began = time.perf_counter()
                cursor.execute("SELECT 1")
                cursor.fetchone()
                taken.append((time.perf_counter() - began) * 1000)
        return taken

    def _cursor(self) -> Any:
        return _of_sqlite(self.connection) if self._is_sqlite else _of_postgres(self.connection)

    @property
    def _is_sqlite(self) -> bool:
        return self.connection.vendor == "sqlite"

    def _gone(self, error: DatabaseError) -> bool:
        if self._is_sqlite or not isinstance(error, OperationalError):
            return False
        state = _state(error)
        return not state or state.startswith(GONE)

    def _unanswered(self, error: DatabaseError) -> Unanswered:
        state, user = _state(error), self.connection.settings_dict.get("USER") or "the portal's user"
        if state == NOT_PERMITTED:
            return Unanswered(f"{user} may not see this", f"GRANT pg_monitor TO {user};")
        if state == TOO_SLOW or str(error) == "interrupted":
            return Unanswered(f"it took longer than {TIME_LIMIT:.0f} s, so it was stopped")
        if state == LOCKED:
            return Unanswered("a table is locked, by a migration perhaps: see locks_waiting in `check`")
        said = str(error).strip().splitlines() or [type(error).__name__]
        return Unanswered(f"it could not be asked: {said[0]}")


def _state(error: DatabaseError) -> str:
    return str(getattr(error.__cause__, "sqlstate", None) or "")


@contextmanager
def _of_postgres(connection: BaseDatabaseWrapper) -> Iterator[Any]:
    within = connection.in_atomic_block
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET LOCAL statement_timeout = {TIME_LIMIT * 1000:.0f}; "
                f"SET LOCAL lock_timeout = {LOCK_LIMIT * 1000:.0f}; "
                "SET TRANSACTION READ ONLY"
            )
            yield cursor
        if within:
            # The settings are local to a transaction: within another one only this takes them back.
            transaction.set_rollback(True, using=connection.alias)


@contextmanager
def _of_sqlite(connection: BaseDatabaseWrapper) -> Iterator[Any]:
    """No transaction: Django's begins by taking the lock of the one writer."""
    deadline = time.monotonic() + TIME_LIMIT
    with connection.cursor() as cursor:
        raw = connection.connection
        (before,) = raw.execute("PRAGMA query_only").fetchone()
        raw.execute("PRAGMA query_only = ON")
        raw.set_progress_handler(lambda: time.monotonic() > deadline, PROGRESS_STEPS)
        try:
            yield cursor
        finally:
            raw.set_progress_handler(None, PROGRESS_STEPS)
            raw.execute(f"PRAGMA query_only = {int(before)}")
