"""Tickets: what the reader owes somebody an answer to."""

from datetime import datetime, timedelta

from feedback.admin.tickets import links, pulse
from feedback.admin.tickets.pulse import Pulse
from feedback.models import Ticket
from feedback.tickets.story import TRIAGE
from operations.actor import Actor
from ops_portal.front_page import order
from ops_portal.front_page.waiting import Ahead, Waiting

MOST = 5
# What is due within a working day stands on the list by itself.
SOON = timedelta(hours=8)


def waiting(found: Pulse, actor: Actor, now: datetime) -> list[Waiting]:
    """Their own tickets for everybody; the whole inbox for whom it is what they are there for. One query."""
    if not actor.may(TRIAGE):
        return []
    theirs = order.inbox_is_theirs(actor.may)
    rows = pulse.due_soon(actor, now + SOON, MOST, unowned=theirs)
    items = [_ticket(row) for row in rows]
    late = found.counts["overdue"] - sum(row.due_at is not None and row.due_at <= now for row in rows)
    if late:
        plural, verb = ("", "is") if late == 1 else ("s", "are")
        what = f"{late} {'more ' if rows else ''}ticket{plural} {verb} overdue"
        why = "Somebody was promised an answer, or that it is put right, by then."
        url = links.tickets(state="overdue")
        items.append(Waiting("tickets:overdue", "inbox", what, why, url, found.due["overdue"]))
    if theirs and (new := found.counts["new"]):
        what = f"Triage {new} new ticket{'' if new == 1 else 's'}"
        why = "Say what it is and how grave, and whether somebody reported it before."
        items.append(Waiting("tickets:new", "inbox", what, why, links.tickets()))
    return items


def ahead(found: Pulse, actor: Actor) -> list[Ahead]:
    """The next promise to a reporter."""
    due = found.due["ahead"]
    return [Ahead("a ticket", due)] if due and actor.may(TRIAGE) else []


def _ticket(ticket: Ticket) -> Waiting:
    asked = "Resolve" if ticket.responded_at else "Answer"
    place = f" of {ticket.workspace.name}" if ticket.workspace else ""
    owner = "It is yours." if ticket.owner_id else "Nobody has it."
    return Waiting(
        key=f"ticket:{ticket.pk}:{asked}",
        icon="inbox",
        what=f"{asked} {ticket.reference}: {ticket.title}",
        why=f"{ticket.get_severity_display()} {ticket.get_category_display().lower()}{place}. {owner}",
        url=links.ticket(ticket.pk),
        due=ticket.due_at,
    )
