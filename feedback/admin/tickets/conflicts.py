"""What is said to the later of two who change one ticket: who was first, and what they changed."""

from collections.abc import Callable
from itertools import groupby
from operator import attrgetter
from typing import Any

from feedback.admin.tickets import story, wording
from feedback.models import Ticket, TicketEvent
from operations.actor import Actor
from operations.doors.admin import Inputs
from operations.errors import Refused

Perform = Callable[[Any, Inputs, Actor, int | None], Any]
# What these tell of leaves the version as it was.
UNCOUNTED = (
    TicketEvent.Kind.MERGED,
    TicketEvent.Kind.UNMERGED,
    TicketEvent.Kind.ATTACHED,
    TicketEvent.Kind.NOTED,
    TicketEvent.Kind.READ,
    TicketEvent.Kind.RATED,
)
MOST = 5


def told(perform: Perform) -> Perform:
    """The same, which says what was changed meanwhile where it is refused for that."""

    def performed(ticket: Any, inputs: Inputs, actor: Actor, version: int | None) -> Any:
        try:
            return perform(ticket, inputs, actor, version)
        except Refused as refusal:
            if refusal.code != "changed" or version is None:
                raise
            raise Refused(refusal.code, _since(ticket, version)) from refusal

    return performed


def _since(ticket: Ticket, version: int) -> str:
    """Who changed what since this version, the latest first."""
    times = min(Ticket.objects.get(pk=ticket.pk).version - version, MOST)
    events = TicketEvent.objects.filter(ticket=ticket).exclude(kind__in=UNCOUNTED).order_by("-at", "pk")
    changes = [list(group) for _, group in groupby(events[: 4 * MOST], key=attrgetter("at"))]
    said = [f"{wording.by_whom(change[0].by)}: {_what(change[0])}" for change in changes[:times]]
    return (
        f"{ticket.reference} was changed since you opened it. {'. '.join(said)}. "
        "What you entered is still here: look at it, and confirm again."
    )


def _what(event: TicketEvent) -> str:
    line = story.line(event)
    return f"{line.what.lower()}, {line.details}" if line.details else line.what.lower()
