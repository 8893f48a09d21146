"""A ticket in short: beside what is about to be done to it."""

from typing import Any

from django.utils import timezone

from feedback.admin.tickets import wording
from feedback.models import Ticket
from operations.actor import Actor
from operations.doors.admin import Inputs, Preview


def facts(ticket: Ticket) -> dict[str, Any]:
    """What a page shows of a ticket in short, without a query where its links were read along."""
    now = timezone.now()
    return {
        "ticket": ticket,
        "severity_label": wording.SEVERITY_LABELS[ticket.severity],
        "state_label": wording.STATE_LABELS[ticket.state],
        "chips": wording.chips_of(ticket, now),
        "received": wording.moment(ticket.received_at, now),
    }


def preview(ticket: Ticket, inputs: Inputs, actor: Actor) -> Preview:
    """The ticket beside the form of an operation."""
    return Preview("admin/feedback/ticket_brief.html", facts(ticket))
