"""What is written about a ticket: notes for the team, replies to the reporter, and the reporter's answers."""

from django.db import transaction

from feedback import redaction
from feedback.models import Message, Original, Ticket, TicketEvent
from feedback.tickets import deadlines, mails, story
from feedback.tickets.calendars import Calendars
from feedback.tickets.story import TRIAGE, Story
from operations.actor import Actor
from operations.errors import Invalid, Refused

ANSWER = "feedback.answer_ticket"
LONGEST = 10_000


@transaction.atomic
def note(ticket: Ticket, *, actor: Actor, body: str) -> Message:
    """Write something for the team; the reporter never sees it. Raises Invalid, Refused."""
    actor.require(TRIAGE, "work on tickets")
    body = _checked(body)
    told = story.begin(ticket, actor)
    message = _write(told, Message.Kind.NOTE, body)
    told.event(TicketEvent.Kind.NOTED)
    # What the ticket says is as it was: nobody's form is out of date for a note.
    told.write("ticket.noted", counts=False, message=message.pk)
    return message


@transaction.atomic
def reply(ticket: Ticket, *, actor: Actor, body: str, waits: bool = False) -> Message:
    """Answer the reporter, by mail and on their page. The first reply stops the first clock.

    With `waits` both clocks stand still until the reporter answers, or somebody says not to wait. Raises
    Invalid, and Refused in quarantine, or to wait for somebody who left no address or a ticket that is not
    open.
    """
    actor.require(TRIAGE, "work on tickets")
    body = _checked(body)
    told = story.begin(ticket, actor)
    ticket = told.ticket
    if ticket.quarantined_at is not None:
        raise Refused(
            "quarantined", f"{ticket.reference} is in quarantine: release it first, if it is no spam."
        )
    if waits and not (ticket.is_open and ticket.reporter_email):
        raise Refused(
            "cannot_wait", f"{ticket.reference} is not open, or its reporter left no address to wait for."
        )
    message = _write(told, Message.Kind.REPLY, body)
    deadlines.respond(ticket, told.now, Calendars())
    told.event(TicketEvent.Kind.REPLIED)
    if waits and ticket.waiting_since is None:
        ticket.waiting_since = told.now
        told.event(TicketEvent.Kind.WAITING)
    deadlines.owe(ticket)
    story.mailed(told, mails.replied(ticket, message))
    told.write("ticket.replied", message=message.pk, waits=waits)
    return message


@transaction.atomic
def answer(ticket: Ticket, *, actor: Actor, body: str) -> Message:
    """Take in what the reporter answers, without what looks like patient data; the clocks run on.

    Raises Invalid, and Refused for an erased ticket.
    """
    actor.require(ANSWER, "answer for the reporter")
    body = _checked(body)
    told = story.begin(ticket, actor)
    found = redaction.redact(body)
    message = _write(told, Message.Kind.ANSWER, found.text)
    if found.found:
        Original.objects.create(
            ticket=told.ticket, field=f"message:{message.pk}", text=body, found=dict(found.found)
        )
    told.event(TicketEvent.Kind.ANSWERED)
    _resume(told)
    told.write("ticket.answered", message=message.pk)
    return message


@transaction.atomic
def resume(ticket: Ticket, *, actor: Actor) -> Ticket:
    """Wait for the reporter no longer: the clocks run on. Raises Refused for one that does not wait."""
    actor.require(TRIAGE, "work on tickets")
    told = story.begin(ticket, actor)
    if told.ticket.waiting_since is None:
        raise Refused("not_waiting", f"{told.ticket.reference} does not wait for its reporter.")
    _resume(told)
    return told.write("ticket.resumed")


def _resume(told: Story) -> None:
    if told.ticket.waiting_since is None:
        return
    deadlines.stop_waiting(told.ticket, told.now, Calendars())
    deadlines.owe(told.ticket)
    told.event(TicketEvent.Kind.RESUMED)


def _write(told: Story, kind: str, body: str) -> Message:
    return Message.objects.create(ticket=told.ticket, kind=kind, body=body, at=told.now, by=told.by)


def _checked(body: str) -> str:
    body = body.strip()
    if not 0 < len(body) <= LONGEST or "\0" in body:
        raise Invalid({"body": f"must be text of 1 to {LONGEST:,} characters"})
    return body
