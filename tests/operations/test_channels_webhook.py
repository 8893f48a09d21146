"""Signed webhooks, to real receivers on this machine."""

import json
import logging
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from operations import channels, outbox
from operations.channels import Note
from operations.models import AuditEvent, Channel, OutboxMessage
from operations.receivers.webhook import retry_after
from operations.tasks import deliver
from tests.builders import ROOT
from tests.operations.receiver import Receiver, Request, answer

pytestmark = pytest.mark.django_db

NOTE = Note(subject="S", text="T", event="alert.fired", data={"title": "Größe", "count": 3})


def a_webhook(receiver: Receiver) -> Channel:
    return channels.add(actor=ROOT, name="Hook", kind="webhook", address=receiver.url).channel


def sent(channel: Channel, note: Note = NOTE) -> OutboxMessage:
    """A note, after one attempt to deliver it."""
    message = channels.send(channel, note)
    deliver()
    message.refresh_from_db()
    return message


def verified(request: Request, secret: str) -> bool:
    try:
        Webhook(secret).verify(request.body, request.headers)
    except WebhookVerificationError:
        return False
    return True


def test_a_message_is_signed_as_an_independent_library_wants_it(receive: Any) -> None:
    receiver = receive(answer(202))
    channel = a_webhook(receiver)
    message = sent(channel)
    assert message.state == "delivered"
    request = receiver.got[0]
    found = Webhook(channel.secret).verify(request.body, request.headers)
    assert found == {
        "type": "alert.fired",
        "timestamp": message.created_at.isoformat().replace("+00:00", "Z"),
        "data": {"title": "Größe", "count": 3},
    }
    assert request.headers["webhook-id"] == str(message.pk)
    assert request.headers["content-type"] == "application/json"
    changed = request._replace(body=request.body.replace(b"3", b"4"))
    assert not verified(changed, channel.secret)


def test_both_secrets_sign_while_they_change_and_then_the_new_one_alone(receive: Any) -> None:
    receiver = receive(answer(200))
    channel = a_webhook(receiver)
    old = channel.secret
    new = channels.rotate(channel, actor=ROOT, keep_old_for=timedelta(hours=1))
    sent(channel)
    assert verified(receiver.got[0], old)
    assert verified(receiver.got[0], new)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        sent(channel)
        assert not verified(receiver.got[1], old)
        assert verified(receiver.got[1], new)


def test_a_repeat_has_the_same_id_and_body_and_a_time_of_its_own(receive: Any) -> None:
    receiver = receive(answer(500), answer(200))
    channel = a_webhook(receiver)
    message = sent(channel)
    with time_machine.travel(message.due_at + timedelta(hours=1)):
        deliver()
        first, again = receiver.got
        assert first.headers["webhook-id"] == again.headers["webhook-id"]
        assert first.body == again.body
        assert verified(again, channel.secret)
        assert not verified(first, channel.secret)


def test_gone_disables_the_channel_and_gives_up_what_waits(receive: Any) -> None:
    receiver = receive(answer(410))
    channel = a_webhook(receiver)
    channels.send(channel, NOTE)
    message = sent(channel)
    channel.refresh_from_db()
    assert channel.disabled_why == "The receiver answered 410: it wants no more messages."
    assert [each.state for each in OutboxMessage.objects.all()] == ["dead", "dead"]
    assert receiver.connections == 1
    assert message.last_error == "The channel Hook is disabled."
    event = AuditEvent.objects.get(action="channel.disabled")
    assert (event.door, event.actor) == ("beat", "outbox")


def test_gone_does_not_disable_a_channel_that_has_another_address_by_then(
    receive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move(request: Request) -> str:
        return answer(410)

    receiver = receive(move)
    channel = a_webhook(receiver)
    real = channels._locked

    def moved(found: Channel) -> Channel:
        Channel.objects.update(address="https://other.example.org/")
        return real(found)

    monkeypatch.setattr(channels, "_locked", moved)
    assert sent(channel).state == "dead"
    channel.refresh_from_db()
    assert channel.disabled_at is None


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_time_gets_it(receive: Any, status: int) -> None:
    # However it writes the header.
    message = sent(a_webhook(receive(answer(status, "slow down", rEtRy_aFtEr="1200"))))
    assert message.last_error == f"The receiver answered {status}: slow down"
    assert timedelta(minutes=19) < message.due_at - timezone.now() <= timedelta(minutes=20)


def test_other_statuses_do_not_say_when(receive: Any) -> None:
    message = sent(a_webhook(receive(answer(500, Retry_After="1200"))))
    assert message.due_at - timezone.now() <= outbox.FIRST_RETRY


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("99999999999999999999", 21_600),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("١٢", None),
        ("1.5", None),
    ],
)
def test_seconds_to_wait_are_read(value: str, seconds: int | None) -> None:
    found = retry_after(value, timezone.now())
    assert found == (None if seconds is None else timedelta(seconds=seconds))


def test_a_date_to_wait_for_is_read() -> None:
    now = timezone.now().replace(microsecond=0)
    for ahead, waits in ((90, 90), (-90, 0), (86_400, 21_600)):
        value = format_datetime(now + timedelta(seconds=ahead), usegmt=False)
        assert retry_after(value, now) == timedelta(seconds=waits)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (answer(500), "The receiver answered 500."),
        (answer(404, "x" * 5_000), f"The receiver answered 404: {'x' * 100}"),
        (answer(302, Location="http://10.0.0.1/"), "The receiver answered 302, a redirect: the channel's"),
        ("nonsense", "The receiver cannot be reached: BadStatusLine."),
    ],
)
def test_any_other_answer_is_tried_again(receive: Any, said: str, error: str) -> None:
    message = sent(a_webhook(receive(said)))
    assert message.state == "waiting"
    assert message.last_error.startswith(error)
    assert len(message.last_error) < 200


def test_a_hanging_receiver_holds_up_its_own_lane_alone(
    receive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from operations.outgoing import exchange

    post = exchange.post
    monkeypatch.setattr(exchange, "post", lambda *given, **options: post(*given, **options, seconds=0.3))
    hanging, well = receive(None), receive(answer(200))
    stuck = a_webhook(hanging)
    good = channels.add(actor=ROOT, name="Well", kind="webhook", address=well.url).channel
    for channel in (stuck, stuck, good, stuck, good):
        channels.send(channel, NOTE)
    deliver()
    assert (hanging.connections, len(well.got)) == (1, 2)
    assert OutboxMessage.objects.waiting().count() == 3


def test_a_private_address_is_never_asked_and_the_message_says_so(receive: Any, settings: Any) -> None:
    receiver = receive(answer(200))
    channel = a_webhook(receiver)
    settings.OUTGOING_ALLOWED_NETWORKS = []
    message = sent(channel)
    assert message.last_error == "127.0.0.1 leads to 127.0.0.1, where the portal may not send to."
    assert receiver.connections == 0


def test_no_log_and_no_error_holds_the_secret_or_the_path(
    receive: Any, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = receive(answer(500))
    address = f"http://{receiver.host}/s3cr3t?token=t0k3n"
    channel = channels.add(actor=ROOT, name="Hook", kind="webhook", address=address).channel
    with caplog.at_level(logging.DEBUG):
        message = sent(channel)
    for word in ("s3cr3t", "t0k3n", channel.secret[6:]):
        assert word not in caplog.text + message.last_error
    assert json.loads(receiver.got[0].body)["type"] == "alert.fired"
