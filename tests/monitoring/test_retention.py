"""Hours become days and are forgotten: never before they stand in their day, and never half of a day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError

from monitoring import ingest, retention
from monitoring.models import (
    Batch,
    CounterDay,
    CounterHour,
    DailyUser,
    DayRoll,
    GaugeReading,
    LastUse,
    WorkspaceDay,
    WorkspaceHour,
)
from operations.errors import Invalid
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

FIRST = date(2026, 3, 2)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def product(db: None) -> None:
    builders.modules()
    builders.workspaces(builders.numbered(2))


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def sample(when: datetime, workspace: str = "W00000", **values: Any) -> dict[str, Any]:
    told = {"requests": 10, "errors": 1, "counters": {"noShows": 2}, "users": ["ada"]}
    return {"workspace": workspace, "at": when.isoformat(), **told, **values}


def push(received: datetime, *samples: dict[str, Any], batch: str = "", **body: Any) -> ingest.Taken:
    with time_machine.travel(received, tick=False):
        given = {"batch": batch or f"at {received}", "module": "patient_engagement", "samples": list(samples)}
        return ingest.take({**given, **body}, actor=ROOT)


def days() -> list[tuple[date, str, int, int]]:
    rows = WorkspaceDay.objects.order_by("day", "workspace")
    return list(rows.values_list("day", "workspace", "requests", "users"))


def test_a_day_that_is_over_is_rolled_up_from_its_hours() -> None:
    push(
        at(FIRST, 23),
        sample(at(FIRST, 0), latencySumMs=50.5, latencyBuckets=_buckets(10)),
        sample(at(FIRST, 22), users=["ada", "bob"], latencySumMs=1, latencyBuckets=_buckets(3)),
        sample(at(FIRST, 22), "W00001", users=[]),
    )
    assert retention.roll_up(at(FIRST, 23, 59)) == []
    assert retention.roll_up(at(FIRST + DAY, 0)) == [FIRST]
    assert days() == [(FIRST, "W00000", 20, 2), (FIRST, "W00001", 10, 0)]
    row = WorkspaceDay.objects.get(workspace="W00000")
    assert (row.errors, row.latency_sum_ms, row.le_50, row.le_inf) == (2, 51.5, 0, 13)
    assert dict(CounterDay.objects.values_list("workspace", "value")) == {"W00000": 4, "W00001": 2}


def _buckets(count: int) -> dict[str, int]:
    bounds = ("50", "100", "200", "300", "500", "1000", "2000", "5000")
    return {**dict.fromkeys(bounds, 0), "+Inf": count}


def test_users_of_a_day_without_requests_are_counted_too() -> None:
    push(at(FIRST), {"workspace": "W00000", "at": at(FIRST).isoformat(), "users": ["ada"]})
    retention.roll_up(at(FIRST + DAY))
    assert days() == [(FIRST, "W00000", 0, 1)]


def test_rolling_up_twice_changes_nothing() -> None:
    push(at(FIRST), sample(at(FIRST)))
    retention.roll_up(at(FIRST + DAY, 0))
    assert retention.roll_up(at(FIRST + DAY, 3)) == []
    assert days() == [(FIRST, "W00000", 10, 1)]


def test_late_samples_are_in_their_day_after_the_next_run() -> None:
    push(at(FIRST), sample(at(FIRST)))
    push(at(FIRST + DAY), sample(at(FIRST + DAY)))
    retention.roll_up(at(FIRST + 2 * DAY))
    push(at(FIRST + 5 * DAY), sample(at(FIRST), "W00001"), sample(at(FIRST), users=["eve"]))
    assert retention.roll_up(at(FIRST + 5 * DAY, 13))[0] == FIRST
    assert days()[:2] == [(FIRST, "W00000", 20, 2), (FIRST, "W00001", 10, 1)]


def test_a_day_that_no_batch_added_to_is_not_rolled_up_again() -> None:
    for number in range(3):
        push(at(FIRST + DAY * number), sample(at(FIRST + DAY * number)))
    later = FIRST + 3 * DAY
    assert retention.roll_up(at(later)) == [FIRST, FIRST + DAY, FIRST + 2 * DAY]
    push(at(later, 13), sample(at(FIRST + DAY)))
    assert retention.roll_up(at(later, 15)) == [FIRST + DAY]
    assert retention.roll_up(at(later, 17)) == []


def test_a_batch_that_commits_after_a_run_is_found_by_the_next() -> None:
    """It noted its time before the run and was not to be seen by it."""
    push(at(FIRST), sample(at(FIRST)))
    push(at(FIRST + DAY, 0, 50), sample(at(FIRST)), batch="slow")
    Batch.objects.filter(batch="slow").update(first_hour=None)
    retention.roll_up(at(FIRST + DAY, 1))
    Batch.objects.filter(batch="slow").update(first_hour=at(FIRST))
    assert retention.roll_up(at(FIRST + DAY, 2)) == [FIRST]


def test_days_are_those_of_the_portals_time_zone(settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"
    push(at(FIRST, 6), sample(at(FIRST, 4)), sample(at(FIRST, 5)))
    assert retention.roll_up(at(FIRST, 5)) == [FIRST - DAY]
    retention.roll_up(at(FIRST + DAY, 5))
    assert [day for day, *_ in days()] == [FIRST - DAY, FIRST]
    assert set(DailyUser.objects.values_list("day", flat=True)) == {FIRST - DAY, FIRST}


def test_a_day_of_twenty_five_hours_has_them_all(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/London"
    long = date(2026, 10, 25)
    hours = [datetime(2026, 10, 24, 23, tzinfo=UTC) + timedelta(hours=1) * number for number in range(25)]
    push(at(long + DAY), *map(sample, hours))
    retention.roll_up(at(long + DAY))
    assert days() == [(long, "W00000", 250, 1)]


def test_hours_are_kept_while_samples_of_their_day_are_taken() -> None:
    push(at(FIRST), sample(at(FIRST)))
    last = FIRST + 35 * DAY
    push(at(last, 23), sample(at(FIRST, 1)))
    for now in (at(last, 23, 30), at(last + DAY, 0, 59)):
        retention.roll_up(now)
        retention.purge(now)
        assert WorkspaceHour.objects.count() == 2
        assert days() == [(FIRST, "W00000", 20, 1)]
    with pytest.raises(Invalid):
        push(at(last + DAY, 0), sample(at(FIRST, 23)))


def test_hours_go_after_the_last_roll_up_of_their_day() -> None:
    push(at(FIRST), sample(at(FIRST)), gauges={"at": at(FIRST).isoformat(), "memory": 5})
    push(at(FIRST + DAY), sample(at(FIRST + DAY)))
    end = at(FIRST + 36 * DAY, 1)
    retention.roll_up(end)
    gone = retention.purge(end)
    assert {name: count for name, count in gone.items() if count} == {
        "workspace hours": 1,
        "counter hours": 1,
        "daily users": 1,
        "gauge readings": 1,
    }
    assert WorkspaceHour.objects.get().hour == at(FIRST + DAY)
    assert [day for day, *_ in days()] == [FIRST, FIRST + DAY]
    assert LastUse.objects.count() == 1


def test_nothing_goes_that_was_not_rolled_up_however_late() -> None:
    push(at(FIRST), sample(at(FIRST)))
    late = at(FIRST + 90 * DAY)
    retention.purge(late)
    assert WorkspaceHour.objects.count() == 1
    retention.roll_up(late)
    retention.purge(late)
    assert days() == [(FIRST, "W00000", 10, 1)]
    assert not WorkspaceHour.objects.exists()


def test_days_without_samples_are_settled_in_their_turn() -> None:
    push(at(FIRST), sample(at(FIRST)))
    for number in (1, 40, 79):
        retention.roll_up(at(FIRST + number * DAY))
        retention.purge(at(FIRST + number * DAY))
    assert DayRoll.objects.earliest("day").day == FIRST + (79 - 35) * DAY


def test_a_purge_that_was_cut_off_is_finished_and_the_day_stays_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    push(at(FIRST), sample(at(FIRST, 1)), sample(at(FIRST, 2)), sample(at(FIRST, 3)))
    end = at(FIRST + 36 * DAY, 1)
    retention.roll_up(end)
    monkeypatch.setattr(retention, "CHUNK", 1)
    whole = retention._delete

    def fail(model: Any, **old: Any) -> Any:
        if model is CounterHour:
            raise OperationalError
        return whole(model, **old)

    with monkeypatch.context() as patch:
        patch.setattr(retention, "_delete", fail)
        with pytest.raises(OperationalError):
            retention.purge(end)
    assert (WorkspaceHour.objects.count(), CounterHour.objects.count()) == (0, 3)
    retention.roll_up(end + DAY)
    assert retention.purge(end + DAY)["counter hours"] == 3
    assert days() == [(FIRST, "W00000", 30, 1)]
    assert CounterDay.objects.get().value == 6


def test_a_batch_is_known_for_as_long_as_one_of_its_samples_would_be_taken() -> None:
    """The newest that a batch may hold is 5 minutes ahead of the portal's clock."""
    received = at(FIRST, 23, 58)
    ahead = sample(at(FIRST + DAY, 0, 2))
    push(received, ahead, batch="b")
    taken = at(FIRST + 36 * DAY, 23, 59)
    retention.purge(taken)
    assert push(taken, ahead, batch="b").accepted == 1
    assert Batch.objects.get().received_at == received
    refused = taken + timedelta(minutes=1)
    with pytest.raises(Invalid):
        push(refused, ahead, batch="c")


def test_batches_are_forgotten_after_forty_days_and_days_after_two_years() -> None:
    push(at(FIRST), sample(at(FIRST)))
    retention.roll_up(at(FIRST + DAY))
    retention.purge(at(FIRST + 40 * DAY))
    assert Batch.objects.count() == 1
    retention.purge(at(FIRST + 40 * DAY, 12, 1))
    assert not Batch.objects.exists()
    retention.purge(at(FIRST + 730 * DAY))
    assert (WorkspaceDay.objects.count(), CounterDay.objects.count()) == (1, 1)
    retention.purge(at(FIRST + 731 * DAY))
    assert (WorkspaceDay.objects.count(), CounterDay.objects.count()) == (0, 0)
    assert not GaugeReading.objects.exists()
