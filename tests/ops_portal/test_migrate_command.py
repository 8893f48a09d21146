"""`manage.py migrate` on a portal that runs: it waits shortly for a table in use, and then tries again."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.commands import migrate as plain
from django.db import OperationalError, connection, transaction
from psycopg import errors

from ops_portal.management.commands import migrate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def reader() -> Iterator[Any]:
    """Somebody whose report reads the tickets for a long time."""
    params = connection.get_connection_params()
    params.pop("cursor_factory", None)
    params.pop("context", None)
    wanted = {name: params[name] for name in ("dbname", "user", "password", "host", "port") if name in params}
    with psycopg.connect(**wanted) as other:
        other.execute("LOCK TABLE feedback_ticket IN ACCESS SHARE MODE")
        yield other


@pytest.fixture
def altering(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In place of Django's own command one that changes the table of tickets; what it saw."""
    attempts: list[str] = []
    monkeypatch.setattr(migrate, "PAUSE", 0.0)

    def handle(self: Any, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            attempts.append(cursor.fetchone()[0])
            cursor.execute("LOCK TABLE feedback_ticket IN ACCESS EXCLUSIVE MODE NOWAIT")

    monkeypatch.setattr(
        plain.Command, "handle", lambda *args, **options: attempting(handle, *args, **options)
    )
    return attempts


def attempting(handle: Any, *args: Any, **options: Any) -> None:
    with transaction.atomic():
        handle(*args, **options)


def test_a_table_in_use_is_tried_again_and_then_given_up(
    reader: Any, altering: list[str], capsys: Any
) -> None:
    with pytest.raises(OperationalError) as raised:
        call_command("migrate", attempts=3, lock_timeout=2)

    assert isinstance(raised.value.__cause__, errors.LockNotAvailable)
    assert altering == ["2s", "2s", "2s"]
    assert "attempt 3 of 3" in capsys.readouterr().err


def test_when_the_reader_is_done_the_next_attempt_goes_through(
    reader: Any, altering: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: reader.rollback())
    call_command("migrate", attempts=3)

    assert len(altering) == 2
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "0"


def test_another_failure_is_not_tried_again(altering: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **options: Any) -> None:
        altering.append("asked")
        raise OperationalError("no such column")

    monkeypatch.setattr(plain.Command, "handle", fail)
    with pytest.raises(OperationalError, match="no such column"):
        call_command("migrate")
    assert altering == ["asked"]
