"""A Prometheus histogram, with whatever bounds it has, as counts at the portal's bounds. Pure."""

from bisect import bisect_left
from collections.abc import Mapping
from math import inf

from monitoring.vitals import BOUNDS, NO_BUCKETS

# Where responses above a histogram's last bound count, unless that lies higher: too slow for any criterion,
# and not past the line that takes a rollout back, because nobody measured that they are.
BEYOND_MS = 2_000
# Bounds come in seconds, and a thousand times such a float is seldom a whole number of milliseconds.
EQUAL = 1e-6


def at_bounds(found: Mapping[float, float]) -> tuple[int, ...]:
    """Responses at or under each of the portal's bounds, +Inf last; `found` counts by upper bound in ms.

    Where a bound is missing, the responses between its neighbours are taken as evenly spread, as Prometheus'
    `histogram_quantile` does.
    """
    bounds, counts = _rising(found)
    total = max(counts[-1], found.get(inf, 0.0))
    if not round(total) or len(bounds) == 1:
        return NO_BUCKETS
    return (*(round(_at(bound, bounds, counts, total)) for bound in BOUNDS), round(total))


def missing_bounds(found: Mapping[float, float]) -> tuple[int, ...]:
    """The portal's bounds, in milliseconds, that a histogram has no bucket for."""
    return tuple(bound for bound in BOUNDS if not any(abs(each - bound) <= bound * EQUAL for each in found))


def _rising(found: Mapping[float, float]) -> tuple[list[float], list[float]]:
    """Finite bounds with their counts, from zero on and never falling.

    They may fall as they come: where instances have other bounds, their sums have dents.
    """
    bounds, counts = [0.0], [0.0]
    for bound in sorted(each for each in found if 0 < each < inf):
        bounds.append(bound)
        counts.append(max(counts[-1], found[bound]))
    return bounds, counts


def _at(bound: int, bounds: list[float], counts: list[float], total: float) -> float:
    place = bisect_left(bounds, bound * (1 - EQUAL))
    if place == len(bounds):
        return total if bound >= BEYOND_MS else counts[-1]
    lower, upper = bounds[place - 1], bounds[place]
    share = min(1.0, (bound - lower) / (upper - lower))
    return counts[place - 1] + (counts[place] - counts[place - 1]) * share
