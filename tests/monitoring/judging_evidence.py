"""Evidence for the tests of the judgement: a healthy plan at 10 %, and what a test changes of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from monitoring.judging.baselines import Baseline
from monitoring.judging.evidence import Evidence, Thresholds, Unit
from monitoring.vitals import Arms, Count, Gauges, UnitKey, Vitals

SLOT = datetime(2026, 3, 10, 14, tzinfo=UTC)
CHANGED = SLOT - timedelta(days=3)
# 1 % over two weeks of 100 requests a day, with days that scatter.
USUAL = Baseline(1400, 14, 0.2)
FLEET = Count(100_000, 1_000)
HEALTHY = Count(60, 1)
QUIET = Vitals(requests=10_000, errors=50, buckets=(5_000, 8_000, 9_900, *[10_000] * 6))
PHASE = Thresholds(max_error_rate=0.02, max_p95_ms=500)


def unit(name: str, in_cohort: bool, recent: Count = HEALTHY, **said: Any) -> Unit:
    """A workspace that was in the hours before as it was in the last 3, unless the test says otherwise."""
    given = {"earlier": recent, "day": Count(recent.requests * 4, recent.errors * 4), **said}
    given.setdefault("day_before", given["day"])
    return Unit(UnitKey(name), in_cohort, given.pop("baseline", USUAL), recent, **given)


def units(cohort: Iterable[Count], control: Iterable[Count], **said: Any) -> list[Unit]:
    """One workspace for each count of the last 3 h."""
    return [
        *(unit(f"in{number:04}", True, count, **said) for number, count in enumerate(cohort)),
        *(unit(f"out{number:04}", False, count, **said) for number, count in enumerate(control)),
    ]


def by_day(cohort: Iterable[Count], control: Iterable[Count]) -> list[Unit]:
    """One workspace for each count of the last 24 h, healthy in the last 3."""
    return [
        *(unit(f"in{number:04}", True, day=count) for number, count in enumerate(cohort)),
        *(unit(f"out{number:04}", False, day=count) for number, count in enumerate(control)),
    ]


def vitals(requests: int, errors: int) -> Vitals:
    return Vitals(requests=requests, errors=errors, buckets=(0, 0, *[requests] * 7))


@dataclass
class Past:
    """Earlier hours: what each of them was, from a function of how many hours ago."""

    cohort: Callable[[int], Vitals] = lambda hours_ago: QUIET
    platform: Callable[[int], Gauges] = lambda hours_ago: Gauges()
    counted: Callable[[int], Mapping[UnitKey, Count]] = lambda hours_ago: {}
    asked: list[int] = field(default_factory=list)

    def arms(self, hours_ago: int) -> Arms:
        self.asked.append(hours_ago)
        return Arms(self.cohort(hours_ago), QUIET)

    def gauges(self, hours_ago: int) -> Gauges:
        self.asked.append(hours_ago)
        return self.platform(hours_ago)

    def counts(self, hours_ago: int) -> Mapping[UnitKey, Count]:
        self.asked.append(hours_ago)
        return self.counted(hours_ago)


def evidence(**said: Any) -> Evidence:
    """Healthy in every respect: 10 workspaces with the feature and 90 without it."""
    given: dict[str, Any] = {
        "slot": SLOT,
        "percentage": 10,
        "changed_at": CHANGED,
        "units": units([HEALTHY] * 10, [HEALTHY] * 90),
        "fleet": FLEET,
        "hour": Arms(QUIET, QUIET),
        "day": Arms(QUIET, QUIET),
        "history": Past(),
        "heard": True,
        "gauges": Gauges(memory=60.0, database_failures=0),
        "phase": PHASE,
        "trouble": "",
        "last_look": {"number": 3, "criteria": []},
    }
    return Evidence(**{**given, **said})
