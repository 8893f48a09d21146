"""The texts as reporters wrote them, for those who may read them; each reading leaves its trace."""

from django.db import transaction

from feedback.models import Original, Ticket, TicketEvent
from feedback.tickets import story
from operations.actor import Actor
from operations.errors import Refused

PERMISSION = "feedback.view_original"


@transaction.atomic
def read(ticket: Ticket, *, actor: Actor) -> list[Original]:
    """The texts of a ticket of which something was redacted. Raises Refused where there are none."""
    actor.require(PERMISSION, "read what was redacted")
    told = story.begin(ticket, actor)
    found = list(Original.objects.filter(ticket=told.ticket))
    if not found:
        raise Refused("nothing_redacted", f"Nothing was redacted in {told.ticket.reference}.")
    told.event(TicketEvent.Kind.READ)
    told.write("ticket.original_read", counts=False, fields=[original.field for original in found])
    return found
