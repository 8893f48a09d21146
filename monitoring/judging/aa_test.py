"""The guardrail on days before the plan began, when nobody had the feature: it should call none of them."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from monitoring.judging.baselines import without_each
from monitoring.judging.guardrail import Judged, compared, level
from monitoring.vitals import Count, UnitKey


class AATest(NamedTuple):
    """On how many of `days` the guardrail would have called a breach, and how close it came.

    `days` are those on which a comparison was possible; `smallest_p` is None without any. `cohort` and
    `control` are the most units that any day compared.
    """

    called: int
    days: int
    smallest_p: float | None
    cohort: int
    control: int
    level: float


def aa_test(
    days: Callable[[], Iterable[Mapping[UnitKey, Count]]],
    in_cohort: Callable[[UnitKey], bool],
    planned_looks: int,
) -> AATest:
    """Compare a would-be cohort with its would-be control on each day, against the other days' baselines.

    `days` is called twice and gives the counts of the 14 baseline days, one mapping a day.
    """
    below = level(planned_looks)
    chances, cohort, control = [], 0, 0
    for day, baselines in without_each(days):
        units = (
            Judged(in_cohort(key), baselines.units[key], count)
            for key, count in day.items()
            if key in baselines.units
        )
        found = compared(units, baselines.fleet.rate)
        if found.possible:
            chances.append(found.p)
            cohort, control = max(cohort, found.cohort[1]), max(control, found.control[1])
    called = sum(p < below for p in chances)
    return AATest(called, len(chances), min(chances, default=None), cohort, control, below)
