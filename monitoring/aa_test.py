"""The guardrail's test on the two weeks before a plan begins, when nobody had the feature (SPEC 4.3)."""

from dataclasses import dataclass

from django.utils import timezone

from monitoring import baselines, measuring, plan_sources, slots
from monitoring.judging.aa_test import AATest, aa_test
from monitoring.sources.base import SourceFailed
from monitoring.vitals import UnitKey
from rollout import facts
from rollout.models import Module, Plan
from rollout.populations import Population
from rollout.rules.ordering import Ordering, target


@dataclass(frozen=True)
class Preview:
    """The test's numbers, None where nothing could be compared, and what to say of them."""

    found: AATest | None
    text: str


def of_plan(plan: Plan, percentage: int) -> Preview | None:
    """Compare those who would be in at `percentage` with those who would not, on each of the last 14 days.

    None for a module that is rolled out by user: nobody knows which users will be in, and for a source that
    does not tell workspaces apart.
    """
    if plan.module.unit == Module.Unit.USER:
        return None
    source = plan_sources.source_of(plan)
    if not source.by_workspace:
        return None
    until = slots.newest(timezone.now())
    everybody = Population(facts.state_of(plan.module)).eligible().order_by("order_key")
    eligible = list(everybody.values_list("pk", flat=True).iterator())
    cohort = frozenset(eligible[: target(percentage, len(eligible))])
    known = frozenset(eligible)

    def days() -> baselines.Days:
        for day in baselines.days_before(source, until):
            yield {key: count for key, count in day.items() if key.workspace in known}

    def in_cohort(key: UnitKey) -> bool:
        return key.workspace in cohort

    try:
        found = aa_test(days, in_cohort, measuring.planned_looks(plan))
    except SourceFailed as failure:
        return Preview(None, f"A/A test: the source of the vitals failed: {failure}")
    return Preview(found, _said(found, by_id=plan.ordering == Ordering.WORKSPACE_ID))


def _said(found: AATest, *, by_id: bool) -> str:
    if not found.days:
        return (
            "A/A test: too little was measured in the last 14 days to compare these workspaces with others."
        )
    compared = f"these {found.cohort:,} workspaces worse than the other {found.control:,}"
    if found.called:
        days = "1 day" if found.called == 1 else f"{found.called} days"
        return (
            f"A/A test: on {days} of the last {found.days}, without the feature, a health check would have "
            f"called {compared}. They differ already: do not trust a breach before you know why."
        )
    chosen = (
        " They were not chosen at random, but by id: the test says that this does no harm." if by_id else ""
    )
    days = f"on none of the last {found.days} days"
    return f"A/A test: {days} would a health check have called {compared}.{chosen}"
