"""What happens to a simulated fleet: incidents of the platform, and features that break."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tests.bench.judging_world import LEAD, Counts, World, failed

INCIDENT_HOURS = 6.0
Columns = NDArray[np.intp]
# From the error rates without an incident to what it adds to them.
Adding = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Breaking = Callable[[np.random.Generator, World, Columns], Counts]


def times(factor: float) -> Adding:
    """So many times as many errors as on that day."""
    return lambda rates: (factor - 1) * rates


def points(share: float) -> Adding:
    """So many of all requests fail, beside those that do anyway."""
    return lambda rates: np.full(rates.shape, share)


def with_incident(
    rng: np.random.Generator,
    world: World,
    adding: Adding,
    *,
    first: float = 0.0,
    last: float | None = None,
) -> tuple[Counts, float]:
    """The errors with six hours of the whole platform's trouble, and when it began, not on a full hour."""
    begin = rng.uniform(first, (world.hours if last is None else last) - INCIDENT_HOURS)
    hours = np.arange(-LEAD, world.hours)
    part = np.clip(np.minimum(hours + 1, begin + INCIDENT_HOURS) - np.maximum(hours, begin), 0.0, 1.0)
    ill = np.flatnonzero(part)
    errors = world.errors.copy()
    requests = world.requests[ill]
    more = failed(rng, requests, adding(world.rates[ill // 24]) * part[ill, None])
    errors[ill] = np.minimum(requests, errors[ill] + more)
    return errors, float(begin)


def one_point_more(rng: np.random.Generator, world: World, enrolled: Columns) -> Counts:
    """One request in a hundred more fails in every enrolled workspace."""
    errors = world.errors.copy()
    requests = world.requests[LEAD:, enrolled]
    more = failed(rng, requests, np.full(requests.shape, 0.01))
    errors[LEAD:, enrolled] = np.minimum(requests, errors[LEAD:, enrolled] + more)
    return errors


def a_fifth_broken(rng: np.random.Generator, world: World, enrolled: Columns) -> Counts:
    """In one of five enrolled workspaces half of the requests fail."""
    return _half_failing(rng, world, rng.permutation(enrolled)[: max(1, round(len(enrolled) / 5))])


def half_of_all(rng: np.random.Generator, world: World, enrolled: Columns) -> Counts:
    """In every enrolled workspace half of the requests fail."""
    return _half_failing(rng, world, enrolled)


def everything(rng: np.random.Generator, world: World, enrolled: Columns) -> Counts:
    """Every request of every enrolled workspace fails."""
    errors = world.errors.copy()
    errors[LEAD:, enrolled] = world.requests[LEAD:, enrolled]
    return errors


def _half_failing(rng: np.random.Generator, world: World, broken: Columns) -> Counts:
    errors = world.errors.copy()
    errors[LEAD:, broken] = rng.binomial(world.requests[LEAD:, broken], 0.5)
    return errors
