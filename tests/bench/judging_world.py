"""A simulated fleet: workspaces of uneven size and error rate, nights and weekends, days that scatter.

numpy only draws the numbers; what they mean is judged by `monitoring.judging`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitoring.judging.baselines import BASELINE_DAYS, Baselines, baselines_of
from monitoring.vitals import Count, UnitKey

Counts = NDArray[np.int32]
# Hours drawn before the plan begins: the last of the baseline days, and what the first windows reach back to.
LEAD = 24
# A plan begins on a working day at ten in the morning.
START_HOUR = 10
WEEKEND = 0.4
# Mean requests an hour: half of the workspaces have under a dozen, one in a hundred some 250, a few 700.
MEDIAN_SIZE, SPREAD_OF_SIZES, LEAST_SIZE = 12, 1.3, 2
# Error rates: half under 0.8 %, the mean 1 %, one in a hundred over 3 %.
MEDIAN_RATE, SPREAD_OF_RATES = 0.008, 0.6
DAILY_CV = 0.5
_HOURS = 1 + 0.85 * np.cos((np.arange(24) - 13) / 24 * 2 * np.pi)


@dataclass(frozen=True)
class World:
    """Rows are hours from `LEAD` before the plan on, columns workspaces, the largest first."""

    requests: Counts
    errors: Counts
    # The error rates that the errors were drawn from, a row a day from the one before the plan on.
    rates: NDArray[np.float64]
    baselines: Baselines
    keys: tuple[UnitKey, ...]

    @property
    def hours(self) -> int:
        return len(self.requests) - LEAD


def draw(rng: np.random.Generator, workspaces: int, days: int) -> World:
    """A healthy fleet over the two weeks before a plan and `days` of it."""
    sizes = np.sort(_sizes(rng, workspaces))[::-1]
    rates = np.minimum(0.06, rng.lognormal(np.log(MEDIAN_RATE), SPREAD_OF_RATES, workspaces))
    weekday = int(rng.integers(5))
    scattered = rates * _factors(rng, (days + 1, workspaces))
    cycle = _cycle(weekday, days)
    requests = rng.poisson(cycle[:, None] * sizes[None, :]).astype(np.int32)
    errors = failed(rng, requests, np.repeat(scattered, 24, axis=0))
    keys = tuple(UnitKey(f"w{number:04}") for number in range(workspaces))
    past = _past(rng, sizes, rates, weekday)
    past.append((requests[:LEAD].sum(axis=0), errors[:LEAD].sum(axis=0)))
    return World(requests, errors, scattered, baselines_of(counted(keys, *day) for day in past), keys)


def failed(rng: np.random.Generator, requests: Counts, rate: NDArray[np.float64]) -> Counts:
    """How many of the requests fail at small rates."""
    return np.minimum(rng.poisson(requests * rate), requests).astype(np.int32)


def counted(keys: Sequence[UnitKey], requests: Counts, errors: Counts) -> dict[UnitKey, Count]:
    both = zip(keys, requests.tolist(), errors.tolist(), strict=True)
    return {key: Count(total, wrong) for key, total, wrong in both if total}


def _sizes(rng: np.random.Generator, workspaces: int) -> NDArray[np.float64]:
    return np.maximum(LEAST_SIZE, rng.lognormal(np.log(MEDIAN_SIZE), SPREAD_OF_SIZES, workspaces))


def _factors(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """What each workspace's error rate of a day is multiplied by: log-normal, mean 1, CV 0.5."""
    variance = np.log(1 + DAILY_CV**2)
    return rng.lognormal(-variance / 2, np.sqrt(variance), shape)


def _cycle(weekday: int, days: int) -> NDArray[np.float64]:
    """Traffic by hour, from `LEAD` hours before the plan's beginning."""
    hours = np.arange(-LEAD, 24 * days) + START_HOUR
    by_day = np.where((weekday + hours // 24) % 7 >= 5, WEEKEND, 1.0)
    return _HOURS[hours % 24] * by_day


def _past(
    rng: np.random.Generator, sizes: NDArray[np.float64], rates: NDArray[np.float64], weekday: int
) -> list[tuple[Counts, Counts]]:
    """The daily sums of the baseline days but the last."""
    past = []
    for day in range(-BASELINE_DAYS, -1):
        share = WEEKEND if (weekday + day) % 7 >= 5 else 1.0
        requests = rng.poisson(24 * share * sizes).astype(np.int32)
        past.append((requests, failed(rng, requests, rates * _factors(rng, (1, len(sizes)))[0])))
    return past
