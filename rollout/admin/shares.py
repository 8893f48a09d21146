"""How far plans and flags reach, for many rows at once: a fixed number of queries, whatever the rows.

Lists count the record of who is in, which the verbs write and the hourly job settles. The page of one plan
counts by the rule itself.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.utils import timezone

from rollout import facts
from rollout.cohorts import Shares
from rollout.facts import Eligibility, State
from rollout.models import Enrolment, Flag, Module, Plan, Selection
from rollout.populations import Population, within_slice
from rollout.rules.ordering import HASH_BITS, NONE
from rollout.rules.reach import Environment, PlanFacts, Reach, full_reach

# All workspaces, whatever the module: enough of a state to ask who is eligible.
WORKSPACES = State(
    module_id=0,
    plan_id=None,
    by_user=False,
    eligibility=Eligibility((), (), ()),
    plan=PlanFacts(),
    flags=(),
    environment=Environment(),
)


def of_plans(plans: Iterable[Plan]) -> dict[int, Shares]:
    """The share of each plan whose unit is a workspace, in two queries."""
    shown = [plan for plan in plans if plan.module.unit == Module.Unit.WORKSPACE]
    eligible = eligible_of([plan.module for plan in shown])
    inside = Enrolment.objects.open().filter(plan__in=[plan.pk for plan in shown]).order_by()
    enabled = dict(inside.values_list("plan").annotate(n=Count("pk")))
    return {
        plan.pk: Shares(eligible[plan.module_id], 0 if plan.all_off else enabled.get(plan.pk, 0))
        for plan in shown
    }


def eligible_of(modules: Sequence[Module]) -> dict[int, int]:
    """How many workspaces are eligible for each module, in one query; the same lists are counted once."""
    lists: dict[Eligibility, str] = {}
    for module in modules:
        lists.setdefault(facts.eligibility_of(module), f"n{len(lists)}")
    if not lists:
        return {}
    population = Population(WORKSPACES)
    wanted = {name: population.is_eligible(found) for found, name in lists.items()}
    counted = population.count(population.all(), wanted)
    return {module.pk: counted[lists[facts.eligibility_of(module)]] for module in modules}


def of_flags(flags: Sequence[Flag]) -> dict[int, str]:
    """The share of each flag in words, such as "64 of 631", in seven queries. Overrides are not counted."""
    live = Plan.objects.live().prefetch_related("phases")
    modules = Module.objects.filter(pk__in={flag.module_id for flag in flags}).prefetch_related(
        Prefetch("plans", live, to_attr="live_plans"), "flags"
    )
    reaches: dict[int, tuple[Module, Plan | None, Reach]] = {}
    for module in modules:
        plan = next(iter(module.live_plans), None)
        by_user = module.unit == Module.Unit.USER
        rows = list(module.flags.all())
        for row, found in zip(rows, facts.flags_of(rows, by_user=by_user), strict=True):
            reach = full_reach(found, facts.plan_of(plan), facts.environment_of(module.key), timezone.now())
            reaches[row.pk] = (module, plan, reach)
    shown = {flag.pk: reaches[flag.pk] for flag in flags}
    counted = _counted([(plan, reach) for _, plan, reach in shown.values() if plan])
    eligible = eligible_of(
        [module for module, _, _ in shown.values() if module.unit == Module.Unit.WORKSPACE]
    )
    return {
        pk: _user_share(reach)
        if module.unit == Module.Unit.USER
        else f"{counted.get((plan.pk, reach), 0) if plan else 0:,} of {eligible[module.pk]:,}"
        for pk, (module, plan, reach) in shown.items()
    }


def _counted(wanted: Iterable[tuple[Plan, Reach]]) -> dict[tuple[int, Reach], int]:
    """How many are within each reach, by the record, in one query."""
    named: dict[tuple[int, Reach], str] = {}
    for plan, reach in wanted:
        if reach.cutoff != NONE:
            named.setdefault((plan.pk, reach), f"n{len(named)}")
    if not named:
        return {}
    inside = Enrolment.objects.open().order_by()
    counts: dict[str, Any] = {
        name: Count("pk", filter=Q(plan=plan) & _within(reach)) for (plan, reach), name in named.items()
    }
    found = inside.filter(plan__in={plan for plan, _ in named}).aggregate(**counts)
    return {key: found[name] for key, name in named.items()}


def _within(reach: Reach) -> Q:
    found = Q() if reach.cutoff.is_open else Q(order_key__lte=reach.cutoff.key)
    for flag in reach.selected:
        found &= Q(
            Exists(Selection.objects.filter(flag__key=flag, workspace=OuterRef("workspace"), removed_at=None))
        )
    for each in reach.slices:
        found &= within_slice(each, "workspace_id")
    return found


def _user_share(reach: Reach) -> str:
    if reach.cutoff.is_open:
        return "100 % of users"
    share = 100 * (int(reach.cutoff.key, 16) + 1) // (1 << HASH_BITS) if reach.cutoff.key else 0
    return f"{share} % of users"
