"""Do the catalogue, the database, the environment and the answers agree? Each disagreement is one line."""

import os
from collections.abc import Iterator, Mapping

from django.db.models import Exists, OuterRef

from rollout import catalogue, cohorts, facts
from rollout.catalogue import FlagEntry, ModuleEntry
from rollout.facts import State
from rollout.models import Enrolment, Flag, InternalUnit, Module, Override, Plan
from rollout.populations import Population
from rollout.rules.evaluation import decide
from rollout.rules.reach import Environment, full_reach
from rollout.rules.switches import Asked

# The health module's variables (SPEC 3.2); any other that begins like them is a typing error.
KNOWN_VARIABLES = frozenset(
    {"HEALTH_MGMT_INTERNAL_USERS", "HEALTH_MGMT_BETA_PERCENTAGE", "HEALTH_MGMT_ROLLOUT_PERCENTAGE"}
)
PREFIX = "HEALTH_MGMT_"
# How many units are asked one by one: those at the cutoff are where the two ways could differ.
AT_THE_CUTOFF = 20
AT_RANDOM = 60
SPECIAL = 40


def disagreements(environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Every disagreement, in words that say what to do."""
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in KNOWN_VARIABLES:
            yield f"environment: {name} is not read; the portal knows {', '.join(sorted(KNOWN_VARIABLES))}"
    modules = {module.key: module for module in Module.objects.prefetch_related("flags__prerequisite")}
    for entry in catalogue.MODULES:
        yield from _catalogue(entry, modules.get(entry.key))
    for module in modules.values():
        state = facts.state_of(module)
        yield from _environment(module, state)
        yield from _answers(module, state)
        yield from _record(module, state)


def _catalogue(entry: ModuleEntry, module: Module | None) -> Iterator[str]:
    if module is None:
        yield f"catalogue: the module {entry.key} is missing: run `rollout setup`"
        return
    if module.unit != entry.unit:
        yield f"catalogue: {entry.key} is rolled out by {entry.unit}, the database says {module.unit}"
    elsewhere = Flag.objects.filter(key__in=[flag.key for flag in entry.flags]).exclude(module=module)
    for flag in elsewhere.select_related("module"):
        yield f"catalogue: the flag {flag.key} belongs to {entry.key}, the database says {flag.module.key}"
    found = {flag.key: flag for flag in module.flags.all()}
    for expected in entry.flags:
        if expected.key not in found:
            yield f"catalogue: the flag {expected.key} of {entry.key} is missing: run `rollout setup`"
        else:
            yield from _flag(expected, found[expected.key])
    if not Plan.objects.live().filter(module=module).exists():
        yield f"catalogue: {entry.key} has no plan: run `rollout setup`"


def _flag(expected: FlagEntry, flag: Flag) -> Iterator[str]:
    needed = flag.prerequisite.key if flag.prerequisite else ""
    said = {
        "prerequisite": (expected.prerequisite or "none", needed or "none"),
        "first phase": (expected.from_phase, flag.from_phase),
        "first phase for selected ones": (expected.selected_from_phase, flag.selected_from_phase),
    }
    for name, (wanted, found) in said.items():
        if wanted != found:
            yield f"catalogue: {flag.key}: {name} is {wanted}, the database says {found}"


def _environment(module: Module, state: State) -> Iterator[str]:
    """Where the environment changes what the database alone would answer."""
    environment = state.environment
    remedy = "run `rollout setup --from-env` or unset the variable"
    listed = set(module.internal_units.values_list("unit_id", flat=True))
    if unlisted := sorted(environment.internal - listed):
        named = ", ".join(unlisted[:5])
        yield f"environment: {module.key}: {named} not on the database's internal list: {remedy}"
    for flag in state.flags:
        by_plan = full_reach(flag, state.plan, Environment(), state.now)
        with_it = state.reach_of(flag)
        if with_it != by_plan:
            plan = f"the plan's {state.plan.percentage} %"
            yield f"environment: {flag.key} reaches another share than {plan}: {remedy}"


def _answers(module: Module, state: State) -> Iterator[str]:
    """Ask for a sample of units one by one, and all at once by the set-based query."""
    sample = _sample(module, state)
    units = [facts.unit_of(module, state.plan_id, unit) for unit in sample]
    name = Population(state).unit
    for flag, switch in zip(state.flags, state.switches, strict=True):
        with_it = cohorts.members_with(state, flag).filter(**{f"{name}__in": sample})
        by_query = set(with_it.values_list(name, flat=True))
        by_rule = {unit.id for unit in units if decide(switch, Asked(unit, None, state.now)).on}
        if differing := sorted(by_query ^ by_rule):
            yield (
                f"answers: {flag.key}: the query and the rule differ for {len(differing)} of {len(sample)} "
                f"asked, such as {', '.join(differing[:3])}"
            )


def _sample(module: Module, state: State) -> list[str]:
    population = Population(state)
    unit = population.unit
    in_order = population.in_order(population.eligible()).values_list(unit, flat=True)
    inside = cohorts.shares(state).enabled
    chosen = set(in_order[max(0, inside - AT_THE_CUTOFF) : inside + AT_THE_CUTOFF])
    chosen |= set(population.all().order_by("?").values_list(unit, flat=True)[:AT_RANDOM])
    special = set(Override.objects.filter(flag__module=module).values_list("unit_id", flat=True)[:SPECIAL])
    special |= set(InternalUnit.objects.filter(module=module).values_list("unit_id", flat=True)[:SPECIAL])
    # Only known units: a query cannot list a user that the portal has never heard of.
    known = population.all().filter(**{f"{unit}__in": special}).values_list(unit, flat=True)
    return sorted(chosen | set(known))


def _record(module: Module, state: State) -> Iterator[str]:
    """Does the record of who is in say what the rule says?"""
    if state.plan_id is None or state.by_user:
        return
    stays = Enrolment.objects.open().filter(plan=state.plan_id)
    members = cohorts.members(state).order_by()
    unrecorded = members.exclude(Exists(stays.filter(workspace=OuterRef("pk")))).count()
    gone = stays.exclude(Exists(members.filter(pk=OuterRef("workspace_id")))).count()
    if unrecorded or gone:
        yield (
            f"record: {module.key}: {unrecorded} in the cohort without a record, {gone} recorded and not in "
            "it: the hourly reconciliation settles it"
        )
