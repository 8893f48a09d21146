"""Mail, to a real server on this machine."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from operations import channels, outbox
from operations.channels import Note
from operations.models import OutboxMessage
from operations.tasks import deliver
from tests.builders import ROOT
from tests.operations.mail_server import MailServer

pytestmark = pytest.mark.django_db

NOTE = Note(subject="Slow\nBcc: eve@example.org", text="Answers take long.", event="alert.fired", data={})
ALL = ["a@example.org", "b@example.org", "c@example.org"]


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    found = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
    yield found
    found.close()


def sent(message: OutboxMessage | None = None) -> OutboxMessage:
    """A message to all three addresses after one more attempt, an hour later."""
    if message is None:
        channel = channels.add(actor=ROOT, name="Team", kind="mail", address=", ".join(ALL)).channel
        message = channels.send(channel, NOTE)
    with time_machine.travel(max(message.due_at, timezone.now()) + timedelta(seconds=1)):
        deliver()
    message.refresh_from_db()
    return message


def recipients(server: MailServer) -> list[str]:
    return [address for mail in server.took for address in mail.recipients]


def test_each_address_gets_the_same_mail_by_itself_over_one_connection(server: MailServer) -> None:
    message = sent()
    assert message.state == "delivered"
    assert recipients(server) == ALL
    assert server.connections == 1
    assert {mail.message["Message-ID"] for mail in server.took} == {f"<{message.pk}@ops-portal>"}
    assert {mail.message["To"] for mail in server.took} == {", ".join(ALL)}
    assert {mail.message["Subject"] for mail in server.took} == {"Slow Bcc: eve@example.org"}
    assert {str(mail.message.get_payload()).strip() for mail in server.took} == {"Answers take long."}


def test_an_address_that_is_refused_for_now_is_tried_again_alone(server: MailServer) -> None:
    server.refuses = {"b@example.org": "450 try\tlater"}
    message = sent()
    assert (message.state, recipients(server)) == ("waiting", ["a@example.org", "c@example.org"])
    assert message.last_error == "The mail server did not take b@example.org (450 try later)."
    server.refuses = {}
    assert sent(message).state == "delivered"
    assert recipients(server) == ["a@example.org", "c@example.org", "b@example.org"]


def test_an_address_that_is_refused_for_good_is_said_and_the_others_have_it(server: MailServer) -> None:
    server.refuses = {"b@example.org": "550 no such user"}
    message = sent()
    assert (message.state, recipients(server)) == ("dead", ["a@example.org", "c@example.org"])
    assert message.last_error == "The mail server refused b@example.org (550 no such user)."
    server.refuses = {}
    outbox.replay(message, actor=ROOT)
    message.refresh_from_db()
    assert sent(message).state == "delivered"
    assert recipients(server)[2:] == ["b@example.org"]


def test_a_delivered_message_is_replayed_to_everybody(server: MailServer) -> None:
    message = sent()
    outbox.replay(message, actor=ROOT)
    message.refresh_from_db()
    assert sent(message).state == "delivered"
    assert recipients(server) == ALL * 2


def test_a_server_that_is_not_there_is_a_failure_of_all(server: MailServer, settings: Any) -> None:
    settings.EMAIL_PORT = 9
    message = sent()
    assert (message.state, outbox.parts_done(message)) == ("waiting", frozenset())
    assert "refused" in message.last_error


def test_a_contacts_own_mail_goes_to_one_address(server: MailServer) -> None:
    message = channels.send_mail("ada@example.org", NOTE)
    assert sent(message).state == "delivered"
    assert recipients(server) == ["ada@example.org"]


def test_a_slow_server_leaves_addresses_to_the_next_attempt(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.mail.SECONDS", -1.0)
    message = sent()
    assert (message.state, recipients(server)) == ("waiting", [])
    assert "a@example.org (no time was left)" in message.last_error
