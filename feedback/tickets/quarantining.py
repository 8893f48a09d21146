"""Quarantine: what looks like spam is kept apart, in sight, until a person says what it is."""

from django.db import transaction

from feedback.models import Ticket, TicketEvent
from feedback.tickets import deadlines, mails, reasons, story
from feedback.tickets.calendars import Calendars
from feedback.tickets.story import TRIAGE
from feedback.tickets.submitting import LONGEST_REASON
from operations.actor import Actor
from operations.errors import Refused


@transaction.atomic
def quarantine(ticket: Ticket, *, actor: Actor, reason: str) -> Ticket:
    """Put an open ticket apart as spam: it owes nothing, counts nowhere, and its reporter hears nothing.

    Raises Refused for one that is there already, is merged or is not open; Invalid.
    """
    actor.require(TRIAGE, "work on tickets")
    reason = reasons.needed(reason, longest=LONGEST_REASON)
    told = story.begin(ticket, actor)
    ticket = told.ticket
    if not ticket.is_open:
        state = "in quarantine already" if ticket.quarantined_at else ticket.get_state_display().lower()
        raise Refused(
            "not_open", f"{ticket.reference} is {state}: only an open ticket can be put in quarantine."
        )
    ticket.quarantined_at, ticket.quarantine_reason = told.now, reason
    ticket.due_at = ticket.waiting_since = None
    told.event(TicketEvent.Kind.QUARANTINED, reason)
    return told.write("ticket.quarantined", reason=reason)


@transaction.atomic
def release(ticket: Ticket, *, actor: Actor) -> Ticket:
    """Say that a ticket is no spam: its clocks begin now, and its reporter gets the receipt.

    Raises Refused for one that is not in quarantine.
    """
    actor.require(TRIAGE, "work on tickets")
    told = story.begin(ticket, actor)
    ticket = told.ticket
    if ticket.quarantined_at is None:
        raise Refused("not_quarantined", f"{ticket.reference} is not in quarantine.")
    ticket.quarantined_at, ticket.quarantine_reason = None, ""
    deadlines.begin(ticket, told.now, Calendars())
    told.event(TicketEvent.Kind.RELEASED)
    story.mailed(told, mails.received(ticket))
    return told.write("ticket.released")
