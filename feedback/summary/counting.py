"""Counts of tickets: what one row of the daily counts is made of, and how counts and tickets are read as one.

The aggregates here are the only definition of each count. `rolling` writes the daily counts with them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Q, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Trunc

from feedback.lifecycle import State
from feedback.models import AreaCount, DayCount, Resolution, StaleDay, SummaryDay, Ticket
from feedback.models.tickets import TicketQuerySet
from feedback.summary.periods import step_of
from feedback.summary.selection import Selection

DAY = timedelta(days=1)
# So many spellings of feature areas are read, the most frequent first; the rest is counted as the rest.
MOST_SPELLINGS = 5_000
# A condition of more runs of days than this is slow to plan, and SQLite refuses one of a thousand.
MOST_RUNS = 100


def _sum(name: str) -> Combinable:
    return Coalesce(Sum(name), 0)


def _of_resolutions(aggregate: Any) -> Subquery:
    """An aggregate of a ticket's resolutions; null without one."""
    own = Resolution.objects.filter(ticket=OuterRef("pk")).order_by().values("ticket")
    return Subquery(own.annotate(found=aggregate).values("found"))


# Of each ticket.
OF_RESOLUTIONS = {
    "scores": _of_resolutions(Sum("score")),
    "scored": _of_resolutions(Count("score")),
    "times_resolved": _of_resolutions(Count("pk")),
}
SATISFACTION = {
    "tickets": Count("pk"),
    "satisfaction_sum": _sum("satisfaction_rating"),
    "satisfaction_n": Count("satisfaction_rating"),
}
# A resolution holds while the ticket is done, and where it was merged into another one.
HOLDS = Q(resolved_at__isnull=False) | Q(state=State.DUPLICATE)
OF_DAY: Mapping[str, Combinable] = {
    **SATISFACTION,
    "usability_sum": _sum("usability_rating"),
    "usability_n": Count("usability_rating"),
    "performance_sum": _sum("performance_rating"),
    "performance_n": Count("performance_rating"),
    "csat_sum": _sum("scores"),
    "csat_n": _sum("scored"),
    "answered_in_time": Count("pk", filter=Q(responded_at__lte=F("respond_by"))),
    "answered_late": Count("pk", filter=Q(responded_at__gt=F("respond_by"))),
    "resolved_in_time": Count("pk", filter=Q(resolved_at__lte=F("resolve_by"))),
    "resolved_late": Count("pk", filter=Q(resolved_at__gt=F("resolve_by"))),
    "reopened": Count("pk", filter=Q(times_resolved__gt=1) | Q(times_resolved=1) & ~HOLDS),
    "merged": Count("pk", filter=Q(state=State.DUPLICATE)),
}
OF_AREA: Mapping[str, Combinable] = {
    **SATISFACTION,
    "critical": Count("pk", filter=Q(severity=Ticket.Severity.CRITICAL)),
}

Counts = Counter[str]


@dataclass(frozen=True)
class Bare:
    """Runs of days, first and last, of which no count holds: their tickets are read themselves."""

    runs: Sequence[tuple[date, date]]

    def within(self, name: str) -> Q:
        """That the column `name` is one of these days; none is where there are no runs."""
        found = Q()
        for run in self.runs:
            found |= Q(**{f"{name}__range": run})
        return found if self.runs else Q(pk__in=())


def heard(found: Q) -> TicketQuerySet:
    """Tickets that are counted, with what `OF_DAY` wants to know of their resolutions."""
    return Ticket.objects.heard().filter(found).order_by()


def bare(selection: Selection) -> Bare:
    """The days of a selection that have no count, or whose count no longer holds. Two queries.

    Days before the first ticket and after the last one are left out: there is nothing to read.
    """
    ends = Ticket.objects.aggregate(first=Min("received_on"), last=Max("received_on"))
    if ends["first"] is None:
        return Bare(())
    first, last = max(selection.first, ends["first"]), min(selection.last, ends["last"])
    if selection.workspace is not None:
        return Bare(((first, last),) if first <= last else ())
    rolled = SummaryDay.objects.filter(day__range=(first, last)).exclude(
        day__in=StaleDay.objects.values("day")
    )
    return Bare(_gaps(first, last, rolled.order_by("day").values_list("day", flat=True)))


def _gaps(first: date, last: date, days: Iterable[date]) -> list[tuple[date, date]]:
    """The runs of days from `first` to `last` between those of `days`, in order; one run for too many."""
    gaps = []
    for day in [*days, last + DAY]:
        if first < day:
            gaps.append((first, day - DAY))
        first = day + DAY
    # What was counted may be read as well: it costs time, and changes nothing.
    return gaps if len(gaps) <= MOST_RUNS else [(gaps[0][0], gaps[-1][1])]


def by_kind(selection: Selection, days: Bare) -> dict[tuple[date, str, str], Counts]:
    """All counts of each step of the range, category and severity. Two queries."""
    step = step_of(selection.days)
    by = ("step", "category", "severity")
    counted = (
        DayCount.objects.filter(selection.kind, _kept(selection, days))
        .annotate(step=_step("day", step))
        .values(*by)
        .annotate(**_sums(OF_DAY))
    )
    read = (
        heard(selection.kind & selection.place & days.within("received_on"))
        .annotate(step=_step("received_on", step), **OF_RESOLUTIONS)
        .values(*by)
        .annotate(**_totals(OF_DAY))
    )
    return _added([*counted, *read], by, OF_DAY)


def by_area(selection: Selection, days: Bare) -> dict[str, Counts]:
    """The counts of each feature area as it is spelled, of the most frequent spellings. Two queries."""
    counted = (
        AreaCount.objects.filter(selection.kind, _kept(selection, days))
        .values("feature_area")
        .annotate(**_sums(OF_AREA))
    )
    read = (
        heard(selection.kind & selection.place & days.within("received_on"))
        .values("feature_area")
        .annotate(**_totals(OF_AREA))
    )
    most = ("-total_tickets", "feature_area")
    rows = [*counted.order_by(*most)[:MOST_SPELLINGS], *read.order_by(*most)[:MOST_SPELLINGS]]
    return {area: counts for (area,), counts in _added(rows, ("feature_area",), OF_AREA).items()}


def _kept(selection: Selection, days: Bare) -> Q:
    """The daily counts of the range that hold. A day that the roll-up counts meanwhile is not read twice."""
    if selection.workspace is not None:
        return Q(pk__in=())
    kept = Q(day__range=(selection.first, selection.last))
    return kept & ~days.within("day") if days.runs else kept


def _step(column: str, step: str) -> Combinable:
    return F(column) if step == "day" else Trunc(column, step)


# A sum must not have the name of the column that it sums.
def _sums(counts: Mapping[str, Combinable]) -> dict[str, Any]:
    return {f"total_{name}": Sum(name) for name in counts}


def _totals(counts: Mapping[str, Combinable]) -> dict[str, Any]:
    return {f"total_{name}": count for name, count in counts.items()}


def _added(
    rows: Iterable[Mapping[str, Any]], by: Sequence[str], counts: Iterable[str]
) -> dict[tuple[Any, ...], Counts]:
    found: dict[tuple[Any, ...], Counts] = {}
    for row in rows:
        counted = found.setdefault(tuple(row[name] for name in by), Counter())
        counted.update({name: row[f"total_{name}"] for name in counts})
    return found
