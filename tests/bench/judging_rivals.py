"""Simpler rules that the portal does not use, over the same simulated rollouts."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from monitoring.judging.guardrail import level
from monitoring.judging.statistics import Stratum, stratified_p
from tests.bench.judging_filter import Floats, Mask, dispersions_of, rates_of, unhealthy_of
from tests.bench.judging_rollout import LOOKS, Rollout
from tests.bench.judging_world import LEAD

THRESHOLD = 0.02
# One-sided 1 %.
Z_POINT = 2.326


def one_strike(rollout: Rollout) -> int | None:
    """More than 2 % of the cohort's requests of an hour fail."""
    return _first(_over_threshold(rollout))


def three_in_a_row(rollout: Rollout) -> int | None:
    """The same in three checks in a row."""
    over = _over_threshold(rollout)
    found = _first(over[2:] & over[1:-1] & over[:-2])
    return None if found is None else found + 2


def pooled_z_test(rollout: Rollout) -> int | None:
    """Each hour's requests of cohort and control, pooled: two proportions at one-sided 1 %."""
    cohort, failing, total, wrong = _pooled(rollout)
    control, others = total - cohort, wrong - failing
    both = (cohort > 0) & (control > 0)
    rate = np.divide(wrong, total, out=np.zeros_like(wrong), where=total > 0)
    ours = np.divide(failing, cohort, out=np.zeros_like(wrong), where=both)
    theirs = np.divide(others, control, out=np.zeros_like(wrong), where=both)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (ours - theirs) / np.sqrt(rate * (1 - rate) * (1 / cohort + 1 / control))
    return _first(both & (np.nan_to_num(z) > Z_POINT))


def unstratified_fisher(rollout: Rollout) -> int | None:
    """The portal's unhealthy workspaces and its level, in one exact test without strata."""
    world = rollout.world
    rates, dispersions = rates_of(world), dispersions_of(world)
    for slot in range(24, world.hours + 1, 24):
        hours = slice(LEAD + slot - 24, LEAD + slot)
        requests, errors = world.requests[hours].sum(axis=0), rollout.errors[hours].sum(axis=0)
        unhealthy, _ = unhealthy_of(requests, errors, rates, dispersions)
        member = rollout.in_cohort(rollout.phase_at(slot)[1])
        if _fisher(unhealthy, member) < level(LOOKS):
            return slot
    return None


RIVALS: Mapping[str, Callable[[Rollout], int | None]] = {
    "2 % threshold, one check": one_strike,
    "2 % threshold, three in a row": three_in_a_row,
    "pooled z-test, hourly": pooled_z_test,
    "Fisher without strata, daily": unstratified_fisher,
}


def _fisher(unhealthy: Mask, member: Mask) -> float:
    hit = int((unhealthy & member).sum())
    return stratified_p([Stratum(int(member.sum()), hit, int((~member).sum()), int(unhealthy.sum()) - hit)])


def _over_threshold(rollout: Rollout) -> Mask:
    cohort, failing, _, _ = _pooled(rollout)
    return failing > THRESHOLD * cohort


def _pooled(rollout: Rollout) -> tuple[Floats, Floats, Floats, Floats]:
    """By hour of the plan: requests and errors of the cohort, and of everybody."""
    requests, errors = rollout.world.requests[LEAD:], rollout.errors[LEAD:]
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for number, (begin, percentage) in enumerate(rollout.phases):
        last = number + 1 == len(rollout.phases)
        hours = slice(begin, len(requests) if last else rollout.phases[number + 1][0])
        enrolled = rollout.enrolled(percentage)
        parts.append((requests[hours][:, enrolled].sum(axis=1), errors[hours][:, enrolled].sum(axis=1)))
    cohort, failing = (np.concatenate(each).astype(np.float64) for each in zip(*parts, strict=True))
    return cohort, failing, requests.sum(axis=1).astype(np.float64), errors.sum(axis=1).astype(np.float64)


def _first(called: Mask) -> int | None:
    """The slot of the first hour that was called."""
    found = np.flatnonzero(called)
    return int(found[0]) + 1 if len(found) else None
