"""What tickets tell of a module: open issues and how satisfied its users are (SPEC 4.2)."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Avg, Count

from feedback.models import Ticket
from rollout.models import Module

# A phase lasts as long before the next may run, and over fewer days hardly anybody rates.
RATED_WITHIN = timedelta(days=7)
LEAST_RATINGS = 5


class TicketFigures(NamedTuple):
    """Open bug reports by severity, and the mean of the latest ratings (1 to 5), None of too few."""

    critical: int
    high: int
    satisfaction: float | None
    ratings: int


def of_module(module: Module, until: datetime) -> TicketFigures:
    """The issues that are open now, and the ratings of the seven days before `until`; three queries.

    Nobody complains of a part: they are those of the whole module.
    Tickets in quarantine count for nothing; a rating counts whatever became of its ticket.
    """
    module = module.whole
    issues = {
        severity: Ticket.objects.open_bugs(severity).filter(module=module).count()
        for severity in (Ticket.Severity.CRITICAL, Ticket.Severity.HIGH)
    }
    rated = Ticket.objects.heard().filter(
        module=module, received_at__gt=until - RATED_WITHIN, received_at__lte=until
    )
    found = rated.aggregate(mean=Avg("satisfaction_rating"), ratings=Count("satisfaction_rating"))
    return TicketFigures(
        issues[Ticket.Severity.CRITICAL],
        issues[Ticket.Severity.HIGH],
        float(found["mean"]) if found["ratings"] >= LEAST_RATINGS else None,
        found["ratings"],
    )
