"""The summary once more, counted ticket by ticket in Python: what the set-based figures must equal."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from feedback.lifecycle import OPEN
from feedback.models import Resolution, Ticket
from feedback.summary.selection import Selection

COMPARED = (
    "tickets", "satisfaction", "usability", "performance", "csat", "resolutionTime", "firstResponseTime",
    "answered", "resolved", "reopened", "merged", "open", "overdue",
)  # fmt: skip


def figures(selection: Selection, now: datetime) -> dict[str, Any]:
    """The figures of `COMPARED`, and the counts of each category, severity, area and day."""
    every = [
        ticket
        for ticket in Ticket.objects.select_related("module", "workspace")
        if ticket.quarantined_at is None and _of(selection, ticket)
    ]
    tickets = [each for each in every if selection.first <= each.received_on <= selection.last]
    rated: dict[int, list[int | None]] = {}
    for resolution in Resolution.objects.all():
        rated.setdefault(resolution.ticket_id, []).append(resolution.score)
    is_open = [each for each in tickets if each.state in OPEN]
    overdue = [each for each in is_open if _past(each.due_at, now)]
    unanswered = [each for each in overdue if each.responded_at is None and _past(each.respond_by, now)]
    unresolved = [each for each in overdue if _past(each.resolve_by, now)]
    return {
        "tickets": len(tickets),
        **{
            name: _mean([getattr(each, f"{name}_rating") for each in tickets])
            for name in ("satisfaction", "usability", "performance")
        },
        "csat": _mean([score for each in tickets for score in rated.get(each.pk, [])]),
        "resolutionTime": _times([each.resolution_minutes for each in tickets]),
        "firstResponseTime": _times([each.response_minutes for each in tickets]),
        "answered": _kept([(each.responded_at, each.respond_by) for each in tickets], len(unanswered)),
        "resolved": _kept([(each.resolved_at, each.resolve_by) for each in tickets], len(unresolved)),
        "reopened": sum(_was_reopened(each, len(rated.get(each.pk, []))) for each in tickets),
        "merged": sum(each.state == "duplicate" for each in tickets),
        "open": len(is_open),
        "overdue": len(overdue),
        "byCategory": Counter(each.category for each in tickets),
        "bySeverity": Counter(each.severity for each in tickets),
        "byFeatureArea": Counter(each.feature_area.casefold() for each in tickets if each.feature_area),
        "volume": Counter(each.received_on for each in tickets),
    }


def _of(selection: Selection, ticket: Ticket) -> bool:
    return (
        selection.category in ("", ticket.category)
        and selection.module in (None, ticket.module)
        and selection.workspace in (None, ticket.workspace)
    )


def _past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _was_reopened(ticket: Ticket, resolutions: int) -> bool:
    holds = ticket.resolved_at is not None or ticket.state == "duplicate"
    return resolutions > (1 if holds else 0)


def _mean(values: Sequence[int | None]) -> dict[str, Any]:
    given = [value for value in values if value is not None]
    return {"mean": round(sum(given) / len(given), 3) if given else None, "n": len(given)}


def _times(values: Sequence[int | None]) -> dict[str, Any]:
    given = sorted(value for value in values if value is not None)
    # As percentile_disc does: the first value whose place is not before the share.
    median, p90 = (given[math.ceil(share * len(given)) - 1] if given else None for share in (0.5, 0.9))
    return {"medianMinutes": median, "p90Minutes": p90, "n": len(given)}


def _kept(clocks: Sequence[tuple[datetime | None, datetime | None]], overdue: int) -> dict[str, Any]:
    done = [(at, by) for at, by in clocks if at is not None and by is not None]
    in_time = sum(at <= by for at, by in done)
    n = len(done) + overdue
    share = round(in_time / n, 3) if n else None
    return {"inTime": in_time, "late": len(done) - in_time, "overdue": overdue, "share": share, "n": n}
