"""The health checks of a period and of the one before, as far as a report tells of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models.fields.json import KeyTransform

from monitoring.models import HealthCheck
from reports.documents.periods import Period
from rollout.models import Plan


class Check(NamedTuple):
    """One check. Scores are from 0 to 100, `adoption` is a fraction; None where the check could not tell."""

    slot: datetime
    result: str
    cause: str
    action: str
    summary: str
    rollout_score: int
    post_launch_score: int
    missed: int
    adoption: float | None


@dataclass(frozen=True)
class Checks:
    """Those of the period and of the one before, the oldest first; `last` is the whole last one of it."""

    now: Sequence[Check] = ()
    before: Sequence[Check] = ()
    last: HealthCheck | None = None

    @property
    def verdicts(self) -> Counter[str]:
        return Counter(each.result for each in self.now)

    @property
    def verdicts_before(self) -> Counter[str]:
        return Counter(each.result for each in self.before)


def of(plan: Plan, period: Period) -> Checks:
    """A check belongs to the period in which its slot lies. Two queries."""
    since = period.previous.since
    rows = (
        HealthCheck.objects.filter(plan=plan, slot__gte=since, slot__lt=period.until)
        .order_by("slot")
        .annotate(adopted=KeyTransform("share", KeyTransform("adoption", "details")))
        .values_list(
            "slot",
            "result",
            "cause",
            "action",
            "summary",
            "rollout_score",
            "post_launch_score",
            "missed",
            "adopted",
        )
    )
    found = [Check(*row) for row in rows]
    within = [each for each in found if period.has(each.slot)]
    last = HealthCheck.objects.filter(plan=plan, slot=within[-1].slot).first() if within else None
    return Checks(within, [each for each in found if period.previous.has(each.slot)], last)
