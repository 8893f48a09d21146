"""How each unit was in the days before a plan began: its rate, and how its days scattered."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from monitoring.vitals import Count, UnitKey

BASELINE_DAYS = 14
# A unit's own rate counts beside so many requests at the fleet's rate.
PRIOR_REQUESTS = 200
# A unit's own dispersion counts beside so many days at the fleet's: two fortnights against its one.
PRIOR_DAYS = 28.0


class Baseline(NamedTuple):
    """The sums of a unit's days, and the dispersion of its daily errors (variance m + dispersion * m^2)."""

    requests: int
    errors: int
    dispersion: float

    def rate(self, fleet_rate: float) -> float:
        """The unit's error rate, shrunk by 200 requests at the fleet's rate (SPEC 4.3)."""
        return (self.errors + PRIOR_REQUESTS * fleet_rate) / (self.requests + PRIOR_REQUESTS)


@dataclass(frozen=True)
class Baselines:
    """The baselines of all units with any request in the days, and the days' sums over all of them."""

    units: Mapping[UnitKey, Baseline]
    fleet: Count
    dispersion: float


class Days:
    """The sums over a unit's days from which its rate and dispersion follow; a day can be taken out again."""

    __slots__ = ("errors", "errors_squared", "products", "requests", "requests_squared")

    def __init__(self) -> None:
        self.requests = self.errors = self.errors_squared = self.products = self.requests_squared = 0

    def add(self, day: Count, times: int = 1) -> None:
        """Add a day; `times` -1 takes it out."""
        self.requests += times * day.requests
        self.errors += times * day.errors
        self.errors_squared += times * day.errors * day.errors
        self.products += times * day.errors * day.requests
        self.requests_squared += times * day.requests * day.requests

    @property
    def scatter(self) -> tuple[float, float]:
        """The dispersion by the method of moments, and the number of days that it rests on.

        sum((e - m)^2 - m) / sum(m^2), where m is the day's requests at the unit's rate, and the squares are
        scaled by n / (n - 1) since that rate was taken from the same days. Days with few errors tell little
        of a dispersion: they count for m^2 / (1 + m)^2 of a day, at the mean m.
        """
        if not self.errors or not self.requests_squared:
            return 0.0, 0.0
        days = self.requests * self.requests / self.requests_squared
        if days <= 1.5:
            return 0.0, 0.0
        rate = self.errors / self.requests
        expected_squared = rate * rate * self.requests_squared
        squares = self.errors_squared - 2 * rate * self.products + expected_squared
        raw = (squares * days / (days - 1) - self.errors) / expected_squared
        mean = expected_squared / self.errors
        return raw, days * (mean / (1 + mean)) ** 2

    def baseline(self, fleet_dispersion: float) -> Baseline:
        """The unit's baseline, its dispersion drawn towards the fleet's and never below 0."""
        raw, days = self.scatter
        drawn = (raw * days + fleet_dispersion * PRIOR_DAYS) / (days + PRIOR_DAYS)
        return Baseline(self.requests, self.errors, max(0.0, drawn))


def baselines_of(days: Iterable[Mapping[UnitKey, Count]]) -> Baselines:
    """The baselines from each unit's counts of each of the 14 days, given one day at a time.

    A unit that is missing in a day had no request in it; one without any request gets no baseline.
    """
    sums = gathered(days)
    dispersion = fleet_dispersion(sums.values())
    units = {key: each.baseline(dispersion) for key, each in sums.items() if each.requests}
    return Baselines(units, _fleet(sums.values()), dispersion)


def without_each(
    days: Callable[[], Iterable[Mapping[UnitKey, Count]]],
) -> Iterator[tuple[Mapping[UnitKey, Count], Baselines]]:
    """Each day beside the baselines of all the others, for the A/A test.

    `days` is called twice, so that two weeks of counts are never held at once.
    """
    sums = gathered(days())
    dispersion = fleet_dispersion(sums.values())
    for day in days():
        for key, count in day.items():
            sums[key].add(count, -1)
        units = {key: each.baseline(dispersion) for key, each in sums.items() if each.requests}
        yield day, Baselines(units, _fleet(sums.values()), dispersion)
        for key, count in day.items():
            sums[key].add(count)


def gathered(days: Iterable[Mapping[UnitKey, Count]]) -> dict[UnitKey, Days]:
    sums: dict[UnitKey, Days] = {}
    for day in days:
        for key, count in day.items():
            found = sums.get(key)
            if found is None:
                found = sums[key] = Days()
            found.add(count)
    return sums


def fleet_dispersion(units: Iterable[Days]) -> float:
    """The mean dispersion, each unit weighted by the days that its own rests on; never below 0."""
    weighted = total = 0.0
    for each in units:
        raw, days = each.scatter
        weighted += raw * days
        total += days
    return max(0.0, weighted / total) if total else 0.0


def _fleet(units: Iterable[Days]) -> Count:
    requests = errors = 0
    for each in units:
        requests += each.requests
        errors += each.errors
    return Count(requests, errors)
