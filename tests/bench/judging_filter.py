"""Which checks of a simulated rollout could call anything: the others need not be judged one by one.

It may let through too much, never too little: `bench_judging` judges a sample of what was left out.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc

from monitoring.judging import breakage, guardrail, triggers
from monitoring.judging.statistics import Z95
from tests.bench.judging_world import LEAD, Counts, World

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
# A p-value under 0.0005 lies beyond this many standard deviations, by a wide margin.
FAR_FROM_CALLED = 1.5


def rates_of(world: World) -> Floats:
    fleet = world.baselines.fleet.rate
    units = world.baselines.units
    return np.array([units[key].rate(fleet) if key in units else np.inf for key in world.keys])


def dispersions_of(world: World) -> Floats:
    units = world.baselines.units
    return np.array([units[key].dispersion if key in units else 0.0 for key in world.keys])


def loud_slots(world: World, errors: Counts, member: Mask, first: int, last: int) -> list[int]:
    """The slots at which the hard stop or the error trigger could call a breach or blame the platform."""
    hours = slice(LEAD + first - 3, LEAD + last)
    requests, wrong = world.requests[hours][:, member], errors[hours][:, member]
    three, three_wrong = (each[2:] + each[1:-1] + each[:-2] for each in (requests, wrong))
    judged, bad = _bad(three, three_wrong, rates_of(world)[member])
    loud = (bad >= breakage.HARD_STOP_LEAST) & (100 * bad >= breakage.HARD_STOP_POINTS * judged)
    total, failing = requests[2:].sum(axis=1), wrong[2:].sum(axis=1)
    loud |= (total >= triggers.LEAST_REQUESTS) & (_lower(failing, total) > triggers.MOST_ERRORS)
    found: list[int] = (np.flatnonzero(loud) + first).tolist()
    return found


def _bad(requests: Counts, errors: Counts, rates: Floats) -> tuple[Counts, Counts]:
    enough = requests >= breakage.LEAST_REQUESTS
    # A little under the limit: what rounding does there is left to the real code.
    risen = errors > requests * (rates + breakage.BAD_RISE - 1e-9)
    bad = enough & risen & (errors >= breakage.LEAST_ERRORS)
    return enough.sum(axis=1, dtype=np.int32), bad.sum(axis=1, dtype=np.int32)


def _lower(errors: Counts, requests: Counts) -> Floats:
    total = np.maximum(requests, 1).astype(np.float64)
    rate, square = errors / total, Z95**2
    spread = Z95 * np.sqrt(rate * (1 - rate) / total + square / (4 * total**2))
    lower: Floats = (rate + square / (2 * total) - spread) / (1 + square / total)
    return lower + 1e-9


def look_slots(world: World, errors: Counts, member: Mask, first: int, last: int) -> list[int]:
    """The slots of daily looks that could call a breach."""
    slots = [slot for slot in range(-(-first // 24) * 24, last + 1, 24) if slot]
    rates, dispersions = rates_of(world), dispersions_of(world)
    return [slot for slot in slots if _look_is_near(world, errors, member, slot, rates, dispersions)]


def _look_is_near(
    world: World, errors: Counts, member: Mask, slot: int, rates: Floats, dispersions: Floats
) -> bool:
    hours = slice(LEAD + slot - 24, LEAD + slot)
    requests, wrong = world.requests[hours].sum(axis=0), errors[hours].sum(axis=0)
    judged, bad = _bad(requests[None, member], wrong[None, member], rates[member])
    if bad[0] >= breakage.PARTIAL_LEAST and 100 * bad[0] >= breakage.PARTIAL_POINTS * judged[0]:
        return True
    seen = (requests > 0) & np.isfinite(rates)
    unhealthy, strata = unhealthy_of(requests[seen], wrong[seen], rates[seen], dispersions[seen])
    return standard_deviations(unhealthy, strata, member[seen]) > FAR_FROM_CALLED


def unhealthy_of(
    requests: Counts, errors: Counts, rates: Floats, dispersions: Floats
) -> tuple[Mask, NDArray[np.intp]]:
    """Who is unhealthy, and in which stratum each stands."""
    expected = requests * rates
    likely = (errors >= guardrail.LEAST_ERRORS) & (errors > guardrail.LEAST_RISE * expected)
    unhealthy = np.zeros(len(requests), dtype=np.bool_)
    unhealthy[likely] = _tails(errors[likely], expected[likely], dispersions[likely]) < guardrail.UNLIKELY
    return unhealthy, np.searchsorted(np.array(guardrail.BOUNDS), expected, side="right")


def _tails(counts: Counts, means: Floats, dispersions: Floats) -> Floats:
    sizes = 1 / np.maximum(dispersions, 1e-9)
    scattered = betainc(counts, sizes, means / (means + sizes))
    found: Floats = np.where(dispersions < 1e-9, gammainc(counts, means), scattered)
    return found


def standard_deviations(unhealthy: Mask, strata: NDArray[np.intp], member: Mask) -> float:
    """How far the cohort's number of unhealthy lies above what its strata make likely."""
    excess, variance = 0.0, 0.0
    for stratum in np.unique(strata):
        here = strata == stratum
        everybody, cohort, hit = int(here.sum()), int(member[here].sum()), int(unhealthy[here].sum())
        excess += int((unhealthy & member)[here].sum()) - cohort * hit / everybody
        if everybody > 1:
            share = cohort / everybody
            variance += hit * share * (1 - share) * (everybody - hit) / (everybody - 1)
    return excess / variance**0.5 if variance > 0 else 0.0


def spread(values: Iterable[float]) -> str:
    """`5 (4 to 7)`: the median, and the middle nine tenths."""
    found = np.array(list(values))
    if not len(found):
        return "-"
    low, middle, high = np.quantile(found, [0.05, 0.5, 0.95])
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"
