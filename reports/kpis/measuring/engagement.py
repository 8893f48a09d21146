"""Patient engagement: interactions of a workspace and day, now and before the rollout.

The guide tracks engagement "via appointment and follow-up metrics". The same workspaces are compared with
themselves: those of the first phases may be other customers than the rest.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from monitoring.models import CounterDay, CounterHour
from reports.kpis.measuring.measured import Measured
from reports.kpis.measuring.seen import DAY, WEEK, Seen
from rollout.models import Enrolment

INTERACTIONS = ("appointmentsCreated", "followupsCompleted")
BEFORE = timedelta(days=28)
# Below a week of days, weekdays do not weigh the same.
FEWEST_DAYS = 7


def interactions(seen: Seen) -> Measured:
    """Interactions a workspace and day in the last 7 days, by those that had the module for all of them.

    n is the number of these workspaces. The baseline is of the days, in the 28 before the rollout began, of
    which the product told anything; None of fewer than 7.
    """
    if seen.by_user:
        return Measured(None, None, "The module is rolled out by user.")
    since = seen.until - WEEK
    settled = Enrolment.objects.open().filter(plan=seen.plan, entered_at__lte=since).order_by()
    workspaces = sum(entered <= since for entered in seen.membership.cohort.values())
    if not workspaces:
        return Measured(None, 0, "No workspace has had the module for 7 days.")
    counted = CounterHour.objects.filter(
        module=seen.module,
        name__in=INTERACTIONS,
        workspace__in=settled.values("workspace_id"),
        hour__gte=since,
        hour__lt=seen.until,
    ).aggregate(found=Sum("value"))["found"]
    if counted is None:
        return Measured(None, workspaces, "The product sent no appointments and no follow-ups in 7 days.")
    days = WEEK // DAY
    return Measured(counted / (workspaces * days), workspaces, "", _before(seen, settled, workspaces))


def _before(seen: Seen, settled: QuerySet[Enrolment, Any], workspaces: int) -> float | None:
    began = seen.plan.started_at
    if began is None:
        return None
    first_day = timezone.localdate(began)
    found = CounterDay.objects.filter(
        module=seen.module, name__in=INTERACTIONS, day__gte=first_day - BEFORE, day__lt=first_day
    )
    told: int = found.aggregate(days=Count("day", distinct=True))["days"]
    if told < FEWEST_DAYS:
        return None
    theirs = found.filter(workspace__in=settled.values("workspace_id"))
    counted: int | None = theirs.aggregate(found=Sum("value"))["found"]
    return (counted or 0) / (workspaces * told)
