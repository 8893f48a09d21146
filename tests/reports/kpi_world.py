"""A small product for KPIs: ten pharmacies, of which four had the module for the last ten days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from monitoring.models import CounterDay, CounterHour, DailyUser, GaugeReading, LastUse, WorkspaceHour
from rollout import phases
from rollout.models import Enrolment, Member, Plan
from tests import builders
from tests.builders import ROOT

NOW = datetime(2026, 3, 18, 14, 20, tzinfo=timezone.get_fixed_timezone(0))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGAN = NOW.replace(hour=9, minute=0) - 10 * DAY
BOUNDS = (50, 100, 200, 300, 500, 1000, 2000, 5000)


@dataclass(frozen=True)
class Response:
    """An hour of a workspace: so many requests, failed, timed out, each after so many milliseconds."""

    requests: int
    errors: int = 0
    timeouts: int = 0
    milliseconds: int = 80


def a_plan_of_four() -> Plan:
    """Ten eligible workspaces; the first four have had the module for ten days."""
    plan = builders.a_plan(10)
    phases.set_percentage(plan, 40, actor=ROOT)
    Plan.objects.filter(pk=plan.pk).update(started_at=BEGAN, share_changed_at=BEGAN)
    Enrolment.objects.update(entered_at=BEGAN)
    return builders.engagement()


def cohort() -> list[str]:
    return sorted(Enrolment.objects.open().values_list("workspace_id", flat=True))


def hour(plan: Plan, workspace: str, at: datetime, told: Response, *, arm: str = "") -> None:
    """One hour of a workspace, as ingest would have added it up."""
    buckets = {f"le_{bound}": told.requests if told.milliseconds <= bound else 0 for bound in BOUNDS}
    WorkspaceHour.objects.create(
        module=plan.module,
        workspace=workspace,
        arm=arm,
        hour=at.replace(minute=0),
        requests=told.requests,
        errors=told.errors,
        timeouts=told.timeouts,
        latency_sum_ms=told.requests * told.milliseconds,
        le_inf=told.requests,
        **buckets,
    )


def count(plan: Plan, workspace: str, name: str, value: int, at: datetime, *, arm: str = "") -> None:
    """A counter of one hour."""
    CounterHour.objects.create(
        module=plan.module, workspace=workspace, arm=arm, name=name, value=value, hour=at.replace(minute=0)
    )


def count_day(plan: Plan, workspace: str, name: str, value: int, days_ago: int) -> None:
    """A counter of a day before the rollout began."""
    day = (BEGAN - days_ago * DAY).date()
    CounterDay.objects.create(module=plan.module, workspace=workspace, name=name, value=value, day=day)


def user(plan: Plan, workspace: str, number: int, days_ago: int, *, arm: str = "") -> None:
    """A distinct user of a day."""
    day = (NOW - days_ago * DAY).date()
    DailyUser.objects.create(module=plan.module, workspace=workspace, arm=arm, user=number, day=day)


def used(plan: Plan, workspace: str, at: datetime) -> None:
    LastUse.objects.create(module=plan.module, workspace=workspace, hour=at.replace(minute=0))


def reading(plan: Plan, at: datetime, **values: float) -> None:
    """The platform at one moment."""
    GaugeReading.objects.create(module=plan.module, at=at, **values)


def person(workspace: str, name: str) -> None:
    Member.objects.create(workspace_id=workspace, member=name, role="pharmacist")
