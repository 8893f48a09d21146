"""How the work stands at this moment: what is open, what is overdue, since when the oldest waits."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Min, Q

from feedback.models import Ticket
from feedback.summary.selection import Selection


class Standing(NamedTuple):
    """Open tickets. The first four are of those received in the range, the backlog of all of them."""

    open: int
    overdue: int
    unanswered: int
    unresolved: int
    backlog: int
    backlog_overdue: int
    oldest: datetime | None


def of(selection: Selection, now: datetime) -> Standing:
    """One query. `unanswered` and `unresolved` are past these clocks, which stand still for who waits."""
    late = Q(due_at__lte=now)
    period = selection.period
    found = (
        Ticket.objects.open()
        .filter(selection.kind & selection.place)
        .order_by()
        .aggregate(
            open=Count("pk", filter=period),
            overdue=Count("pk", filter=period & late),
            unanswered=Count("pk", filter=period & late & Q(responded_at=None, respond_by__lte=now)),
            unresolved=Count("pk", filter=period & late & Q(resolve_by__lte=now)),
            backlog=Count("pk"),
            backlog_overdue=Count("pk", filter=late),
            oldest=Min("received_at"),
        )
    )
    return Standing(**found)
