from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from operations import outbox
from operations.errors import Refused
from operations.models import OutboxMessage
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


def test_a_dead_message_can_be_sent_again() -> None:
    message = outbox.put("mail", {})
    with pytest.raises(Refused, match="given up"):
        outbox.replay(message, actor=ROOT)
    OutboxMessage.objects.update(dead_at=timezone.now(), attempts=outbox.MOST_ATTEMPTS)
    outbox.replay(message, actor=ROOT)
    assert outbox.deliver_due({"mail": lambda message: None}) == (1, 0)


def test_delivered_messages_are_purged_after_a_month() -> None:
    outbox.put("mail", {})
    outbox.deliver_due({"mail": lambda message: None})
    assert outbox.purge() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        assert outbox.purge() == 1
