"""How far a flag goes within its plan: the facts that answers depend on, and the units they reach.

The path for one unit (`evaluation`) and the set-based SQL (`cohorts`) both follow `reach`, so that an
answer, an explanation and a preview cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rollout.ordering import NONE, OPEN, Cutoff, lower, user_cutoff

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
class FlagFacts:
    """A flag as far as answers depend on it; `hold` is the farthest cutoff it may reach."""

    key: str
    by_user: bool = False
    archived: bool = False
    killed: bool = False
    from_phase: int = 1
    selected_from_phase: int | None = None
    max_percentage: int | None = None
    hold: Cutoff = OPEN
    prerequisite: "FlagFacts | None" = None


@dataclass(frozen=True)
class OverrideFacts:
    value: bool
    reason: str
    expires_at: datetime | None


@dataclass(frozen=True)
class UnitFacts:
    """A unit as far as answers depend on it. `ineligible` says why it is not eligible, "" where it is."""

    id: str
    ineligible: str = ""
    was_in_at_pause: bool = False
    internal: bool = False
    overrides: Mapping[str, OverrideFacts] = field(default_factory=dict)
    selected: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reach:
    """The part of the eligible units that has a flag by its plan: keys within `cutoff`, and where
    `selected` names flags, only units that were selected for all of those."""

    cutoff: Cutoff = NONE
    selected: frozenset[str] = frozenset()


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


def full_reach(flag: FlagFacts, plan: PlanFacts, environment: Environment = Environment()) -> Reach:
    """How far `flag` goes when its prerequisites and the switches above it are counted in.

    Holds for every unit that has no override and is on no internal list.
    """
    if flag.archived or flag.killed or plan.all_off:
        return Reach()
    if environment.enabled:
        return Reach(OPEN)
    own = reach(flag, plan, environment)
    if own.cutoff == NONE or flag.prerequisite is None:
        return own if own.cutoff != NONE else Reach()
    needed = full_reach(flag.prerequisite, plan, environment)
    cutoff = lower(own.cutoff, needed.cutoff)
    return Reach(cutoff, own.selected | needed.selected) if cutoff != NONE else Reach()


def beta_share(flag: FlagFacts, plan: PlanFacts, environment: Environment) -> int:
    """The beta's percentage for a user module's flag, after the caps of the environment and of the flag."""
    if plan.phase is None or plan.phase.number < flag.from_phase:
        return 0
    return min(plan.share_of(BETA), _least(environment.beta_percentage, flag.max_percentage))


def _least(*percentages: int | None) -> int:
    return min((percentage for percentage in percentages if percentage is not None), default=100)
