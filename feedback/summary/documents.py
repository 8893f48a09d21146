"""The summary for programs, in camelCase: one document behind the admin's page, the API, the command and CSV.

Times are whole minutes: of business hours until the first response, of all hours until the resolution. A mean
is null of nothing, and never stands without its n.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from feedback.models import Ticket
from feedback.summary import areas, counting, standing, times
from feedback.summary.counting import Counts
from feedback.summary.periods import Period, periods, step_of
from feedback.summary.selection import Selection

Document = dict[str, Any]

DIGITS = 3
RATINGS = ("satisfaction", "usability", "performance")
CRITICAL = Ticket.Severity.CRITICAL.value


def summary_of(selection: Selection, *, now: datetime | None = None) -> Document:
    """Every figure of a selection, in ten queries at the most, whatever their number of tickets."""
    now = now or timezone.now()
    days = counting.bare(selection)
    kinds = counting.by_kind(selection, days)
    steps = periods(selection.first, selection.last)
    by_step = _grouped(kinds, 0)
    everything = sum(kinds.values(), Counter())
    stands = standing.of(selection, now)
    return {
        "startDate": selection.first,
        "endDate": selection.last,
        "filters": _filters_of(selection),
        "measuredAt": now,
        "step": step_of(selection.days),
        "tickets": everything["tickets"],
        "volume": [_volume_of(step, kinds, by_step) for step in steps],
        "byCategory": _shares(_grouped(kinds, 1), "category", Ticket.Category.values),
        "bySeverity": _shares(_grouped(kinds, 2), "severity", Ticket.Severity.values),
        **areas.document_of(counting.by_area(selection, days), everything["tickets"]),
        **{name: mean_of(everything, name) for name in RATINGS},
        "ratingsOverTime": [_ratings_of(step, by_step) for step in steps],
        "csat": mean_of(everything, "csat"),
        "resolutionTime": _times_of(times.of(selection, "resolution_minutes")),
        "firstResponseTime": _times_of(times.of(selection, "response_minutes")),
        "answered": _kept_of(everything, "answered", stands.unanswered),
        "resolved": _kept_of(everything, "resolved", stands.unresolved),
        "reopened": everything["reopened"],
        "merged": everything["merged"],
        "open": stands.open,
        "overdue": stands.overdue,
        "backlog": {
            "open": stands.backlog,
            "overdue": stands.backlog_overdue,
            "oldestReceivedAt": stands.oldest,
        },
    }


def mean_of(counts: Mapping[str, int], name: str) -> Document:
    """The mean of ratings from 1 to 5, and of how many."""
    n = counts[f"{name}_n"]
    return {"mean": _rounded(counts[f"{name}_sum"] / n) if n else None, "n": n}


def _filters_of(selection: Selection) -> Document:
    return {
        "category": selection.category or None,
        "module": selection.module.key if selection.module else None,
        "workspace": selection.workspace.pk if selection.workspace else None,
    }


def _grouped(kinds: Mapping[tuple[Any, ...], Counts], place: int) -> dict[Any, Counts]:
    """The counts by one part of their keys."""
    found: dict[Any, Counts] = {}
    for key, counts in kinds.items():
        found.setdefault(key[place], Counter()).update(counts)
    return found


def _volume_of(
    step: Period, kinds: Mapping[tuple[Any, ...], Counts], by_step: Mapping[Any, Counts]
) -> Document:
    critical = sum(
        counts["tickets"]
        for (key, _, severity), counts in kinds.items()
        if key == step.key and severity == CRITICAL
    )
    tickets = by_step.get(step.key, Counter())["tickets"]
    return {"from": step.first, "to": step.last, "tickets": tickets, "critical": critical}


def _ratings_of(step: Period, by_step: Mapping[Any, Counts]) -> Document:
    counts = by_step.get(step.key, Counter())
    return {"from": step.first, "to": step.last, **{name: mean_of(counts, name) for name in RATINGS}}


def _shares(grouped: Mapping[str, Counts], name: str, values: Iterable[str]) -> list[Document]:
    """How many tickets have each of the values, in their order, and the share of them (a fraction)."""
    total = sum(counts["tickets"] for counts in grouped.values())
    counted = {value: grouped.get(value, Counter())["tickets"] for value in values}
    return [
        {name: value, "tickets": tickets, "share": _rounded(tickets / total) if total else None}
        for value, tickets in counted.items()
    ]


def _times_of(found: times.Times) -> Document:
    return {"medianMinutes": found.median, "p90Minutes": found.p90, "n": found.n}


def _kept_of(counts: Counts, name: str, overdue: int) -> Document:
    """How many kept their clock, missed it, or have let it pass and are open; the share that kept it.

    Who is not owed anything any more, declined without an answer for one, is in none of them.
    """
    in_time, late = counts[f"{name}_in_time"], counts[f"{name}_late"]
    n = in_time + late + overdue
    share = _rounded(in_time / n) if n else None
    return {"inTime": in_time, "late": late, "overdue": overdue, "share": share, "n": n}


def _rounded(value: float) -> float:
    return round(value, DIGITS)
