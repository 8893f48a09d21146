"""Taking a ticket in: checked, without patient data, with its clocks, counted and acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from feedback.models import Original, Ticket, TicketEvent
from feedback.tickets import deadlines, drafts, mails
from feedback.tickets.calendars import Calendars
from feedback.tickets.drafts import Draft
from feedback.tickets.places import Places
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid

PERMISSION = "feedback.add_ticket"
LONGEST_REASON = 200


@dataclass(frozen=True)
class Built:
    """A ticket that is not saved yet, and the texts as they came."""

    ticket: Ticket
    originals: Sequence[Original]


@transaction.atomic
def submit(draft: Draft, *, actor: Actor, source: str, quarantine: str = "") -> Ticket:
    """Take in what somebody said. `quarantine` says why it looks like spam: then it is kept apart.

    What looks like patient data is taken out of the texts, and kept as it came for those who may read it.
    Raises Invalid, which names every field and the rule it breaks.
    """
    actor.require(PERMISSION, "submit feedback")
    built = build(draft, source=source, by=actor.in_full, places=Places())
    ticket = built.ticket
    if quarantine:
        ticket.quarantined_at, ticket.quarantine_reason = ticket.received_at, quarantine[:LONGEST_REASON]
    deadlines.begin(ticket, ticket.received_at, Calendars())
    ticket.save(force_insert=True)
    keep(ticket, built.originals)
    events = [received(ticket)]
    if quarantine:
        events.append(event_of(ticket, TicketEvent.Kind.QUARANTINED, ticket.quarantine_reason))
    elif mails.received(ticket):
        events.append(event_of(ticket, TicketEvent.Kind.MAILED, "To 1 address"))
    TicketEvent.objects.bulk_create(events)
    data = {
        "source": source,
        "category": ticket.category,
        "severity": ticket.severity,
        "quarantined": bool(quarantine),
        "redacted": sum(sum(original.found.values()) for original in built.originals),
    }
    audit.record("ticket.submitted", actor=actor, subject=ticket, data=data)
    return ticket


def build(
    draft: Draft,
    *,
    source: str,
    by: str,
    places: Places,
    received_at: datetime | None = None,
    external_id: str = "",
) -> Built:
    """A new ticket of a draft, not saved, without its clocks. Raises Invalid."""
    faults = drafts.faults_of(draft)
    draft = drafts.cleaned(draft)
    at = received_at or timezone.now()
    ticket = Ticket(
        source=source,
        received_by=by,
        received_at=at,
        received_on=timezone.localdate(at),
        changed_at=at,
        clock_at=at,
        waited=timedelta(0),
        external_id=external_id,
    )
    faults |= places.put(ticket, draft.workspace, draft.module)
    if faults:
        raise Invalid(faults)
    found = drafts.redacted(draft)
    for name in (*drafts.LIMITS, *drafts.RATINGS, "category", "severity"):
        setattr(ticket, name, getattr(found.draft, name))
    ticket.steps = list(found.draft.steps)
    return Built(ticket, found.originals)


def keep(ticket: Ticket, originals: Sequence[Original]) -> None:
    """Save the texts as they came, of a ticket that is saved."""
    for original in originals:
        original.ticket = ticket
    Original.objects.bulk_create(originals)


def received(ticket: Ticket) -> TicketEvent:
    """The first line of a ticket's history."""
    said = {"category": ["", ticket.category], "severity": ["", ticket.severity]}
    return event_of(ticket, TicketEvent.Kind.RECEIVED, changes=said)


def event_of(
    ticket: Ticket, kind: TicketEvent.Kind, text: str = "", changes: dict[str, list[str]] | None = None
) -> TicketEvent:
    """An event of the moment at which the ticket came in."""
    return TicketEvent(
        ticket=ticket,
        kind=kind,
        text=text,
        at=ticket.received_at,
        by=ticket.received_by,
        changes=changes or {},
    )
