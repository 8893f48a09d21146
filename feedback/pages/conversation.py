"""What a reporter reads on their page of what was written: their own words, and the team's replies."""

from django.db.models import Q

from feedback.lifecycle import State
from feedback.models import Merge, Message, Ticket, TicketEvent


def of(ticket: Ticket) -> list[Message]:
    """Replies and answers, the oldest first.

    Of the ticket that this one was merged into, only the replies since then: whoever wrote those could see
    who reads them. Never what another reporter wrote, and no note.
    """
    wanted = Q(ticket=ticket, kind__in=[Message.Kind.REPLY, Message.Kind.ANSWER])
    merge = Merge.objects.filter(ticket=ticket, undone_at=None).first()
    if merge is not None and ticket.merged_into_id:
        wanted |= Q(ticket=ticket.merged_into_id, kind=Message.Kind.REPLY, at__gte=merge.at)
    return list(Message.objects.filter(wanted).order_by("at", "pk"))


def why_declined(ticket: Ticket) -> str:
    """What the team said when it declined the ticket; "" for one that it did not."""
    if ticket.state not in (State.DECLINED, State.CLOSED) or ticket.resolved_at is not None:
        return ""
    moves = ticket.events.filter(kind=TicketEvent.Kind.MOVED).order_by("-at", "-pk")
    states = ((each, each.changes.get("state", ["", ""])[-1]) for each in moves)
    return next((each.text for each, state in states if state == State.DECLINED), "")
