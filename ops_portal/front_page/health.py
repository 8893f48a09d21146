"""The last week of hourly checks as a band: hours that were alike are one piece of it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from monitoring import slots
from monitoring.admin import strips
from monitoring.models import HealthCheck
from monitoring.slots import HOUR
from rollout.models import Plan

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Piece:
    """Hours in a row with one result; an hour without a check is a gap between them."""

    at: int
    hours: int
    top: int
    height: int
    result: str


@dataclass(frozen=True)
class Week:
    """A plan's last seven days, or as many hours of them as it runs, and the same in words."""

    hours: int
    pieces: Sequence[Piece]
    text: str
    score: int | None


def of_plans(plans: Sequence[Plan], now: datetime) -> dict[int, Week]:
    """The week of each plan that has begun, in one query."""
    until = slots.newest(now)
    found: dict[int, dict[datetime, str]] = defaultdict(dict)
    scores: dict[int, int] = {}
    rows = HealthCheck.objects.filter(plan__in=[plan.pk for plan in plans], slot__gt=until - WEEK)
    for plan, slot, result, score in rows.order_by("slot").values_list(
        "plan", "slot", "result", "rollout_score"
    ):
        found[plan][slot] = result
        scores[plan] = score
    return {
        plan.pk: week(_hours(plan, found[plan.pk], until), scores.get(plan.pk))
        for plan in plans
        if plan.started_at is not None
    }


def week(results: Sequence[str | None], score: int | None = None) -> Week:
    """The band of one result for each hour, the oldest first; None is an hour without a check."""
    pieces, at = [], 0
    for result, alike in groupby(results):
        hours = len(list(alike))
        if result is not None:
            height = strips.HEIGHTS[result]
            pieces.append(Piece(at, hours, strips.TALLEST - height, height, result))
        at += hours
    return Week(len(results), pieces, _in_words(Counter(results)), score)


def _hours(plan: Plan, found: Mapping[datetime, str], until: datetime) -> list[str | None]:
    """The results of the hours since the plan began, of a week at most."""
    first = until - WEEK + HOUR
    if plan.started_at is not None:
        first = max(first, slots.full_hour(plan.started_at) + HOUR)
    return [found.get(first + number * HOUR) for number in range((until - first) // HOUR + 1)]


def _in_words(counted: Mapping[str | None, int]) -> str:
    words = [f"{counted[result]} {result}" for result in strips.HEIGHTS if counted.get(result)]
    if counted.get(None):
        words.append(f"{counted[None]} without a check")
    return ", ".join(words)
