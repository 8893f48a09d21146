"""Who has a plan's module now, and who could have it and does not: the two arms of every comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rollout import facts
from rollout.models import Enrolment, Module, Plan
from rollout.populations import Population

COHORT_ARM, CONTROL_ARM = "on", "off"


@dataclass(frozen=True)
class Membership:
    """The cohort with the time each workspace entered, and the control.

    For a user module both are empty: its samples say which arm they come from.
    """

    by_user: bool
    cohort: Mapping[str, datetime] = field(default_factory=dict)
    control: frozenset[str] = frozenset()

    def in_cohort(self, workspace: str, arm: str) -> bool:
        return arm == COHORT_ARM if self.by_user else workspace in self.cohort

    def in_control(self, workspace: str, arm: str) -> bool:
        return arm == CONTROL_ARM if self.by_user else workspace in self.control


def of_plan(plan: Plan) -> Membership:
    """The arms of a plan at this moment, in four queries. The control is eligible and not enrolled."""
    if plan.module.unit == Module.Unit.USER:
        return Membership(by_user=True)
    state = facts.state_of(plan.module)
    cohort = dict(Enrolment.objects.open().filter(plan=plan).values_list("workspace_id", "entered_at"))
    eligible = Population(state).eligible().order_by().values_list("pk", flat=True)
    return Membership(False, cohort, frozenset(pk for pk in eligible.iterator() if pk not in cohort))
