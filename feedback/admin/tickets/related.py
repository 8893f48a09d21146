"""What belongs to a ticket: merges, other tickets of its workspace and its reporter, its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from feedback.admin.tickets import links, wording
from feedback.models import Merge, Ticket

FIRST = 5


@dataclass(frozen=True)
class Merged:
    """One merge, from the side of one of its two tickets."""

    other: Ticket
    at: datetime
    who: str
    reason: str
    undone: str


def merges(ticket: Ticket) -> dict[str, Any]:
    """What is merged into it, what it is merged into, and what of both was undone; in one query."""
    rows = (
        Merge.objects.filter(Q(ticket=ticket) | Q(into=ticket))
        .select_related("ticket", "into")
        .defer("before")
    )
    found = list(rows)
    return {
        "merged_here": [
            _merged(row, row.ticket) for row in found if _holds(row) and row.into_id == ticket.pk
        ],
        "merge": next(
            (_merged(row, row.into) for row in found if _holds(row) and row.ticket_id == ticket.pk), None
        ),
        "undone_merges": [
            _merged(row, row.into if row.ticket_id == ticket.pk else row.ticket)
            for row in found
            if not _holds(row)
        ],
    }


def others(ticket: Ticket) -> dict[str, Any]:
    """Other tickets of its workspace and of its reporter, the latest first: at most two queries."""
    found: dict[str, Any] = {}
    if ticket.workspace_id:
        rows = Ticket.objects.heard().filter(workspace=ticket.workspace_id)
        found["of_workspace"] = _latest(rows, ticket)
        found["workspace_tickets"] = links.tickets(workspace=ticket.workspace_id, state="all")
    if ticket.reporter_email:
        rows = Ticket.objects.heard().filter(reporter_email=ticket.reporter_email)
        found["of_reporter"] = _latest(rows, ticket)
        found["reporter_tickets"] = links.tickets(reporter=ticket.reporter_email, state="all")
    return found


def neighbours(ticket: Ticket) -> dict[str, Any]:
    """The tickets before and after it in the inbox, in two queries; nothing for one that is over."""
    if not ticket.is_open:
        return {}
    place = ticket.rank, ticket.received_at, ticket.pk
    inbox = Ticket.objects.open().only("pk")
    after = inbox.filter(_beyond("gt", *place), rank__gte=ticket.rank).worst_first().first()
    before = inbox.filter(_beyond("lt", *place), rank__lte=ticket.rank).worst_first().last()
    return {
        "next_ticket": links.ticket(after.pk) if after else "",
        "previous_ticket": links.ticket(before.pk) if before else "",
    }


def _beyond(side: str, rank: int, received_at: datetime, pk: int) -> Q:
    same = Q(rank=rank) & (
        Q(**{f"received_at__{side}": received_at}) | Q(received_at=received_at, **{f"pk__{side}": pk})
    )
    return Q(**{f"rank__{side}": rank}) | same


def _latest(rows: QuerySet[Ticket], ticket: Ticket) -> Sequence[tuple[Ticket, str]]:
    found = rows.exclude(pk=ticket.pk).order_by("-received_at", "-pk")[:FIRST]
    return [(each, wording.STATE_LABELS[each.state]) for each in found]


def _holds(row: Merge) -> bool:
    return row.undone_at is None


def _merged(row: Merge, other: Ticket) -> Merged:
    now = timezone.now()
    undone = ""
    if row.undone_at:
        why = f": {row.undone_reason}" if row.undone_reason else ""
        undone = f"undone {wording.moment(row.undone_at, now)} by {wording.by_whom(row.undone_by)}{why}"
    return Merged(other, row.at, wording.by_whom(row.by), row.reason, undone)
