"""What the measures look at: each part is read once, and only when a measure asks for it."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from django.db.models import Sum

from monitoring import system_health
from monitoring.membership import Membership
from monitoring.models import WorkspaceHour
from monitoring.plan_sources import source_of
from monitoring.sources.base import Source
from monitoring.sources.pushed import PushedSource
from monitoring.system_health import SystemHealth
from monitoring.vitals import Count, Gauges, Window
from rollout.models import Enrolment, Module, Plan

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class Hour(NamedTuple):
    """The sums of one hour over all workspaces."""

    at: datetime
    requests: int
    errors: int


class Seen:
    """A module's plan and vitals until a moment. Any part may raise SourceFailed."""

    def __init__(self, plan: Plan, *, now: datetime, until: datetime | None = None) -> None:
        """Without `until`, up to the newest hour of which the source can tell anything."""
        self.plan = plan
        self.module: Module = plan.module.whole
        self.membership = _cohort_of(plan)
        self.source: Source = source_of(plan, self.membership)
        self.until = until or self.source.told_until(now)
        self.day = Window(self.until - DAY, self.until)

    @property
    def by_user(self) -> bool:
        return self.module.unit == Module.Unit.USER

    @cached_property
    def health(self) -> SystemHealth:
        """The same figures as `GET /api/monitoring/system-health`."""
        return system_health.measure(self.plan, self.source, until=self.until)

    @cached_property
    def gauges(self) -> Gauges:
        return self.source.gauges(self.day)

    @cached_property
    def whole(self) -> Count:
        """The requests of everybody over the last day."""
        if isinstance(self.source, PushedSource):
            hours = [hour for hour in self.hours if hour.at >= self.day.since]
            return Count(sum(hour.requests for hour in hours), sum(hour.errors for hour in hours))
        return self.source.whole(self.day).total

    @cached_property
    def hours(self) -> list[Hour]:
        """The hours of the last week in which the product sent requests; pushed ones alone, in one query."""
        if not isinstance(self.source, PushedSource):
            return []
        found = (
            WorkspaceHour.objects.filter(module=self.module, hour__gte=self.until - WEEK, hour__lt=self.until)
            .order_by()
            .values_list("hour")
            .annotate(of_requests=Sum("requests"), of_errors=Sum("errors"))
            .filter(of_requests__gt=0)
        )
        return [Hour(*sums) for sums in found]


def _cohort_of(plan: Plan) -> Membership:
    """Who has the module; no KPI asks for the control, which takes reading every workspace."""
    if plan.module.unit == Module.Unit.USER:
        return Membership(by_user=True)
    enrolled = Enrolment.objects.open().filter(plan=plan)
    return Membership(False, dict(enrolled.values_list("workspace_id", "entered_at")))
