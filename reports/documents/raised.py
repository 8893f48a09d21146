"""The alerts that fired in a period and in the one before, as far as a report tells of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from monitoring.models import Alert
from reports.documents.periods import Period
from rollout.models import Module

MEDIAN, P90 = 50, 90


class Raised(NamedTuple):
    """One alert that fired: its level as it is now, and when it was answered and over."""

    level: str
    fired_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True)
class Alerts:
    now: Sequence[Raised] = ()
    before: Sequence[Raised] = ()


def of(module: Module, period: Period) -> Alerts:
    """The module's alerts, and those that concern no module and so concern all. One query."""
    previous = period.previous
    found = Alert.objects.filter(
        Q(module=module) | Q(module=None), fired_at__gte=previous.since, fired_at__lt=period.until
    )
    rows = [Raised(*row) for row in found.order_by("fired_at", "pk").values_list(*Raised._fields)]
    return Alerts(
        [each for each in rows if period.has(each.fired_at)],
        [each for each in rows if previous.has(each.fired_at)],
    )


def minutes(found: Sequence[Raised], column: str) -> list[float]:
    """How long each took from when it fired, in minutes, in order; without those that still wait for it."""
    ends = [(each.fired_at, getattr(each, column)) for each in found]
    return sorted((end - fired).total_seconds() / 60 for fired, end in ends if end is not None)


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The least that so many percent do not exceed, as percentile_disc finds it; None of none."""
    if not ordered:
        return None
    return round(ordered[-(-percent * len(ordered) // 100) - 1], 1)
