"""Every flag with its state, its share and what decides it, for people who ask "what is on, and why?"."""

from dataclasses import replace
from typing import Any

from django.db.models import Count

from rollout import facts
from rollout.cohorts import Comparison
from rollout.facts import State
from rollout.models import Module, Override
from rollout.rules.ordering import NONE, OPEN
from rollout.rules.reach import FlagFacts

Document = dict[str, Any]


def flags_of(module: Module) -> list[Document]:
    """The flags of a module, in their order: key, state, enabled, eligible, share, source, overrides.

    `enabled` counts every unit that has the flag; `share` is that in relation to the eligible, a fraction,
    above 1 where overrides give the flag to units that are not eligible.
    """
    state = facts.state_of(module)
    rows = {flag.key: flag for flag in module.flags.all()}
    eligible, counted = _counts(state)
    overrides, internal = _overrides(module), module.internal_units.count()
    return [
        {
            "key": flag.key,
            "name": rows[flag.key].name,
            "module": module.key,
            "state": _state(flag, enabled),
            "enabled": enabled,
            "eligible": eligible,
            "share": round(enabled / eligible, 6) if eligible else 0.0,
            "source": source_of(flag, state),
            "overrides": overrides.get(flag.key, 0),
            "internal": internal,
        }
        for flag in state.flags
        for enabled in (counted.get(flag.key, 0),)
    ]


def source_of(flag: FlagFacts, state: State) -> str:
    """What decides a flag for ordinary units: the first rule of SPEC 3.4 that says more than "go on"."""
    switched = _switched(flag, state)
    if switched:
        return switched
    plan = state.plan
    if plan.phase is None:
        return "plan: has not begun"
    found = state.reach_of(flag)
    position = f"plan: phase {plan.phase.number}, {plan.percentage} %"
    if found.cutoff == NONE:
        if plan.phase.number < (flag.selected_from_phase or flag.from_phase):
            return f"{position}; starts at phase {flag.selected_from_phase or flag.from_phase}"
        return f"{position}; reaches nobody"
    notes = []
    if found.selected:
        notes.append("selected workspaces only")
    if flag.hold != OPEN:
        notes.append(f"held at {flag.max_percentage} %")
    caps = (state.environment.beta_percentage, state.environment.rollout_percentage)
    if flag.by_user and any(cap is not None for cap in caps):
        notes.append("capped by the environment")
    if plan.paused:
        notes.append("paused")
    return "; ".join([position, *notes])


def _switched(flag: FlagFacts, state: State) -> str:
    if flag.archived:
        return "archived"
    if flag.killed:
        return "kill switch"
    if state.plan.all_off:
        return "plan: set to 0 %"
    if not flag.within_schedule(state.now):
        return "schedule: off now"
    if state.environment.enabled:
        return "environment: on for everybody"
    if flag.prerequisite is not None and (flag.prerequisite.archived or flag.prerequisite.killed):
        return f"prerequisite: {flag.prerequisite.key} is off by its switch"
    return ""


def _state(flag: FlagFacts, enabled: int) -> str:
    if flag.archived:
        return "archived"
    if flag.killed:
        return "killed"
    return "on" if enabled else "off"


def _counts(state: State) -> tuple[int, dict[str, int]]:
    """How many units are eligible, and how many have each live flag: what all of them off would take away."""
    nobody = replace(state, plan=replace(state.plan, all_off=True))
    preview = Comparison(nobody, state).preview()
    return preview.eligible, {flag.key: flag.gain for flag in preview.flags}


def _overrides(module: Module) -> dict[str, int]:
    rows = Override.objects.in_force().filter(flag__module=module).order_by()
    return dict(rows.values_list("flag__key").annotate(n=Count("pk")))
