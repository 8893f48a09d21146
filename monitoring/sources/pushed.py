"""Vitals that the product pushed: sums over the hourly rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Avg, BooleanField, ExpressionWrapper, Max, Q, QuerySet, Sum
from django.utils import timezone

from monitoring import slots
from monitoring.membership import COHORT_ARM, CONTROL_ARM
from monitoring.models import CounterHour, DailyUser, GaugeReading, LastUse, WorkspaceHour
from monitoring.vitals import BOUNDS, Arms, Count, Gauges, UnitKey, Use, Vitals, Window
from rollout import facts
from rollout.models import Enrolment, Module, Plan, Workspace
from rollout.populations import Population

DAY = timedelta(days=1)
BUCKETS = (*(f"le_{bound}" for bound in BOUNDS), "le_inf")
SUMS = ("requests", "errors", "timeouts", "module_requests", "module_errors", "latency_sum_ms")
SUMMED = (*SUMS, *BUCKETS)


class PushedSource:
    """The pushed vitals of a plan's module; of a part, the product pushes those of the whole."""

    by_workspace = True

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.module_id = plan.module.whole.pk
        self.by_user = plan.module.unit == Module.Unit.USER

    def told_until(self, now: datetime) -> datetime:
        return slots.full_hour(now) + slots.HOUR

    def counts(self, window: Window) -> Mapping[UnitKey, Count]:
        rows = (
            self._hours(window)
            .order_by()
            .values_list("workspace", "arm")
            .annotate(of_requests=Sum("requests"), of_errors=Sum("errors"))
            .filter(of_requests__gt=0)
        )
        # Not by a cursor: PostgreSQL plans one for its first rows, and that takes ten times as long for all.
        return {UnitKey(workspace, arm): Count(*found) for workspace, arm, *found in rows}

    def arms(self, window: Window) -> Arms:
        """Both arms in one pass over the window."""
        rows = (
            self._hours(window)
            .filter(self._either)
            .annotate(in_cohort=ExpressionWrapper(self._cohort, BooleanField()))
            .order_by()
            .values("in_cohort")
            .annotate(**{f"of_{name}": Sum(name) for name in SUMMED})
        )
        summed = {bool(row["in_cohort"]): vitals_of(row) for row in rows}
        return Arms(summed.get(True, Vitals()), summed.get(False, Vitals()))

    def whole(self, window: Window) -> Vitals:
        found = self._hours(window).aggregate(**{f"of_{name}": Sum(name, default=0) for name in SUMMED})
        return vitals_of(found)

    def gauges(self, window: Window) -> Gauges:
        """The readings of every module's batches: memory and database are one platform's."""
        readings = GaugeReading.objects.filter(at__gte=window.since, at__lt=window.until)
        found = readings.aggregate(
            memory=Avg("memory"),
            cpu=Avg("cpu"),
            disk=Max("disk"),
            database_ms=Avg("database_ms"),
            database_failures=Sum("database_failures"),
        )
        times = (
            readings.exclude(database_ms=None).order_by("database_ms").values_list("database_ms", flat=True)
        )
        count = times.count()
        p95 = times[(95 * count + 99) // 100 - 1] if count else None
        return Gauges(readings=readings.count(), database_p95_ms=p95, **found)

    def use(self, until: datetime) -> Use:
        """Users of a day are those of yesterday, or of today where they are more already."""
        today = timezone.localdate(until - timedelta(microseconds=1))
        users = DailyUser.objects.filter(self._cohort, module=self.module_id, day__lte=today)
        days = [users.filter(day=today - DAY * back).values("user").distinct().count() for back in (0, 1)]
        week = users.filter(day__gt=today - 7 * DAY).values("user").distinct().count()
        counters = (
            CounterHour.objects.filter(
                self._cohort, module=self.module_id, hour__gte=until - DAY, hour__lt=until
            )
            .order_by()
            .values_list("name")
            .annotate(Sum("value"))
        )
        known = DailyUser.objects.filter(module=self.module_id).exists()
        return Use(
            daily_users=max(days) if known else None,
            weekly_users=week if known else None,
            counters=dict(counters),
        )

    def used_since(self, since: datetime) -> frozenset[str]:
        used = LastUse.objects.filter(module=self.module_id, hour__gte=since)
        if self.by_user:
            used = used.filter(arm=COHORT_ARM)
        return frozenset(used.values_list("workspace", flat=True).iterator())

    def requests_in(self, window: Window) -> int | None:
        found: int | None = self._hours(window).aggregate(found=Sum("requests"))["found"]
        return found

    def _hours(self, window: Window) -> QuerySet[WorkspaceHour]:
        return WorkspaceHour.objects.filter(
            module=self.module_id, hour__gte=window.since, hour__lt=window.until
        )

    @cached_property
    def _cohort(self) -> Q:
        if self.by_user:
            return Q(arm=COHORT_ARM)
        return Q(workspace__in=self._enrolled)

    @cached_property
    def _either(self) -> Q:
        """Those who have the module and those who could have it."""
        if self.by_user:
            return Q(arm__in=(COHORT_ARM, CONTROL_ARM))
        state = facts.state_of(self.plan.module)
        return Q(
            workspace__in=Workspace.objects.filter(Population(state).is_eligible(state.eligibility)).values(
                "pk"
            )
        )

    @property
    def _enrolled(self) -> QuerySet[Enrolment, Any]:
        return Enrolment.objects.open().filter(plan=self.plan).values("workspace_id")


def vitals_of(row: Mapping[str, Any]) -> Vitals:
    """The vitals of a row whose sums are named `of_requests` and so on."""
    sums = {name: row[f"of_{name}"] for name in SUMS}
    return Vitals(**sums, buckets=tuple(int(row[f"of_{name}"]) for name in BUCKETS))
