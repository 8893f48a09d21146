"""How many units are eligible, and how many are in, of all plans: one query.

Of workspaces the record is counted, which is written with each change and settled hourly; who is eligible is
counted once for all plans that ask for the same. Users have no record: those whom the portal knows are
counted by the rule.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, IntegerField, QuerySet, Value

from rollout import facts
from rollout.cohorts import Shares
from rollout.facts import Eligibility, State
from rollout.models import Enrolment, Module, Plan, Workspace
from rollout.populations import Population, plan_reach
from rollout.rules.reach import Environment, PlanFacts

ELIGIBLE, ENROLLED, KNOWN, IN = "eligible", "enrolled", "known", "in"


def read(plans: Sequence[Plan]) -> dict[int, Shares]:
    """The shares of these plans by primary key."""
    if not plans:
        return {}
    lists = sorted({_lists(plan) for plan in plans if not _by_user(plan)}, key=repr)
    enrolled = Enrolment.objects.open().filter(plan__in=[plan.pk for plan in plans]).order_by()
    parts = [
        enrolled.values_list(Value(ENROLLED), F("plan_id")).annotate(n=Count("pk")),
        *(_counted(_eligible(each), ELIGIBLE, number) for number, each in enumerate(lists)),
        *(part for plan in plans if _by_user(plan) for part in _users(plan)),
    ]
    rows = parts[0].union(*parts[1:], all=True)
    found = {(kind, about): n for kind, about, n in rows}
    return {plan.pk: _shares(plan, found, lists) for plan in plans}


def _shares(plan: Plan, found: dict[tuple[str, int], int], lists: Sequence[Eligibility]) -> Shares:
    if _by_user(plan):
        return Shares(found.get((KNOWN, plan.pk), 0), found.get((IN, plan.pk), 0))
    eligible = found.get((ELIGIBLE, lists.index(_lists(plan))), 0)
    # All off, they are out at once; the record of them is closed, too.
    return Shares(eligible, found.get((ENROLLED, plan.pk), 0))


def _by_user(plan: Plan) -> bool:
    return plan.module.unit == Module.Unit.USER


def _lists(plan: Plan) -> Eligibility:
    return facts.eligibility_of(plan.module)


def _eligible(lists: Eligibility) -> QuerySet[Any]:
    population = Population(State(0, None, False, lists, PlanFacts(), (), Environment()))
    return Workspace.objects.filter(population.is_eligible(lists))


def _users(plan: Plan) -> list[QuerySet[Any]]:
    """Known users, and those of them that are in by the plan."""
    rule = PlanFacts(
        started=plan.status != Plan.Status.DRAFT,
        all_off=plan.all_off,
        percentage=plan.percentage,
        cutoff=plan.cutoff,
        ordering=plan.ordering,
        salt=plan.salt,
    )
    state = State(plan.module_id, plan.pk, True, _lists(plan), rule, (), Environment())
    population = Population(state)
    inside = population.reached(state, plan_reach(rule))
    known = population.eligible()
    return [
        _counted(known, KNOWN, plan.pk, "member"),
        *([] if inside is None else [_counted(known.filter(inside), IN, plan.pk, "member")]),
    ]


def _counted(rows: QuerySet[Any], kind: str, about: int, unit: str = "pk") -> QuerySet[Any]:
    """One row: the kind, what it is about, and how many different units there are."""
    labelled = rows.order_by().values_list(Value(kind), Value(about, IntegerField()))
    counted: QuerySet[Any] = labelled.annotate(n=Count(unit, distinct=unit != "pk"))
    return counted
