import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from operations import outbox
from operations.actor import Actor, Door
from operations.errors import Forbidden, Refused
from operations.models import AuditEvent, OutboxMessage
from tests.at_once import at_once
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def arrived() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.exclude(delivered_at=None))


def test_a_message_is_delivered_once() -> None:
    sent: list[str] = []
    outbox.put("mail", {"to": "a@example.org"})
    deliver = {"mail": lambda message: sent.append(str(message.id))}
    assert outbox.deliver_due(deliver) == (1, 0)
    assert outbox.deliver_due(deliver) == (0, 0)
    assert sent == [str(arrived()[0].id)]


def test_a_message_rolls_back_with_its_cause() -> None:
    with transaction.atomic():
        outbox.put("mail", {})
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()


def test_a_key_is_put_once_for_all_time() -> None:
    outbox.put("mail", {}, key="head-2026-11-21")
    outbox.put("mail", {}, key="head-2026-11-21")
    outbox.put("mail", {})
    outbox.put("mail", {})
    assert OutboxMessage.objects.count() == 3


def test_only_the_kinds_that_somebody_delivers_are_claimed() -> None:
    outbox.put("webhook", {})
    assert outbox.deliver_due({"mail": lambda message: None}) == (0, 0)
    assert OutboxMessage.objects.get().attempts == 0


def failing(message: OutboxMessage) -> None:
    raise ConnectionError("refused")


def test_a_failure_is_tried_again_later_and_later_and_then_given_up() -> None:
    outbox.put("mail", {})
    waits = []
    message = OutboxMessage.objects.get()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(outbox.MOST_ATTEMPTS):
            assert outbox.deliver_due({"mail": failing}) == (0, 1)
            message.refresh_from_db()
            waits.append(message.due_at - timezone.now())
            clock.move_to(message.due_at)
    assert waits[0] == timedelta(seconds=30)
    assert waits[1] == timedelta(seconds=60)
    assert waits[-1] == timedelta(hours=6)
    assert sum(waits[:-1], timedelta()) > timedelta(days=3) - timedelta(hours=6)
    assert message.state == "dead"
    assert message.last_error == "ConnectionError: refused"
    assert outbox.deliver_due({"mail": failing}) == (0, 0)


def test_one_that_fails_does_not_stop_the_others() -> None:
    for number in range(3):
        outbox.put("mail", {"n": number})

    def deliver(message: OutboxMessage) -> None:
        if message.payload["n"] == 1:
            raise ConnectionError

    assert outbox.deliver_due({"mail": deliver}) == (2, 1)


def test_a_worker_that_dies_leaves_its_message_to_the_next_after_the_lease() -> None:
    outbox.put("mail", {})

    class Killed(BaseException):
        pass

    def die(message: OutboxMessage) -> None:
        raise Killed

    with time_machine.travel(timezone.now(), tick=False) as clock:
        with pytest.raises(Killed):
            outbox.deliver_due({"mail": die})
        assert outbox.deliver_due({"mail": lambda message: None}) == (0, 0)
        clock.shift(outbox.LEASE)
        assert outbox.deliver_due({"mail": lambda message: None}) == (1, 0)
    assert arrived()[0].attempts == 2


@pytest.mark.parametrize("state", ["delivered_at", "dead_at"])
def test_a_message_that_was_delivered_or_given_up_is_replayed_with_its_id(state: str) -> None:
    message = outbox.put("mail", {})
    with pytest.raises(Refused, match="given up"):
        outbox.replay(message, actor=ROOT)
    values = {state: timezone.now(), "attempts": outbox.MOST_ATTEMPTS}
    OutboxMessage.objects.update(**values)
    outbox.replay(message, actor=ROOT)
    sent: list[OutboxMessage] = []
    assert outbox.deliver_due({"mail": sent.append}) == (1, 0)
    assert [(each.pk, each.attempts) for each in sent] == [(message.pk, 1)]
    event = AuditEvent.objects.get(action="outbox.replayed")
    assert (event.subject_id, event.data) == (str(message.pk), {"was": state.removesuffix("_at")})


def test_a_replay_repeats_all_parts_of_what_arrived_and_the_missing_ones_of_what_did_not() -> None:
    message = outbox.put("mail", {})
    for state, left in (("dead_at", {"a"}), ("delivered_at", set())):
        outbox.note_done(message, "a")
        OutboxMessage.objects.update(**{state: timezone.now()})
        outbox.replay(message, actor=ROOT)
        message.refresh_from_db()
        assert outbox.parts_done(message) == left


def test_only_who_is_permitted_replays() -> None:
    message = outbox.put("mail", {})
    nobody = Actor(door=Door.API, label="product")
    with pytest.raises(Forbidden):
        outbox.replay(message, actor=nobody)


def test_putting_returns_the_message_and_with_a_key_the_first_one() -> None:
    first = outbox.put("mail", {"n": 1}, key="k", lane="mail:a")
    again = outbox.put("mail", {"n": 2}, key="k", lane="mail:b")
    assert (again.pk, again.payload, again.lane) == (first.pk, {"n": 1}, "mail:a")


def tried(lanes: Sequence[str], failing: Mapping[str, Exception]) -> list[str]:
    """Put a message into each lane and deliver once; the lanes that were tried, in order."""
    began = timezone.now()
    for number, lane in enumerate(lanes):
        outbox.put("mail", {"n": number}, lane=lane)
        OutboxMessage.objects.filter(payload__n=number).update(due_at=began + timedelta(microseconds=number))
    asked: list[str] = []

    def deliver(message: OutboxMessage) -> None:
        asked.append(f"{message.lane}{message.payload['n']}")
        if error := failing.get(message.lane):
            raise error

    with time_machine.travel(began + timedelta(seconds=1), tick=False):
        outbox.deliver_due({"mail": deliver})
    return asked


def test_one_failure_lets_its_lane_wait_and_no_other() -> None:
    assert tried("abaab", {"a": ConnectionError()}) == ["a0", "b1", "b4"]
    waiting = OutboxMessage.objects.waiting().order_by("created_at")
    assert [each.attempts for each in waiting] == [1, 0, 0]
    assert len({each.due_at for each in waiting}) == 1


def test_messages_without_a_lane_do_not_wait_for_one_another() -> None:
    assert tried(["", "", ""], {"": ConnectionError()}) == ["0", "1", "2"]


def test_what_no_attempt_can_help_is_dead_at_once_and_holds_nothing_up() -> None:
    assert tried("aa", {"a": outbox.Undeliverable("The channel was removed.")}) == ["a0", "a1"]
    for message in OutboxMessage.objects.all():
        assert (message.state, message.attempts) == ("dead", 1)
        assert message.last_error == "The channel was removed."


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (timedelta(minutes=20), timedelta(minutes=20)),
        (timedelta(seconds=1), outbox.FIRST_RETRY),
        (timedelta(days=9), outbox.LONGEST_RETRY),
    ],
)
def test_a_receiver_that_asks_for_time_is_left_alone_with_its_whole_lane(
    asked: timedelta, waits: timedelta
) -> None:
    assert tried("aa", {"a": outbox.TryLater(asked, "busy")}) == ["a0"]
    due = set(OutboxMessage.objects.values_list("due_at", flat=True))
    assert len(due) == 1
    assert timedelta(0) <= due.pop() - timezone.now() - waits < timedelta(seconds=2)


def test_a_message_that_never_arrives_holds_its_lane_up_for_minutes_only() -> None:
    poison, good = outbox.put("mail", {"bad": True}, lane="a"), outbox.put("mail", {}, lane="a")
    OutboxMessage.objects.filter(pk=poison.pk).update(attempts=12)

    def deliver(message: OutboxMessage) -> None:
        if message.payload:
            raise ConnectionError

    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert outbox.deliver_due({"mail": deliver}) == (0, 1)
        clock.shift(outbox.LONGEST_LANE_WAIT)
        assert outbox.deliver_due({"mail": deliver}) == (1, 0)
    good.refresh_from_db()
    poison.refresh_from_db()
    assert (good.state, poison.state) == ("delivered", "waiting")


def test_a_round_ends_when_its_time_is_over_and_the_next_goes_on() -> None:
    for number in range(3):
        outbox.put("mail", {}, lane=str(number))
    slow = {"mail": lambda message: time.sleep(0.06)}
    assert outbox.deliver_due(slow, within=timedelta(milliseconds=50)) == (1, 0)
    assert outbox.deliver_due(slow) == (2, 0)


def test_more_than_a_batch_is_delivered_in_one_round_the_oldest_first() -> None:
    for number in range(outbox.BATCH + 5):
        outbox.put("mail", {"n": number})
    seen: list[int] = []
    deliver = {"mail": lambda message: seen.append(message.payload["n"])}
    assert outbox.deliver_due(deliver) == (outbox.BATCH + 5, 0)
    assert seen == sorted(seen)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_deliver_each_message_once() -> None:
    for number in range(40):
        outbox.put("mail", {"n": number}, lane=f"{number % 5}")
    sent: list[int] = []

    def work() -> tuple[int, int]:
        return outbox.deliver_due({"mail": lambda message: sent.append(message.payload["n"])})

    worked = at_once(*[work] * 4)
    assert sorted(sent) == list(range(40))
    assert sum(each[0] for each in worked if isinstance(each, tuple)) == 40


def test_a_round_asks_the_database_no_more_where_a_lane_of_many_waits(
    django_assert_num_queries: Any,
) -> None:
    for number in range(50):
        outbox.put("mail", {"n": number}, lane="a")
    # What is due, the claim, the failure, the lane's attempts, the lane's wait, and what is due then.
    with django_assert_num_queries(6):
        assert outbox.deliver_due({"mail": failing}) == (0, 1)


def test_delivered_messages_are_purged_after_a_month() -> None:
    outbox.put("mail", {})
    outbox.deliver_due({"mail": lambda message: None})
    assert outbox.purge() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        assert outbox.purge() == 1
