"""Batches that come in together: each counts once, and none waits for another in a circle."""

import threading
import time
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from monitoring import ingest
from monitoring.ingest import writing
from monitoring.models import Batch, CounterHour, DailyUser, LastUse, WorkspaceHour
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT

TOGETHER = 10


def samples(count: int, *, backwards: bool = False) -> list[dict[str, Any]]:
    """One sample for each of `count` workspaces."""
    at = (timezone.now() - timedelta(hours=1)).isoformat()
    told = {
        "requests": 10,
        "errors": 1,
        "counters": {"noShows": 1, "portalVisits": 2},
        "users": ["ada", "bob"],
    }
    found = [{"workspace": name, "at": at, **told} for name in builders.numbered(count)]
    return found[::-1] if backwards else found


def push(batch: str, given: list[dict[str, Any]]) -> ingest.Taken:
    return ingest.take({"batch": batch, "module": "patient_engagement", "samples": given}, actor=ROOT)


def totals() -> tuple[int, int]:
    hours = sum(WorkspaceHour.objects.values_list("requests", flat=True))
    return hours, sum(CounterHour.objects.values_list("value", flat=True))


@pytest.fixture
def product(db: None) -> None:
    builders.modules()
    builders.workspaces(builders.numbered(200))


@pytest.mark.django_db
@pytest.mark.usefixtures("product")
def test_a_batch_sent_a_hundred_times_counts_once() -> None:
    given = samples(2)
    assert {push("b1", given).accepted for _ in range(100)} == {2}
    assert totals() == (20, 6)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("product")
def test_a_batch_sent_a_hundred_times_at_once_counts_once_and_all_hear_the_same() -> None:
    for number in range(100 // TOGETHER):
        answers = at_once(*[partial(push, f"b{number}", samples(2))] * TOGETHER)
        assert answers == [ingest.Taken(2, 0, [])] * TOGETHER
    assert totals() == (20 * 100 // TOGETHER, 6 * 100 // TOGETHER)
    assert Batch.objects.count() == 100 // TOGETHER


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("product")
def test_batches_for_the_same_rows_in_opposite_order_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the order in which rows are written PostgreSQL ends one of two that wait for one another."""
    ways = [samples(200), samples(200, backwards=True)] * 2
    rounds = 5
    for number in range(rounds):
        answers = at_once(*(partial(push, f"{number}.{way}", ways[way]) for way in range(4)))
        assert answers == [ingest.Taken(200, 0, [])] * 4
    assert totals() == (10 * 200 * 4 * rounds, 3 * 200 * 4 * rounds)
    assert (DailyUser.objects.count(), LastUse.objects.count()) == (400, 200)

    monkeypatch.setattr(writing, "sorted", list, raising=False)
    unordered = (
        at_once(*(partial(outcome, f"unordered {number}.{way}", ways[way]) for way in range(4)))
        for number in range(50)
    )
    assert any("deadlock" in answer for answers in unordered for answer in map(str, answers))


def outcome(batch: str, given: list[dict[str, Any]]) -> object:
    """What `push` gives or raises."""
    try:
        return push(batch, given)
    except OperationalError as error:
        return error


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("product")
def test_a_repeat_waits_for_the_first_and_counts_where_that_one_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, let_go = threading.Event(), threading.Event()
    put = writing.LAST_USE.put

    def fail_slowly(rows: Any) -> None:
        if held.is_set():
            put(rows)
            return
        held.set()
        let_go.wait(10)
        raise OperationalError("the server went away")

    monkeypatch.setattr(writing.LAST_USE, "put", fail_slowly)

    def repeat() -> ingest.Taken:
        held.wait(10)
        threading.Thread(target=_release_when_waiting, args=(let_go,)).start()
        return push("b1", samples(2))

    failed, counted = at_once(partial(outcome, "b1", samples(2)), repeat)
    assert (str(failed), counted) == ("the server went away", ingest.Taken(2, 0, []))
    assert totals() == (20, 6)


def _release_when_waiting(let_go: threading.Event) -> None:
    """Let the first go on once PostgreSQL says that somebody waits for it."""
    with connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone():
                break
            time.sleep(0.02)
    connection.close()
    let_go.set()
