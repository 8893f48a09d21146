"""Messages that come in together: each occurrence once, and none waits for another in a circle."""

import threading
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from monitoring.alertmanager import occurrences, receiving
from monitoring.alerts import sweeping
from monitoring.models import Alert, Notice, Occurrence
from tests.at_once import at_once
from tests.monitoring.webhook import a_message, an_alert

TOGETHER = 20
MINUTE = timedelta(minutes=1)


def send(*alerts: Any) -> receiving.Taken:
    return receiving.take(a_message(*alerts), sender="test")


def several(began: datetime, ended: datetime | None = None, *, backwards: bool = False) -> list[Any]:
    found = [an_alert(began, ended, fingerprint=f"{number:016x}") for number in range(50)]
    return found[::-1] if backwards else found


@pytest.mark.django_db
def test_a_message_sent_again_and_again_counts_once() -> None:
    began = timezone.now() - MINUTE
    assert {send(an_alert(began)).accepted for _ in range(30)} == {1}
    assert (Alert.objects.get().count, Occurrence.objects.count(), Notice.objects.count()) == (1, 1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_message_sent_a_hundred_times_by_twenty_threads_counts_once() -> None:
    """A thousand times over HTTP: the benchmark."""
    began = timezone.now() - MINUTE

    def several_times() -> set[int]:
        return {send(an_alert(began)).accepted for _ in range(100 // TOGETHER)}

    assert at_once(*[several_times] * TOGETHER) == [{1}] * TOGETHER
    assert (Alert.objects.get().count, Occurrence.objects.count(), Notice.objects.count()) == (1, 1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_messages_about_the_same_alerts_in_opposite_order_wait_for_one_another() -> None:
    began = timezone.now() - MINUTE
    for number in range(5):
        at = began + number * timedelta(seconds=1)
        ways = [several(at), several(at, backwards=True), several(at, timezone.now())]
        answers = at_once(*(partial(send, *way) for way in ways), sweeping.sweep)
        assert [answer.accepted for answer in answers[:3]] == [50] * 3  # type: ignore[attr-defined]
    assert Occurrence.objects.exclude(ended_at=None).count() == 5 * 50
    assert set(Alert.objects.values_list("count", flat=True)) == {5}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_beginning_and_the_end_of_a_later_one_do_not_miss_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the lock the beginning, which has looked before the end was told, is written after it."""
    began = timezone.now() - 10 * MINUTE
    looked, over = threading.Event(), threading.Event()
    beginning = threading.local()
    find = occurrences.find

    def find_in_turns(told: Any) -> Any:
        if not getattr(beginning, "mine", False):
            looked.wait(timeout=0.3)
            return find(told)
        known = find(told)
        looked.set()
        over.wait(timeout=0.3)
        return known

    def begin() -> None:
        beginning.mine = True
        send(an_alert(began))

    def end() -> None:
        send(an_alert(began + MINUTE, began + 2 * MINUTE))
        over.set()

    monkeypatch.setattr(occurrences, "find", find_in_turns)
    at_once(begin, end)
    alert = Alert.objects.get()
    assert alert.count == 2
    assert alert.resolved_at is not None or alert.clears_at is not None
