"""How far a flag goes within its plan: the facts that answers depend on, and the units they reach.

The path for one unit (`evaluation`) and the set-based SQL (`cohorts`) both follow `reach`, so that an
answer, an explanation and a preview cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from rollout.rules import splits
from rollout.rules.ordering import NONE, OPEN, Cutoff, lower, user_cutoff

# The audiences of phases that a percentage reaches; a phase for the internal list reaches nobody else.
BETA, COHORT = "beta", "cohort"


@dataclass(frozen=True)
class PhaseFacts:
    number: int
    percentage: int
    audience: str


@dataclass(frozen=True)
class PlanFacts:
    """A plan as far as answers depend on it; `paused` is True when newcomers wait for `resume`."""

    started: bool = False
    paused: bool = False
    all_off: bool = False
    percentage: int = 0
    cutoff: Cutoff = NONE
    ordering: str = "hash"
    salt: str = ""
    phases: tuple[PhaseFacts, ...] = ()

    @property
    def phase(self) -> PhaseFacts | None:
        """The highest phase at or below the percentage; below the first one, the first; before it, none."""
        if not self.started or not self.phases:
            return None
        reached = [phase for phase in self.phases if phase.percentage <= self.percentage]
        if reached:
            return max(reached, key=lambda phase: phase.percentage)
        return self.phases[0] if self.percentage else None

    def share_of(self, audience: str) -> int:
        """The highest percentage that phases of this audience give at the plan's percentage."""
        current = self.phase
        if current and current.audience == audience:
            return self.percentage
        passed = [
            p.percentage for p in self.phases if p.audience == audience and p.percentage <= self.percentage
        ]
        return max(passed, default=0)


@dataclass(frozen=True)
class Environment:
    """A module's live overrides from the environment; an empty one changes nothing."""

    enabled: bool = False
    internal: frozenset[str] = frozenset()
    beta_percentage: int | None = None
    rollout_percentage: int | None = None


@dataclass(frozen=True)
class Slice:
    """The units whose hash key with `salt` lies from `first` to `last`: those that hear one variant."""

    salt: str
    first: str
    last: str


@dataclass(frozen=True)
class VariantFacts:
    key: str
    value: Any
    weight: int


@dataclass(frozen=True)
class RuleFacts:
    """A targeting rule: `matches` tells by the context; `serve` is a variant, "off", or empty: by weight."""

    name: str
    matches: Callable[[Mapping[str, Any]], bool]
    serve: str
    share: int
    salt: str


@dataclass(frozen=True)
class FlagFacts:
    """A flag as far as answers depend on it; `hold` is the farthest cutoff it may reach.

    A flag that is not boolean answers one of its `variants`.
    """

    key: str
    by_user: bool = False
    boolean: bool = True
    salt: str = ""
    archived: bool = False
    killed: bool = False
    on_from: datetime | None = None
    off_at: datetime | None = None
    from_phase: int = 1
    selected_from_phase: int | None = None
    max_percentage: int | None = None
    hold: Cutoff = OPEN
    prerequisite: "FlagFacts | None" = None
    prerequisite_variant: str = ""
    variants: tuple[VariantFacts, ...] = ()
    rules: tuple[RuleFacts, ...] = ()

    def within_schedule(self, now: datetime) -> bool:
        """Whether `now` is neither before `on_from` nor from `off_at` on."""
        return (self.on_from is None or now >= self.on_from) and (self.off_at is None or now < self.off_at)

    def ranges(self) -> tuple[tuple[str, str], ...]:
        """The first and last hash key of each variant; none at all where no variant has a weight."""
        weights = [each.weight for each in self.variants]
        return splits.ranges(weights) if any(weights) else ()

    def slice_of(self, variant: str) -> Slice | None:
        """The units that hear `variant` by weight; None for nobody."""
        for each, (first, last) in zip(self.variants, self.ranges(), strict=False):
            if each.key == variant and last:
                return Slice(self.salt, first, last)
        return None


@dataclass(frozen=True)
class OverrideFacts:
    value: bool
    reason: str
    expires_at: datetime | None
    variant: str = ""


class UnitFacts(NamedTuple):
    """A unit as far as answers depend on it. `ineligible` says why it is not eligible, "" where it is.

    A tuple, because one is made for every request.
    """

    id: str
    ineligible: str = ""
    was_in_at_pause: bool = False
    internal: bool = False
    overrides: Mapping[str, OverrideFacts] = MappingProxyType({})
    selected: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reach:
    """The part of the eligible units that has a flag by its plan: keys within `cutoff`, where `selected`
    names flags only units that were selected for all of those, and only units within all of `slices`."""

    cutoff: Cutoff = NONE
    selected: frozenset[str] = frozenset()
    slices: frozenset[Slice] = frozenset()


def reach(flag: FlagFacts, plan: PlanFacts, environment: Environment = Environment()) -> Reach:
    """How far `flag` goes by the cohort's rule alone, without its prerequisites."""
    phase = plan.phase
    if phase is None or plan.all_off:
        return Reach()
    selected: frozenset[str] = frozenset()
    if phase.number < flag.from_phase:
        if flag.selected_from_phase is None or phase.number < flag.selected_from_phase:
            return Reach()
        selected = frozenset({flag.key})
    if flag.by_user:
        cohort = min(plan.share_of(COHORT), _least(environment.rollout_percentage, flag.max_percentage))
        return Reach(user_cutoff(max(cohort, beta_share(flag, plan, environment))), selected)
    return Reach(lower(plan.cutoff, flag.hold), selected)


def full_reach(flag: FlagFacts, plan: PlanFacts, environment: Environment, now: datetime) -> Reach:
    """How far `flag` goes at `now` when its prerequisites and the switches above it are counted in.

    Holds for every unit that has no override and is on no internal list. Targeting rules are left out:
    whom they reach is known only when the product asks.
    """
    if flag.archived or flag.killed or plan.all_off or not flag.within_schedule(now):
        return Reach()
    if environment.enabled:
        return Reach(OPEN)
    own = reach(flag, plan, environment)
    if own.cutoff == NONE:
        return Reach()
    if flag.prerequisite is None:
        return own
    needed = full_reach(flag.prerequisite, plan, environment, now)
    cutoff = lower(own.cutoff, needed.cutoff)
    slices = needed.slices
    if flag.prerequisite_variant and not flag.prerequisite.boolean:
        slice_ = flag.prerequisite.slice_of(flag.prerequisite_variant)
        if slice_ is None:
            return Reach()
        slices |= {slice_}
    return Reach(cutoff, own.selected | needed.selected, slices) if cutoff != NONE else Reach()


def beta_share(flag: FlagFacts, plan: PlanFacts, environment: Environment) -> int:
    """The beta's percentage for a user module's flag, after the caps of the environment and of the flag."""
    if plan.phase is None or plan.phase.number < flag.from_phase:
        return 0
    return min(plan.share_of(BETA), _least(environment.beta_percentage, flag.max_percentage))


def _least(*percentages: int | None) -> int:
    return min((percentage for percentage in percentages if percentage is not None), default=100)
