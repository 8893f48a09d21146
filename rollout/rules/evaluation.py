"""Who has what, and why: one path from (flag, unit, context) to an answer. Pure.

RULES is the order of SPEC 3.4, and the first that decides is the answer. `decide` asks only those that can
say anything about the flag as it stands; `explain` walks the same rules and puts each into words.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.rules.ordering import NONE
from rollout.rules.reach import Environment, FlagFacts, PlanFacts, beta_share
from rollout.rules.switches import OFF, Asked, Decision, Switch, decision

# The standard reasons of OpenFeature that its clients understand.
STATIC, TARGETING_MATCH, SPLIT, DISABLED, DEFAULT = (
    "STATIC",
    "TARGETING_MATCH",
    "SPLIT",
    "DISABLED",
    "DEFAULT",
)
OFF_DISABLED = decision(False, OFF, DISABLED)
OFF_DEFAULT = decision(False, OFF, DEFAULT)


@dataclass(frozen=True)
class Step:
    """One rule that was looked at, and what came of it."""

    rule: str
    result: str


@dataclass(frozen=True)
class Answer:
    """What the product hears, and the path to it. `value` is None where its own default holds."""

    flag: str
    unit: str
    on: bool
    value: Any
    variant: str
    reason: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Rule:
    """One rule: whether it can say anything about a switch at all, what it decides, and that in words.

    `tell` gives "" for a rule that is not worth mentioning.
    """

    name: str
    concerns: Callable[[Switch], bool]
    decide: Callable[[Switch, Asked], Decision | None]
    tell: Callable[[Switch, Asked, Decision | None], str]


def switches(flags: Iterable[FlagFacts], plan: PlanFacts, environment: Environment) -> tuple[Switch, ...]:
    """The flags of one module ready to be asked, in their order."""
    made: dict[str, Switch] = {}

    def make(flag: FlagFacts) -> Switch:
        if flag.key not in made:
            needed = make(flag.prerequisite) if flag.prerequisite else None
            switch = Switch(flag, plan, environment, needed)
            switch.rules = tuple(rule.decide for rule in RULES if rule.concerns(switch))
            made[flag.key] = switch
        return made[flag.key]

    return tuple(make(flag) for flag in flags)


def decide(switch: Switch, asked: Asked) -> Decision:
    """The answer, quickly."""
    for rule in switch.rules:
        found = rule(switch, asked)
        if found is not None:
            return found
    raise AssertionError("the last rule always decides")


def explain(switch: Switch, asked: Asked) -> Answer:
    """The answer with every rule that was looked at on the way."""
    steps = []
    for rule in RULES:
        found = rule.decide(switch, asked)
        if told := rule.tell(switch, asked, found):
            steps.append(Step(rule.name, told))
        if found is not None:
            unit = asked.unit.id if asked.unit else ""
            return Answer(
                switch.key, unit, found.on, switch.value_of(found), found.variant, found.reason, tuple(steps)
            )
    raise AssertionError("the last rule always decides")


def _archived(switch: Switch, asked: Asked) -> Decision | None:
    return OFF_DISABLED if switch.flag.archived else None


def _kill_switch(switch: Switch, asked: Asked) -> Decision | None:
    return OFF_DISABLED if switch.flag.killed or switch.plan.all_off else None


def _tell_kill_switch(switch: Switch, asked: Asked, found: Decision | None) -> str:
    if switch.flag.killed:
        return "the kill switch is on: off"
    return "the plan was set to 0 %: all flags of the module are off" if found else "not set"


def _schedule(switch: Switch, asked: Asked) -> Decision | None:
    return None if switch.flag.within_schedule(asked.now) else OFF_DISABLED


def _tell_schedule(switch: Switch, asked: Asked, found: Decision | None) -> str:
    flag = switch.flag
    if found is None:
        return f"on until {_moment(flag.off_at)}" if flag.off_at else f"on since {_moment(flag.on_from)}"
    if flag.on_from is not None and asked.now < flag.on_from:
        return f"on from {_moment(flag.on_from)}, not before: off"
    return f"off since {_moment(flag.off_at)}"


def _environment(switch: Switch, asked: Asked) -> Decision | None:
    return switch.on(asked.unit, STATIC) if switch.environment.enabled else None


def _prerequisite(switch: Switch, asked: Asked) -> Decision | None:
    needed = switch.prerequisite
    if needed is None:
        return None
    found = asked.decided.get(needed.key)
    if found is None:
        found = asked.decided[needed.key] = decide(needed, asked)
    if not found.on:
        return OFF_DISABLED if found.reason == DISABLED else OFF_DEFAULT
    return OFF_DEFAULT if _is_other_variant(switch, found) else None


def _is_other_variant(switch: Switch, found: Decision) -> bool:
    return switch.flag.prerequisite_variant not in ("", found.variant)


def _tell_prerequisite(switch: Switch, asked: Asked, found: Decision | None) -> str:
    if switch.prerequisite is None:
        return ""
    needed = explain(switch.prerequisite, asked)
    if not needed.on:
        return f"{needed.flag} is off ({needed.steps[-1].result}): off"
    if found is not None:
        return f"{needed.flag} answers {needed.variant}, not {switch.flag.prerequisite_variant}: off"
    return f"{needed.flag} is {needed.variant}"


def _override(switch: Switch, asked: Asked) -> Decision | None:
    override = asked.unit.overrides.get(switch.key) if asked.unit else None
    if override is None or (override.expires_at is not None and override.expires_at <= asked.now):
        return None
    return switch.served(override.variant if override.value else OFF, asked.unit, TARGETING_MATCH)


def _tell_override(switch: Switch, asked: Asked, found: Decision | None) -> str:
    if asked.unit is None:
        return ""
    override = asked.unit.overrides.get(switch.key)
    if override is None:
        return "none for this unit"
    if found is None:
        return f"expired on {_moment(override.expires_at)}"
    until = f" until {_moment(override.expires_at)}" if override.expires_at else ""
    return f"{found.variant}{until}: {override.reason}"


def _internal_list(switch: Switch, asked: Asked) -> Decision | None:
    unit = asked.unit
    if unit is not None and (unit.internal or unit.id in switch.environment.internal):
        return switch.on(unit, TARGETING_MATCH)
    return None


def _tell_internal_list(switch: Switch, asked: Asked, found: Decision | None) -> str:
    if asked.unit is None:
        return ""
    return f"the unit is on the internal list: {found.variant}" if found else "not on it"


def _beta(switch: Switch, asked: Asked) -> Decision | None:
    if asked.unit is None or not switch.by_user or not switch.beta.admits(asked.order_key(switch.plan)):
        return None
    return switch.on(asked.unit, SPLIT)


def _tell_beta(switch: Switch, asked: Asked, found: Decision | None) -> str:
    if asked.unit is None or not switch.by_user:
        return ""
    share = beta_share(switch.flag, switch.plan, switch.environment)
    return f"within the beta's {share} %: {found.variant}" if found else f"not within {share} %"


def _targeting(switch: Switch, asked: Asked) -> Decision | None:
    if asked.context is None:
        return None
    for each in switch.targeting:
        serve = each.rule.serve
        if asked.unit is None and switch.needs_unit(serve):
            continue
        if each.rule.matches(asked.context) and each.takes(asked.unit):
            return switch.served(serve, asked.unit, TARGETING_MATCH)
    return None


def _tell_targeting(switch: Switch, asked: Asked, found: Decision | None) -> str:
    if not switch.targeting:
        return ""
    if asked.context is None:
        return "not looked at: they depend on what the product tells"
    told = []
    for number, each in enumerate(switch.targeting, 1):
        name = f"{number} “{each.rule.name}”"
        if not each.rule.matches(asked.context):
            told.append(f"{name} does not match")
        elif asked.unit is None and (switch.needs_unit(each.rule.serve) or each.last):
            told.append(f"{name} matches, and needs a unit to choose by")
        elif not each.takes(asked.unit):
            told.append(f"{name} matches, and the unit is not within its {each.rule.share} %")
        else:
            told.append(f"{name} matches: {found.variant if found else OFF}")
            break
    return "; ".join(told)


def _unit(switch: Switch, asked: Asked) -> Decision | None:
    return OFF_DEFAULT if asked.unit is None else None


def _cohort(switch: Switch, asked: Asked) -> Decision | None:
    if switch.nobody or _kept_out(switch, asked):
        return OFF_DEFAULT
    return switch.on(asked.unit, SPLIT)


# Why a unit is not in the cohort.
INELIGIBLE, BEYOND, WAITING, UNSELECTED = "ineligible", "beyond", "waiting", "unselected"


def _kept_out(switch: Switch, asked: Asked) -> str:
    """What keeps the unit out of a cohort that reaches somebody; "" where it is in."""
    unit = asked.unit
    if unit is None or unit.ineligible:
        return INELIGIBLE
    if not switch.cutoff.admits(asked.order_key(switch.plan)):
        return BEYOND
    if switch.plan.paused and not unit.was_in_at_pause and not switch.by_user:
        return WAITING
    return "" if switch.selected <= unit.selected else UNSELECTED


def _tell_cohort(switch: Switch, asked: Asked, found: Decision | None) -> str:
    return f"{_why(switch, asked)}: {found.variant if found else OFF}"


def _why(switch: Switch, asked: Asked) -> str:
    plan = switch.plan
    if plan.phase is None:
        return "the plan has not begun"
    if switch.cutoff == NONE:
        if plan.phase.number < switch.flag.from_phase:
            starts = switch.flag.from_phase
            return f"the flag starts at phase {starts}; the plan is in phase {plan.phase.number}"
        return f"the plan is at {plan.percentage} % and reaches nobody"
    key = asked.order_key(plan)
    match _kept_out(switch, asked):
        case "ineligible":
            return f"not eligible: {asked.unit.ineligible if asked.unit else ''}"
        case "beyond":
            held = " (the flag is held back)" if plan.cutoff.admits(key) else ""
            return f"its order key {key} is above the cutoff {switch.cutoff.key}{held}"
        case "waiting":
            return "the plan is paused and the unit was not in when the pause began: it waits for resume"
        case "unselected":
            return "in the cohort, but not selected for this flag"
    reaches = "everybody" if switch.cutoff.is_open else f"up to {switch.cutoff.key}"
    return f"its order key {key} is within the cutoff ({reaches}, {plan.percentage} %)"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}" if moment else ""


def _always(switch: Switch) -> bool:
    return True


RULES = (
    Rule(
        "archived",
        lambda switch: switch.flag.archived,
        _archived,
        lambda switch, asked, found: "the flag is archived: off" if found else "",
    ),
    Rule(
        "kill switch",
        lambda switch: switch.flag.killed or switch.plan.all_off,
        _kill_switch,
        _tell_kill_switch,
    ),
    Rule(
        "schedule",
        lambda switch: switch.flag.on_from is not None or switch.flag.off_at is not None,
        _schedule,
        lambda switch, asked, found: (
            _tell_schedule(switch, asked, found) if switch.flag.on_from or switch.flag.off_at else ""
        ),
    ),
    Rule(
        "environment",
        lambda switch: switch.environment.enabled,
        _environment,
        lambda switch, asked, found: (
            f"the environment turns the module on for everybody: {found.variant}" if found else ""
        ),
    ),
    Rule(
        "prerequisite",
        lambda switch: switch.prerequisite is not None,
        _prerequisite,
        _tell_prerequisite,
    ),
    Rule("override", _always, _override, _tell_override),
    Rule("internal list", _always, _internal_list, _tell_internal_list),
    Rule("beta", lambda switch: switch.by_user, _beta, _tell_beta),
    Rule("targeting rules", lambda switch: bool(switch.targeting), _targeting, _tell_targeting),
    Rule(
        "unit",
        _always,
        _unit,
        lambda switch, asked, found: "the request names no unit: off" if found else "",
    ),
    Rule("cohort", _always, _cohort, _tell_cohort),
)
