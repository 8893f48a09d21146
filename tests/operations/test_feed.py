"""The change feed: what was announced is heard once, in whatever order it was committed."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import DjangoAssertNumQueries

from operations import feed, tasks
from operations.feed import EVERYTHING, Reader, announce
from operations.models import Change

pytestmark = pytest.mark.django_db

TOPICS = ("flags", "workspaces")
ALL = {topic: frozenset({EVERYTHING}) for topic in TOPICS}
MIDNIGHT = "2026-03-01T00:00Z"


def commit(number: int, key: str) -> None:
    """Make the row of this id visible, as if its transaction had ended now."""
    Change.objects.create(id=number, topic="flags", key=key)


def test_an_announcement_is_heard_once_by_each_reader() -> None:
    readers = [Reader(TOPICS), Reader(TOPICS)]
    announce("flags", ["portal"])
    announce("workspaces", ["W1", "W2", "W1"])
    announce("workspaces", ["W2", "W3"])
    for reader in readers:
        assert reader.poll() == {"flags": {"portal"}, "workspaces": {"W1", "W2", "W3"}}
        assert reader.poll() == {}
    announce("flags")
    for reader in readers:
        assert reader.poll() == {"flags": {EVERYTHING}}
        assert reader.poll() == {}


def test_what_was_announced_before_a_reader_was_made_is_not_for_it() -> None:
    announce("flags", ["portal"])
    assert Reader(TOPICS).poll() == {}


def test_a_topic_that_the_reader_does_not_follow_is_left_out() -> None:
    reader = Reader(["flags"])
    announce("workspaces", ["W1"])
    assert reader.poll() == {}


def test_no_keys_are_nothing_and_too_many_are_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_KEYS", 3)
    announce("flags", [])
    assert not Change.objects.exists()
    announce("flags", ["a", "b", "c", "a"])
    assert Change.objects.count() == 3
    announce("flags", ["a", "b", "c", "d"])
    announce("flags", ["a", EVERYTHING])
    assert list(Change.objects.order_by("-id").values_list("key", flat=True)[:2]) == [EVERYTHING] * 2
    assert Change.objects.count() == 5


def test_what_was_rolled_back_is_never_heard() -> None:
    reader = Reader(TOPICS)
    with transaction.atomic():
        announce("flags", ["lost"])
        transaction.set_rollback(True)
    announce("flags", ["kept"])
    assert reader.poll() == {"flags": {"kept"}}
    assert reader.poll() == {}


@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 3), max_size=8))
def test_in_whatever_order_ids_become_visible_each_is_heard_once(order: list[int], steps: list[int]) -> None:
    Change.objects.all().delete()
    reader, heard = Reader(TOPICS), []
    waiting = list(order)
    for step in [*steps, len(order)]:
        for number in waiting[:step]:
            commit(number, str(number))
        del waiting[:step]
        heard += sorted(reader.poll().get("flags", ()))
    assert sorted(heard) == [str(number) for number in range(1, 9)]
    assert reader.poll() == {}


def test_a_reader_looks_for_what_was_missing_when_it_was_made() -> None:
    commit(7, "higher")
    reader = Reader(TOPICS)
    commit(6, "lower")
    assert reader.poll() == {"flags": {"lower"}}


def test_a_missing_id_is_looked_for_during_the_window_and_given_up_after_it() -> None:
    with time_machine.travel(MIDNIGHT, tick=False) as clock:
        reader = Reader(TOPICS)
        for number in (2, 4, 6):
            commit(number, str(number))
        assert reader.poll() == {"flags": {"2", "4", "6"}}
        clock.shift(feed.WINDOW - 1)
        commit(3, "late")
        assert reader.poll() == {"flags": {"late"}}
        for _ in range(2):
            clock.shift(feed.WINDOW)
            assert reader.poll() == {}
        commit(5, "too late")
        assert reader.poll() == {}
        commit(7, "next")
        assert reader.poll() == {"flags": {"next"}}


def test_after_a_silence_longer_than_the_window_everything_may_have_changed() -> None:
    with time_machine.travel(MIDNIGHT, tick=False) as clock:
        reader = Reader(TOPICS)
        announce("flags", ["portal"])
        clock.shift(feed.WINDOW + 1)
        assert reader.poll() == ALL
        assert reader.poll() == {}
        clock.shift(-2 * feed.WINDOW)
        assert reader.poll() == ALL


def test_a_poll_that_failed_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(TOPICS)
    announce("flags", ["portal"])

    def fail(*arguments: object) -> None:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(feed, "_fetch", fail)
        with pytest.raises(OSError, match="gone"):
            reader.poll()
    assert reader.poll() == {"flags": {"portal"}}


@pytest.mark.parametrize(
    ("there", "gone"), [((1, 2, 3), (3,)), ((1, 3, 4), (4,)), ((1, 3, 4), (3,)), ((1, 3, 4), (1, 3, 4))]
)
def test_a_database_that_was_put_back_to_an_earlier_state_is_read_anew(
    there: tuple[int, ...], gone: tuple[int, ...]
) -> None:
    for number in there:
        commit(number, str(number))
    reader = Reader(TOPICS)
    Change.objects.filter(id__in=gone).delete()
    assert reader.poll() == ALL
    commit(5, "next")
    assert reader.poll() == {"flags": {"next"}}


def test_an_idle_poll_is_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    reader = Reader(TOPICS)
    for number in (2, 3, 5):
        commit(number, str(number))
    reader.poll()
    with django_assert_num_queries(1):
        assert reader.poll() == {}


def test_announcements_are_kept_for_a_day() -> None:
    announce("flags", ["portal"])
    tasks.purge()
    assert Change.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        tasks.purge()
    assert not Change.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_lower_id_that_is_committed_after_a_higher_one_is_heard() -> None:
    reader = Reader(TOPICS)
    announced, heard = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                announce("flags", ["slow"])
                announced.set()
                assert heard.wait(timeout=10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert announced.wait(timeout=10)
    announce("flags", ["quick"])
    assert reader.poll() == {"flags": {"quick"}}
    assert reader.poll() == {}
    heard.set()
    thread.join(timeout=10)
    assert reader.poll() == {"flags": {"slow"}}
    assert reader.poll() == {}
    keys = Change.objects.order_by("id").values_list("key", flat=True)
    assert list(keys) == ["slow", "quick"]
