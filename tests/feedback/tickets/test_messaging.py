"""Notes, replies and answers; and the clocks while the reporter is waited for."""

from datetime import timedelta

import pytest
import time_machine

from feedback.lifecycle import State
from feedback.models import Message, Original
from feedback.tickets import messaging
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from operations.models import OutboxMessage
from tests.builders import ROOT
from tests.feedback.builders import REPORTER, a_ticket, a_ticket_in, in_quarantine, mails, take

pytestmark = pytest.mark.django_db
# A Monday; business hours are 9 to 17.
MONDAY = "2026-03-02 10:00:00+00:00"
HOUR = timedelta(hours=1)


def test_a_note_is_for_the_team_alone() -> None:
    ticket = a_ticket()
    OutboxMessage.objects.all().delete()
    message = messaging.note(ticket, actor=ROOT, body="Looks like the printer again.")
    assert message.kind == Message.Kind.NOTE
    ticket.refresh_from_db()
    assert ticket.responded_at is None
    assert not OutboxMessage.objects.exists()


def test_the_first_reply_stops_the_first_clock_and_is_mailed() -> None:
    with time_machine.travel(MONDAY, tick=False) as now:
        ticket = a_ticket()
        now.shift(2 * HOUR)
        messaging.reply(ticket, actor=ROOT, body="We are looking at it.")
        ticket.refresh_from_db()
        assert ticket.responded_at is not None
        assert ticket.response_minutes == 120
        assert ticket.due_at == ticket.resolve_by
        now.shift(2 * HOUR)
        messaging.reply(ticket, actor=ROOT, body="Still.")
    ticket.refresh_from_db()
    assert ticket.response_minutes == 120
    assert sum("We are looking at it." in mail for mail in mails()) == 1


def test_the_clocks_stand_still_while_the_reporter_is_waited_for() -> None:
    with time_machine.travel(MONDAY, tick=False) as now:
        ticket = a_ticket(severity="high")
        promised = ticket.resolve_by
        messaging.reply(ticket, actor=ROOT, body="Which version?", waits=True)
        ticket.refresh_from_db()
        assert ticket.due_at is None
        # From Monday 10:00 to Tuesday 12:00: ten business hours.
        now.shift(26 * HOUR)
        messaging.answer(ticket, actor=REPORTER, body="The newest.")
    ticket.refresh_from_db()
    assert ticket.waited == 10 * HOUR
    assert ticket.waiting_since is None
    # Thursday 10:00 was promised: three days of eight hours. Ten more lead to Friday 12:00.
    assert promised is not None
    assert ticket.resolve_by == ticket.due_at == promised + 26 * HOUR


def test_waiting_again_comes_on_top() -> None:
    with time_machine.travel(MONDAY, tick=False) as now:
        ticket = a_ticket()
        for _ in range(2):
            messaging.reply(ticket, actor=ROOT, body="And?", waits=True)
            now.shift(HOUR)
            messaging.resume(ticket, actor=ROOT)
            now.shift(HOUR)
    ticket.refresh_from_db()
    assert ticket.waited == 2 * HOUR


def test_a_ticket_that_is_overdue_stays_overdue_however_long_it_waits() -> None:
    with time_machine.travel(MONDAY, tick=False) as now:
        ticket = a_ticket(severity="critical")
        now.shift(timedelta(days=4))
        messaging.reply(ticket, actor=ROOT, body="Sorry. Is it still so?", waits=True)
        now.shift(timedelta(days=3))
        messaging.resume(ticket, actor=ROOT)
        ticket.refresh_from_db()
        assert ticket.due_at is not None
        assert ticket in type(ticket).objects.overdue()


def test_a_step_that_ends_it_ends_the_waiting() -> None:
    ticket = a_ticket_in(State.TRIAGED)
    messaging.reply(ticket, actor=ROOT, body="And?", waits=True)
    done = take(ticket, "resolve")
    assert (done.waiting_since, done.due_at) == (None, None)


def test_nobody_waits_for_who_cannot_be_reached_or_for_what_is_over() -> None:
    for ticket in (a_ticket(reporter_email=""), a_ticket_in(State.CLOSED)):
        with pytest.raises(Refused) as refusal:
            messaging.reply(ticket, actor=ROOT, body="And?", waits=True)
        assert refusal.value.code == "cannot_wait"
    with pytest.raises(Refused, match="does not wait"):
        messaging.resume(a_ticket(), actor=ROOT)
    with pytest.raises(Refused, match="quarantine"):
        messaging.reply(in_quarantine(), actor=ROOT, body="Hello")


def test_an_answer_is_redacted_and_kept_for_those_who_may_read_it() -> None:
    ticket = a_ticket()
    message = messaging.answer(ticket, actor=REPORTER, body="It is NHS number 943 476 5919.")
    assert "943" not in message.body
    assert Original.objects.get(field=f"message:{message.pk}").text.endswith("943 476 5919.")


@pytest.mark.parametrize("body", ["", "  ", "a\0b", "x" * 10_001])
def test_bad_text_is_named(body: str) -> None:
    ticket = a_ticket()
    for verb, actor in ((messaging.note, ROOT), (messaging.reply, ROOT), (messaging.answer, REPORTER)):
        with pytest.raises(Invalid) as refusal:
            verb(ticket, actor=actor, body=body)
        assert set(refusal.value.fields) == {"body"}


def test_a_reporter_writes_no_notes() -> None:
    stranger = Actor(door=Door.API, label="x", grants=frozenset({messaging.ANSWER}))
    with pytest.raises(Forbidden):
        messaging.note(a_ticket(), actor=stranger, body="Hello")
