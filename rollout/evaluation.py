"""Who has what, and why: one pure path from (flag, unit) to an answer.

`reach` says how far a flag goes within its plan. The path for one unit below and the set-based SQL of
`cohorts` both follow it, so that an answer, an explanation and a preview cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rollout.ordering import NONE, OPEN, Cutoff, lower, order_key, user_cutoff

ON, OFF = "on", "off"
# The standard reasons of OpenFeature that its clients understand.
STATIC, TARGETING_MATCH, SPLIT, DISABLED, DEFAULT = "STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "DEFAULT"

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
        passed = [p.percentage for p in self.phases if p.audience == audience and p.percentage <= self.percentage]
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
class Step:
    """One rule that was looked at, and what came of it."""

    rule: str
    result: str


@dataclass(frozen=True)
class Answer:
    """What the product hears, and the path to it."""

    flag: str
    unit: str
    value: bool
    reason: str
    steps: tuple[Step, ...]

    @property
    def variant(self) -> str:
        return ON if self.value else OFF


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
        return Reach(user_cutoff(max(cohort, _beta_share(flag, plan, environment))), selected)
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


def evaluate(
    flag: FlagFacts,
    unit: UnitFacts | None,
    plan: PlanFacts,
    environment: Environment,
    now: datetime,
) -> Answer:
    """The answer for one unit (None: the request named none), in the order of SPEC 3.4."""
    steps: list[Step] = []

    def answer(value: bool, reason: str, rule: str, result: str) -> Answer:
        steps.append(Step(rule, result))
        return Answer(flag.key, unit.id if unit else "", value, reason, tuple(steps))

    def passed(rule: str, result: str) -> None:
        steps.append(Step(rule, result))

    if flag.archived:
        return answer(False, DISABLED, "archived", "the flag is archived: off")
    if flag.killed:
        return answer(False, DISABLED, "kill switch", "the kill switch is on: off")
    if plan.all_off:
        return answer(False, DISABLED, "kill switch", "the plan was set to 0 %: all flags of the module are off")
    passed("kill switch", "not set")

    if environment.enabled:
        return answer(True, STATIC, "environment", "the environment turns the module on for everybody")

    if flag.prerequisite is not None:
        needed = evaluate(flag.prerequisite, unit, plan, environment, now)
        if not needed.value:
            why = f"{needed.flag} is off ({needed.steps[-1].result}): off"
            return answer(False, DISABLED if needed.reason == DISABLED else DEFAULT, "prerequisite", why)
        passed("prerequisite", f"{needed.flag} is on")

    if unit is None:
        return answer(False, DEFAULT, "unit", "the request names no unit: off")

    override = unit.overrides.get(flag.key)
    if override is None:
        passed("override", "none for this unit")
    elif override.expires_at is not None and override.expires_at <= now:
        passed("override", f"expired on {override.expires_at:%Y-%m-%d %H:%M %Z}")
    else:
        until = f" until {override.expires_at:%Y-%m-%d %H:%M %Z}" if override.expires_at else ""
        state = ON if override.value else OFF
        return answer(override.value, TARGETING_MATCH, "override", f"{state}{until}: {override.reason}")

    if unit.internal or unit.id in environment.internal:
        return answer(True, TARGETING_MATCH, "internal list", "the unit is on the internal list: on")
    passed("internal list", "not on it")

    if flag.by_user:
        share = _beta_share(flag, plan, environment)
        if user_cutoff(share).admits(order_key(plan.ordering, plan.salt, unit.id)):
            return answer(True, SPLIT, "beta", f"within the beta's {share} %: on")
        passed("beta", f"not within {share} %")

    value, why = _in_cohort(flag, unit, plan, environment)
    if value:
        return answer(True, SPLIT, "cohort", f"{why}: on")
    return answer(False, DEFAULT, "cohort", f"{why}: off")


def _in_cohort(flag: FlagFacts, unit: UnitFacts, plan: PlanFacts, environment: Environment) -> tuple[bool, str]:
    if plan.phase is None:
        return False, "the plan has not begun"
    found = reach(flag, plan, environment)
    if found.cutoff == NONE:
        if plan.phase.number < flag.from_phase:
            return False, f"the flag starts at phase {flag.from_phase}; the plan is in phase {plan.phase.number}"
        return False, f"the plan is at {plan.percentage} % and reaches nobody"
    if unit.ineligible:
        return False, f"not eligible: {unit.ineligible}"
    key = order_key(plan.ordering, plan.salt, unit.id)
    if not found.cutoff.admits(key):
        held = " (the flag is held back)" if plan.cutoff.admits(key) else ""
        return False, f"its order key {key} is above the cutoff {found.cutoff.key}{held}"
    if plan.paused and not unit.was_in_at_pause and not flag.by_user:
        return False, "the plan is paused and the unit was not in when the pause began: it waits for resume"
    if not found.selected <= unit.selected:
        return False, "in the cohort, but not selected for this flag"
    reaches = "everybody" if found.cutoff.is_open else f"up to {found.cutoff.key}"
    return True, f"its order key {key} is within the cutoff ({reaches}, {plan.percentage} %)"


def _beta_share(flag: FlagFacts, plan: PlanFacts, environment: Environment) -> int:
    if plan.phase is None or plan.phase.number < flag.from_phase:
        return 0
    return min(plan.share_of(BETA), _least(environment.beta_percentage, flag.max_percentage))


def _least(*percentages: int | None) -> int:
    return min((percentage for percentage in percentages if percentage is not None), default=100)
