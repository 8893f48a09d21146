"""A rollout in a simulated world, judged check by check by the portal's own code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from monitoring.judging.evidence import Due, Evidence, Thresholds, Unit
from monitoring.judging.findings import BREACH, Judgement
from monitoring.judging.verdict import judge
from monitoring.vitals import Arms, Count, Gauges, UnitKey, Vitals
from tests.bench.judging_filter import look_slots, loud_slots
from tests.bench.judging_world import LEAD, Counts, World, counted

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOOKS = 28
WEEK = 168
FOUR_WEEKS = ((0, 10), (WEEK, 25), (2 * WEEK, 50), (3 * WEEK, 100))
MOST_ERRORS = {10: 0.02, 25: 0.03, 50: 0.05, 100: 0.05}


@dataclass(frozen=True)
class Rollout:
    """`order` are the workspaces' columns, the first to be enrolled first; `phases` are (hour, percentage).

    A slot is the number of full hours since the plan began. A phase runs right after the check of its hour.
    """

    world: World
    errors: Counts
    order: NDArray[np.intp]
    phases: Sequence[tuple[int, int]] = FOUR_WEEKS
    id_ordered: bool = False

    def phase_at(self, slot: int) -> tuple[int, int]:
        return [each for each in self.phases if each[0] < slot][-1]

    def enrolled(self, percentage: int) -> NDArray[np.intp]:
        return self.order[: -(-percentage * len(self.order) // 100)]

    def in_cohort(self, percentage: int) -> NDArray[np.bool_]:
        member = np.zeros(len(self.order), dtype=np.bool_)
        member[self.enrolled(percentage)] = True
        return member

    @cached_property
    def worth_judging(self) -> list[int]:
        """The slots at which anything could be called; the others pass, which `bench_judging` samples."""
        found: set[int] = set()
        for number, (begin, percentage) in enumerate(self.phases):
            end = self.phases[number + 1][0] if number + 1 < len(self.phases) else self.world.hours
            member = self.in_cohort(percentage)
            found.update(loud_slots(self.world, self.errors, member, begin + 1, end))
            found.update(look_slots(self.world, self.errors, member, begin + 1, end))
        return sorted(found)

    def first_breach(self) -> tuple[int, Judgement] | None:
        """When the plan is paused, and why; None when it never is."""
        for slot in self.worth_judging:
            found = self.judge(slot)
            if found.result == BREACH:
                return slot, found
        return None

    @cached_property
    def _judged(self) -> dict[int, Judgement]:
        return {}

    def judge(self, slot: int) -> Judgement:
        """The check at `slot`, with a daily look when one is due."""
        if slot not in self._judged:
            self._judged[slot] = self._judge(slot)
        return self._judged[slot]

    def _judge(self, slot: int) -> Judgement:
        begin, percentage = self.phase_at(slot)
        arms = _History(self, slot)
        looks = slot % 24 == 0
        return judge(
            Evidence(
                slot=BEGIN + slot * HOUR,
                percentage=percentage,
                changed_at=BEGIN + begin * HOUR,
                units=self._units(slot, self.in_cohort(percentage), looks=looks),
                fleet=self.world.baselines.fleet,
                hour=arms.arms(0),
                day=arms.between(24, 0),
                history=arms,
                heard=True,
                gauges=Gauges(),
                phase=Thresholds(max_error_rate=MOST_ERRORS[percentage], max_p95_ms=500),
                look=Due(slot // 24, LOOKS) if looks else None,
                id_ordered=self.id_ordered,
            )
        )

    def _units(self, slot: int, member: NDArray[np.bool_], *, looks: bool) -> list[Unit]:
        baselines = self.world.baselines.units
        windows = [(3, 0), (4, 1), *([(24, 0), (48, 24)] if looks else [])]
        counts = [self.pairs(slot - since, slot - until) for since, until in windows]
        return [
            Unit(key, arm, baselines.get(key), *each)
            for key, arm, *each in zip(self.world.keys, member.tolist(), *counts, strict=True)
        ]

    def pairs(self, since: int, until: int) -> list[Count]:
        """Each workspace's sums over hours since the plan began."""
        hours = slice(max(0, LEAD + since), LEAD + until)
        requests, errors = self.world.requests[hours].sum(axis=0), self.errors[hours].sum(axis=0)
        return [Count(*each) for each in zip(requests.tolist(), errors.tolist(), strict=True)]


class _History:
    """The hours before a slot, as the portal's source would tell them."""

    def __init__(self, rollout: Rollout, slot: int) -> None:
        self.rollout = rollout
        self.slot = slot

    @cached_property
    def member(self) -> NDArray[np.bool_]:
        return self.rollout.in_cohort(self.rollout.phase_at(self.slot)[1])

    def between(self, since: int, until: int) -> Arms:
        hours = slice(max(0, LEAD + self.slot - since), LEAD + self.slot - until)
        requests = self.rollout.world.requests[hours].sum(axis=0)
        errors = self.rollout.errors[hours].sum(axis=0)
        cohort, control = (
            _vitals(int(requests[arm].sum()), int(errors[arm].sum())) for arm in (self.member, ~self.member)
        )
        return Arms(cohort, control)

    def arms(self, hours_ago: int) -> Arms:
        return self.between(hours_ago + 1, hours_ago)

    def gauges(self, hours_ago: int) -> Gauges:
        return Gauges()

    def counts(self, hours_ago: int) -> Mapping[UnitKey, Count]:
        end = self.slot - hours_ago
        hours = slice(max(0, LEAD + end - 3), LEAD + end)
        world = self.rollout.world
        return counted(world.keys, world.requests[hours].sum(axis=0), self.rollout.errors[hours].sum(axis=0))


def _vitals(requests: int, errors: int) -> Vitals:
    return Vitals(requests=requests, errors=errors, buckets=(0, 0, *[requests] * 7))
