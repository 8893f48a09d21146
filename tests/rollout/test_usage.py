"""How often flags were asked for: counted in process, added up in the table, and never lost on the way."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from rollout import tasks
from rollout.models import Flag, FlagUsage
from rollout.serving import usage
from rollout.serving.usage import Heard
from tests import builders

pytestmark = pytest.mark.django_db

CORE, PORTAL = "patient_engagement_module", "patient_portal"
ON = Heard(CORE, "on", "SPLIT")
OFF = Heard(CORE, "off", "DEFAULT")
NOW = datetime(2025, 3, 30, 13, 59, 59, tzinfo=UTC)


@pytest.fixture(autouse=True)
def flags(db: None) -> None:
    builders.modules()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what time it is for the counters."""

    def at(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    at(NOW)
    return at


def rows() -> list[tuple[str, datetime, str, str, int]]:
    found = FlagUsage.objects.order_by("flag__key", "hour", "variant", "reason")
    return list(found.values_list("flag__key", "hour", "variant", "reason", "count"))


def test_answers_are_counted_by_flag_hour_variant_and_reason(clock: Any) -> None:
    counter = usage.Counter()
    other = Heard(PORTAL, "on", "SPLIT")
    for _ in range(3):
        counter.note([ON, other])
    counter.note((OFF,))
    counter.collect()
    clock(NOW + timedelta(seconds=1))
    counter.note((ON,))
    counter.write()
    hour = NOW.replace(minute=0, second=0)
    assert rows() == [
        (CORE, hour, "off", "DEFAULT", 1),
        (CORE, hour, "on", "SPLIT", 3),
        (CORE, hour + timedelta(hours=1), "on", "SPLIT", 1),
        (PORTAL, hour, "on", "SPLIT", 3),
    ]


def test_what_is_written_is_written_once(clock: Any, django_assert_num_queries: Any) -> None:
    counter = usage.Counter()
    counter.note((ON,))
    counter.write()
    with django_assert_num_queries(0):
        counter.write()
    assert [row[-1] for row in rows()] == [1]


def test_two_processes_add_up(clock: Any) -> None:
    one, other = usage.Counter(), usage.Counter()
    for counter, times in ((one, 2), (other, 5), (one, 1)):
        for _ in range(times):
            counter.note((ON,))
        counter.write()
    assert rows() == [(CORE, NOW.replace(minute=0, second=0), "on", "SPLIT", 8)]


def test_a_write_that_fails_loses_nothing(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = usage.Counter()
    counter.note((ON,))
    works = usage._add

    def fails(counted: Any) -> None:
        raise OperationalError("down")

    monkeypatch.setattr(usage, "_add", fails)
    for _ in range(3):
        with pytest.raises(OperationalError):
            counter.write()
        counter.note((ON,))
    monkeypatch.setattr(usage, "_add", works)
    counter.write()
    assert [row[-1] for row in rows()] == [4]


def test_a_flag_that_is_gone_takes_its_counts_with_it(clock: Any) -> None:
    counter = usage.Counter()
    counter.note((Heard("gone", "on", "SPLIT"), ON))
    counter.write()
    assert [row[0] for row in rows()] == [CORE]
    Flag.objects.filter(key="gone").delete()


def test_many_kinds_are_written_in_batches(clock: Any, django_assert_max_num_queries: Any) -> None:
    counter = usage.Counter()
    kinds = [Heard(CORE, f"v{number}", "SPLIT") for number in range(usage.BATCH * 2 + 1)]
    for _ in range(2):
        counter.note(kinds)
        with django_assert_max_num_queries(6):
            counter.write()
    assert {row[-1] for row in rows()} == {2}
    assert len(rows()) == len(kinds)


def test_more_than_can_wait_is_dropped_and_not_kept(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MOST_WAITING", 10)
    counter = usage.Counter()
    for _ in range(25):
        counter.note((ON,))
    counter.write()
    assert [row[-1] for row in rows()] == [10]


def test_threads_that_note_and_count_at_once_lose_nothing(clock: Any) -> None:
    counter = usage.Counter()
    ended = threading.Event()

    def note() -> None:
        for _ in range(5_000):
            counter.note((ON, OFF))

    def collect() -> None:
        while not ended.is_set():
            counter.collect()

    noting = [threading.Thread(target=note) for _ in range(3)]
    collecting = [threading.Thread(target=collect) for _ in range(2)]
    for thread in (*noting, *collecting):
        thread.start()
    for thread in noting:
        thread.join()
    ended.set()
    for thread in collecting:
        thread.join()
    counter.write()
    assert [row[-1] for row in rows()] == [15_000, 15_000]


def test_counts_are_read_by_flag(clock: Any) -> None:
    counter = usage.Counter()
    for hours in (0, 1, 2):
        clock(NOW + timedelta(hours=hours))
        counter.note((ON,))
        counter.collect()
    counter.write()
    core, portal = builders.flag(CORE), builders.flag(PORTAL)
    assert [row.hour.hour for row in usage.of_flag(core, NOW + timedelta(hours=1))] == [14, 15]
    hour = NOW.replace(minute=0, second=0)
    assert usage.last_asked([core, portal]) == {core.pk: hour + timedelta(hours=2)}


def test_old_counts_are_purged_by_the_hour() -> None:
    core, now = builders.flag(CORE), timezone.now()
    for days in (0, 89, 91, 400):
        FlagUsage.objects.create(
            flag=core, hour=now - timedelta(days=days), variant="on", reason="SPLIT", count=1
        )
    tasks.purge()
    assert FlagUsage.objects.count() == 2
    assert usage.purge() == 0
