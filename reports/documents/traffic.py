"""What was measured over a period, step by step, and over the one before: sums, of which all rates are made.

The arms are those of the moment at which the report is made, in both periods, so that like is compared with
like: the same workspaces before and after. An hour belongs to the period in which it begins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from monitoring import slots
from monitoring.models import DailyUser
from monitoring.models.keeping import taken_since
from monitoring.plan_sources import source_of
from monitoring.sources.base import SourceFailed
from monitoring.sources.prometheus import PrometheusSource
from monitoring.sources.pushed_history import PushedHistory
from monitoring.vitals import Arms, Gauges, Vitals, Window
from reports.documents.periods import Period, Step
from rollout.models import Plan

# A Prometheus server is asked in pieces of six hours, each for every figure: longer takes too long.
LONGEST_ASKED = timedelta(days=35)
TOO_LONG = "A Prometheus server is asked for 35 days at the most: ask for a shorter period."
NOBODY_TELLS = "The product sends no users."
NOT_KEPT = "Users are kept for 35 days: ask for a later period."
NOTHING = Arms(Vitals(), Vitals())
NO_GAUGES = Gauges()


@dataclass(frozen=True)
class Told:
    """What one period measured. `users` are distinct; None where nobody tells them."""

    arms: Arms = NOTHING
    gauges: Gauges = NO_GAUGES
    counters: Mapping[str, int] = field(default_factory=dict)
    users: int | None = None


@dataclass(frozen=True)
class Traffic:
    """Both periods, and the steps of the later one.

    `fault` says why the source told nothing, `users_unknown` why nobody knows the users of the period.
    """

    now: Told = Told()
    before: Told = Told()
    steps: Sequence[tuple[Step, Arms]] = ()
    users: Mapping[date, int] = field(default_factory=dict)
    users_unknown: str = NOBODY_TELLS
    fault: str = ""


def measure(plan: Plan, period: Period) -> Traffic:
    """The traffic of a plan's module in a period and in the one before."""
    source = source_of(plan)
    if not isinstance(source, PrometheusSource):
        return _pushed(PushedHistory(plan), period)
    try:
        return _asked(source, period)
    except SourceFailed as failure:
        return Traffic(fault=str(failure))


def _pushed(source: PushedHistory, period: Period) -> Traffic:
    """In ten queries or so, whatever the number of rows: every hour is read once for both periods."""
    before, steps = period.previous, period.steps()
    whole = Window(before.since, period.until)
    hours, counters = source.arms_by_hour(whole), source.counters_by_hour(whole)
    told = DailyUser.objects.filter(module=source.module_id).exists()
    kept = taken_since(timezone.now())
    unknown = "" if told and period.since >= kept else NOT_KEPT if told else NOBODY_TELLS
    gauges = source.gauges_of([Window(*period), Window(*before)])
    found = [
        Told(
            arms=_sum([arms for at, arms in hours.items() if each.has(at)]),
            gauges=readings,
            counters=_added([named for at, named in counters.items() if each.has(at)]),
            users=source.users_between(each.first, each.last) if told and each.since >= kept else None,
        )
        for each, readings in zip((period, before), gauges, strict=True)
    ]
    return Traffic(
        now=found[0],
        before=found[1],
        steps=_in_steps(hours, steps),
        users={} if unknown else source.users_by_day(period.first, period.last),
        users_unknown=unknown,
    )


def _asked(source: PrometheusSource, period: Period) -> Traffic:
    """A server is asked for each step; what it has of the whole period is their sum."""
    if period.until - period.since > LONGEST_ASKED:
        raise SourceFailed(TOO_LONG)
    told_until = source.told_until(timezone.now())
    steps = [(step, _whole_hours(step.since, step.until, told_until)) for step in period.steps()]
    found = [(step, source.arms(window) if window else NOTHING) for step, window in steps]
    now = _whole_hours(*period, told_until)
    then = _whole_hours(*period.previous, told_until)
    return Traffic(
        now=Told(_sum([arms for _, arms in found]), source.gauges(now), source.counters(now))
        if now
        else Told(),
        before=Told(source.arms(then), source.gauges(then), source.counters(then)) if then else Told(),
        steps=found,
    )


def _whole_hours(since: datetime, until: datetime, told_until: datetime) -> Window | None:
    """The hours that begin in this time, as far as the source can tell; None where there is none."""
    window = Window(_next_hour(since), min(_next_hour(until), told_until))
    return window if window.since < window.until else None


def _in_steps(hours: Mapping[datetime, Arms], steps: Sequence[Step]) -> list[tuple[Step, Arms]]:
    """The sums of each step. Both are in order, so every hour is looked at once."""
    found: list[list[Arms]] = [[] for _ in steps]
    place = 0
    for at in sorted(hours):
        while place < len(steps) and at >= steps[place].until:
            place += 1
        if place < len(steps) and at >= steps[place].since:
            found[place].append(hours[at])
    return [(step, _sum(arms)) for step, arms in zip(steps, found, strict=True)]


def _sum(found: Sequence[Arms]) -> Arms:
    cohort, control = NOTHING
    for each in found:
        cohort, control = cohort.plus(each.cohort), control.plus(each.control)
    return Arms(cohort, control)


def _added(found: Sequence[Mapping[str, int]]) -> Mapping[str, int]:
    """A counter that nobody told is not there; one of 0 is."""
    total: dict[str, int] = {}
    for each in found:
        for name, value in each.items():
            total[name] = total.get(name, 0) + value
    return total


def _next_hour(at: datetime) -> datetime:
    """The full hour at or after `at`."""
    floor = slots.full_hour(at)
    return floor if floor == at else floor + slots.HOUR
