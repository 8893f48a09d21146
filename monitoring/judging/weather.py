"""What befell the whole platform, as the control tells: by how much its units rose over their baselines."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from monitoring.judging.baselines import Baseline
from monitoring.judging.evidence import LEAST_CONTROL, Unit
from monitoring.judging.statistics import tail
from monitoring.vitals import Count

Counted = Callable[[Unit], Count]
# A control that rises by at least this part of the cohort's rise shows the same trouble.
SHARED_RISE = 0.5


class Weather(NamedTuple):
    """The control's rise over its baselines: as a factor (from 1), and in errors per request (from 0).

    An incident may multiply errors or add to them. `variance` is how far the factor itself may err, relative
    to it; `units` are the control units that it rests on.
    """

    factor: float = 1.0
    added: float = 0.0
    variance: float = 0.0
    units: int = 0

    @property
    def possible(self) -> bool:
        """Whether there is a control to speak of: ten units with traffic and a baseline."""
        return self.units >= LEAST_CONTROL

    def raised(self, rate: float) -> float:
        """The rate to expect, in this weather, of a unit with this baseline."""
        return max(rate * self.factor, rate + self.added)


CALM = Weather()


def weather(units: Iterable[Unit], fleet_rate: float, counted: Counted) -> Weather:
    """The weather over the window that `counted` tells of; calm where there is no control to speak of.

    A unit weighs as much as its count is certain, 1 / (1 + dispersion * expected): one large workspace's bad
    day is not the weather.
    """
    number, requests, errors, expected = 0, 0.0, 0.0, 0.0
    for unit in units:
        count = counted(unit)
        if unit.in_cohort or unit.baseline is None or not count.requests:
            continue
        mean = count.requests * unit.baseline.rate(fleet_rate)
        weight = 1 / (1 + unit.baseline.dispersion * mean)
        number += 1
        requests += weight * count.requests
        errors += weight * count.errors
        expected += weight * mean
    if number < LEAST_CONTROL or not expected:
        return Weather(units=number)
    added = max(0.0, (errors - expected) / requests)
    return Weather(max(1.0, errors / expected), added, 1 / expected, number)


@dataclass(slots=True)
class Pool:
    """The requests and errors of an arm's units over a window, and what was expected of them."""

    requests: int = 0
    errors: int = 0
    expected: float = 0.0
    scatter: float = 0.0

    def add(self, count: Count, baseline: Baseline, fleet_rate: float, during: Weather) -> None:
        mean = count.requests * during.raised(baseline.rate(fleet_rate))
        self.requests += count.requests
        self.errors += count.errors
        self.expected += mean
        self.scatter += baseline.dispersion * mean * mean

    @property
    def rate(self) -> float | None:
        """The error rate that the baselines let expect; None where nobody has one and traffic."""
        return self.expected / self.requests if self.requests else None

    def likelihood(self, count: Count, variance: float = 0.0) -> float:
        """How likely at least so many errors are at the expected rate; 0 where there is none."""
        if self.rate is None:
            return 0.0
        dispersion = self.scatter / (self.expected * self.expected) if self.expected else 0.0
        return tail(count.errors, count.requests * self.rate, dispersion + variance)


def pool(
    units: Iterable[Unit], fleet_rate: float, counted: Counted, *, cohort: bool, during: Weather = CALM
) -> Pool:
    """Add up one arm; `during` raises what is expected of each unit."""
    found = Pool()
    for unit in units:
        count = counted(unit)
        if unit.in_cohort is not cohort or unit.baseline is None or not count.requests:
            continue
        found.add(count, unit.baseline, fleet_rate, during)
    return found
