"""Telling reporters that the version with the fix is out."""

from django.db import transaction

from feedback.lifecycle import DONE
from feedback.models import Ticket, TicketEvent
from feedback.tickets import mails, story
from feedback.tickets.drafts import LIMITS
from feedback.tickets.story import TRIAGE
from operations.actor import Actor
from operations.errors import Invalid, Refused


@transaction.atomic
def tell(ticket: Ticket, *, actor: Actor, version: str) -> Ticket:
    """Tell the reporter, and those of the tickets merged into it, that the fix is out in `version`.

    For one version nobody is told twice. Raises Refused for a ticket that is not resolved; Invalid.
    """
    actor.require(TRIAGE, "work on tickets")
    version = version.strip()
    if not 0 < len(version) <= LIMITS["release"] or not version.isprintable():
        raise Invalid({"version": f"must be a version of 1 to {LIMITS['release']} characters"})
    told = story.begin(ticket, actor)
    ticket = told.ticket
    if ticket.state not in DONE or ticket.resolved_at is None:
        state = ticket.get_state_display().lower()
        raise Refused("not_resolved", f"{ticket.reference} is {state}, not resolved: there is no fix yet.")
    ticket.fixed_in = version
    told.event(TicketEvent.Kind.FIXED, version)
    story.mailed(told, mails.fixed(ticket, version))
    return told.write("ticket.fix_told", version=version)
