"""Who has what, and why: one pure path from (flag, unit) to an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from rollout.ordering import NONE, order_key, user_cutoff
from rollout.reach import Environment, FlagFacts, PhaseFacts, PlanFacts, UnitFacts, beta_share, reach

ON, OFF = "on", "off"
# The standard reasons of OpenFeature that its clients understand.
STATIC, TARGETING_MATCH, SPLIT, DISABLED, DEFAULT = (
    "STATIC",
    "TARGETING_MATCH",
    "SPLIT",
    "DISABLED",
    "DEFAULT",
)


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
class Question:
    """Everything that one answer depends on."""

    flag: FlagFacts
    unit: UnitFacts | None
    plan: PlanFacts
    environment: Environment
    now: datetime


@dataclass(frozen=True)
class Found:
    """What one rule says: its result, and the answer where it decides."""

    result: str
    value: bool | None = None
    reason: str = ""


def evaluate(
    flag: FlagFacts, unit: UnitFacts | None, plan: PlanFacts, environment: Environment, now: datetime
) -> Answer:
    """The answer for one unit (None: the request named none): the first of RULES that decides."""
    question = Question(flag, unit, plan, environment, now)
    steps: list[Step] = []
    for name, rule in RULES:
        found = rule(question)
        if found is None:
            continue
        steps.append(Step(name, found.result))
        if found.value is not None:
            return Answer(flag.key, unit.id if unit else "", found.value, found.reason, tuple(steps))
    raise AssertionError("the last rule always decides")


def _archived(question: Question) -> Found | None:
    return Found("the flag is archived: off", False, DISABLED) if question.flag.archived else None


def _kill_switch(question: Question) -> Found:
    if question.flag.killed:
        return Found("the kill switch is on: off", False, DISABLED)
    if question.plan.all_off:
        return Found("the plan was set to 0 %: all flags of the module are off", False, DISABLED)
    return Found("not set")


def _environment(question: Question) -> Found | None:
    if not question.environment.enabled:
        return None
    return Found("the environment turns the module on for everybody", True, STATIC)


def _prerequisite(question: Question) -> Found | None:
    if question.flag.prerequisite is None:
        return None
    needed = evaluate(
        question.flag.prerequisite, question.unit, question.plan, question.environment, question.now
    )
    if needed.value:
        return Found(f"{needed.flag} is on")
    reason = DISABLED if needed.reason == DISABLED else DEFAULT
    return Found(f"{needed.flag} is off ({needed.steps[-1].result}): off", False, reason)


def _no_unit(question: Question) -> Found | None:
    return Found("the request names no unit: off", False, DEFAULT) if question.unit is None else None


def _override(question: Question) -> Found:
    override = question.unit.overrides.get(question.flag.key) if question.unit else None
    if override is None:
        return Found("none for this unit")
    until = f"{override.expires_at:%Y-%m-%d %H:%M %Z}" if override.expires_at else ""
    if override.expires_at is not None and override.expires_at <= question.now:
        return Found(f"expired on {until}")
    state = ON if override.value else OFF
    result = f"{state} until {until}: {override.reason}" if until else f"{state}: {override.reason}"
    return Found(result, override.value, TARGETING_MATCH)


def _internal_list(question: Question) -> Found:
    unit = question.unit
    if unit and (unit.internal or unit.id in question.environment.internal):
        return Found("the unit is on the internal list: on", True, TARGETING_MATCH)
    return Found("not on it")


def _beta(question: Question) -> Found | None:
    flag, plan, unit = question.flag, question.plan, question.unit
    if not flag.by_user or unit is None:
        return None
    share = beta_share(flag, plan, question.environment)
    if user_cutoff(share).admits(order_key(plan.ordering, plan.salt, unit.id)):
        return Found(f"within the beta's {share} %: on", True, SPLIT)
    return Found(f"not within {share} %")


def _cohort(question: Question) -> Found:
    value, why = _in_cohort(question)
    return Found(f"{why}: {ON}", True, SPLIT) if value else Found(f"{why}: {OFF}", False, DEFAULT)


RULES: tuple[tuple[str, Callable[[Question], Found | None]], ...] = (
    ("archived", _archived),
    ("kill switch", _kill_switch),
    ("environment", _environment),
    ("prerequisite", _prerequisite),
    ("unit", _no_unit),
    ("override", _override),
    ("internal list", _internal_list),
    ("beta", _beta),
    ("cohort", _cohort),
)


def _in_cohort(question: Question) -> tuple[bool, str]:
    flag, plan, unit = question.flag, question.plan, question.unit
    if plan.phase is None or unit is None:
        return False, "the plan has not begun"
    found = reach(flag, plan, question.environment)
    if found.cutoff == NONE:
        return False, _reaches_nobody(flag, plan, plan.phase)
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


def _reaches_nobody(flag: FlagFacts, plan: PlanFacts, phase: PhaseFacts) -> str:
    if phase.number < flag.from_phase:
        return f"the flag starts at phase {flag.from_phase}; the plan is in phase {phase.number}"
    return f"the plan is at {plan.percentage} % and reaches nobody"
