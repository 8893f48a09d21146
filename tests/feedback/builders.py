"""Tickets in every state, reached through the verbs."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from feedback.lifecycle import State
from feedback.models import Ticket
from feedback.tickets import merging, moving, quarantining, submitting
from feedback.tickets.drafts import Draft
from operations.actor import Actor, Door
from operations.models import OutboxMessage
from tests import builders
from tests.builders import ROOT

# The guide's payload.
GUIDE = {
    "category": "bug_report",
    "severity": "high",
    "title": "Appointment reminders not sending",
    "description": "Recurring appointments are not triggering reminder notifications",
    "featureArea": "reminders",
    "browserInfo": "Chrome 118.0.0.0",
    "deviceInfo": "Windows 11",
    "steps": ["Create recurring appointment", "Wait for reminder time", "Check if reminder was sent"],
    "expectedBehavior": "Reminder should be sent automatically",
    "actualBehavior": "No reminder is sent",
    "satisfactionRating": 2,
    "usabilityRating": 3,
    "performanceRating": 4,
}
REPORTER = Actor(
    door=Door.API, label="reporter", grants=frozenset({"feedback.answer_ticket", "feedback.triage_ticket"})
)
# The steps that lead to each state from a new ticket.
WAYS = {
    State.NEW: (),
    State.TRIAGED: ("triage",),
    State.ASSIGNED: ("triage", "assign"),
    State.IN_PROGRESS: ("triage", "assign", "start"),
    State.RESOLVED: ("triage", "resolve"),
    State.VERIFIED: ("triage", "resolve", "verify"),
    State.CLOSED: ("triage", "resolve", "close"),
    State.DECLINED: ("decline",),
    State.REOPENED: ("triage", "resolve", "reopen"),
}


def a_draft(**given: Any) -> Draft:
    said = {
        "category": "bug_report",
        "title": "Reminders are not sent",
        "description": "Recurring appointments trigger no reminder.",
        "reporter_email": "pharmacist@example.org",
    }
    return Draft(**{**said, **given})


def a_ticket(
    *, source: str = "api", quarantine: str = "", received_at: datetime | None = None, **given: Any
) -> Ticket:
    """A new ticket; `received_at` lies in the past."""
    ticket = submitting.submit(a_draft(**given), actor=ROOT, source=source, quarantine=quarantine)
    if received_at is not None:
        on = received_at.date()
        Ticket.objects.filter(pk=ticket.pk).update(received_at=received_at, received_on=on)
    return Ticket.objects.get(pk=ticket.pk)


def an_agent(username: str = "grace") -> User:
    """Somebody of the support team."""
    return builders.a_person(username, group="Support")


def take(ticket: Ticket, transition: str, **given: Any) -> Ticket:
    """One step, with what it asks for."""
    if transition == "assign":
        given.setdefault("owner", an_agent())
    if transition in ("decline", "reopen"):
        given.setdefault("reason", "for the test")
    return moving.move(ticket, transition, actor=ROOT, **given)


def a_ticket_in(state: str, **given: Any) -> Ticket:
    """A ticket in this state; a duplicate is merged into another one."""
    ticket = a_ticket(**given)
    if state == State.DUPLICATE:
        merging.merge(ticket, a_ticket(title="The same"), actor=ROOT)
    for transition in WAYS.get(State(state), ()):
        ticket = take(ticket, transition)
    return Ticket.objects.get(pk=ticket.pk)


def mails() -> list[str]:
    """The text of every mail that waits to be sent."""
    return [message.payload["body"] for message in OutboxMessage.objects.all()]


def in_quarantine(**given: Any) -> Ticket:
    ticket = a_ticket(**given)
    return quarantining.quarantine(ticket, actor=ROOT, reason="Looks like spam")
