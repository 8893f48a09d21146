"""Pushed vitals over long times, hour by hour: for reports, in a few queries whatever their number.

Hours are kept for 35 days. Of a day whose hours are gone there is its sum, as `retention` rolled it up.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Avg, BooleanField, Count, ExpressionWrapper, Max, Q, QuerySet, Sum
from django.utils import timezone

from monitoring.membership import COHORT_ARM, CONTROL_ARM
from monitoring.models import CounterDay, CounterHour, DailyUser, DayRoll, GaugeReading, WorkspaceDay
from monitoring.models.keeping import day_of, start_of, taken_since
from monitoring.sources.pushed import SUMMED, PushedSource, vitals_of
from monitoring.vitals import Arms, Gauges, Vitals, Window
from rollout import facts
from rollout.models import Workspace
from rollout.populations import Population

Counters = Mapping[str, int]
GAUGES = {"memory": Avg, "cpu": Avg, "disk": Max, "database_ms": Avg, "database_failures": Sum}


class PushedHistory(PushedSource):
    """What `PushedSource` tells of a window, for each of its hours; the arms are those of now.

    A day whose hours are gone stands at its beginning, and is in a window that holds that.
    """

    def arms_by_hour(self, window: Window) -> dict[datetime, Arms]:
        """Both arms of every hour that anything was told of. Two queries at the most."""
        hours = self._by_arm(self._hours(window), "hour")
        if not _is_old(window):
            return hours
        return {**self._of_days(self._by_arm(self._days(WorkspaceDay, window), "day"), window), **hours}

    def counters_by_hour(self, window: Window) -> dict[datetime, Counters]:
        """The cohort's counters of every hour that has any. Two queries at the most."""
        rows = CounterHour.objects.filter(
            self._cohort, module=self.module_id, hour__gte=window.since, hour__lt=window.until
        )
        hours = _counted(rows, "hour")
        if not _is_old(window):
            return hours
        days = self._days(CounterDay, window).filter(self._cohort)
        return {**self._of_days(_counted(days, "day"), window), **hours}

    def gauges_of(self, windows: Sequence[Window]) -> list[Gauges]:
        """The platform over several windows, without its percentile. One query."""
        asked: dict[str, Any] = {}
        for number, window in enumerate(windows):
            within = Q(at__gte=window.since, at__lt=window.until)
            asked[f"readings_{number}"] = Count("pk", filter=within)
            for name, kind in GAUGES.items():
                asked[f"{name}_{number}"] = kind(name, filter=within)
        found = GaugeReading.objects.aggregate(**asked)
        names = ("readings", *GAUGES)
        return [
            Gauges(**{name: found[f"{name}_{number}"] for name in names}) for number in range(len(windows))
        ]

    def users_by_day(self, first: date, last: date) -> dict[date, int]:
        """The distinct users of the cohort on each day that has any. One query."""
        rows = self._users(first, last).order_by().values_list("day")
        return dict(rows.annotate(Count("user", distinct=True)))

    def users_between(self, first: date, last: date) -> int:
        """The distinct users of the cohort on these days, both included. One query."""
        return int(self._users(first, last).values("user").distinct().count())

    @cached_property
    def _either(self) -> Q:
        # The plan was read with its phases already.
        if self.by_user:
            return Q(arm__in=(COHORT_ARM, CONTROL_ARM))
        state = facts.state_with(self.plan)
        eligible = Workspace.objects.filter(Population(state).is_eligible(state.eligibility))
        return Q(workspace__in=eligible.values("pk"))

    def _users(self, first: date, last: date) -> QuerySet[DailyUser]:
        return DailyUser.objects.filter(self._cohort, module=self.module_id, day__range=(first, last))

    def _days(self, model: Any, window: Window) -> QuerySet[Any]:
        """The rows of the days of which no hour is left."""
        days = (day_of(window.since), day_of(window.until))
        found: QuerySet[Any] = model.objects.filter(module=self.module_id, day__range=days)
        return found.exclude(day__in=DayRoll.objects.values("day"))

    def _by_arm(self, rows: QuerySet[Any], by: str) -> dict[Any, Arms]:
        found = (
            rows.filter(self._either)
            .annotate(in_cohort=ExpressionWrapper(self._cohort, BooleanField()))
            .order_by()
            .values(by, "in_cohort")
            .annotate(**{f"of_{name}": Sum(name) for name in SUMMED})
        )
        arms: dict[Any, Arms] = {}
        for row in found:
            own, key = vitals_of(row), row[by]
            cohort, control = arms.get(key, Arms(Vitals(), Vitals()))
            arms[key] = Arms(own, control) if row["in_cohort"] else Arms(cohort, own)
        return arms

    @staticmethod
    def _of_days(found: Mapping[date, Any], window: Window) -> dict[datetime, Any]:
        at = {start_of(day): value for day, value in found.items()}
        return {moment: value for moment, value in at.items() if window.since <= moment < window.until}


def _is_old(window: Window) -> bool:
    """Whether hours of it may be gone."""
    return window.since < taken_since(timezone.now())


def _counted(rows: QuerySet[Any], by: str) -> dict[Any, Counters]:
    found: dict[Any, dict[str, int]] = {}
    for key, name, value in rows.order_by().values_list(by, "name").annotate(Sum("value")):
        found.setdefault(key, {})[name] = value
    return dict(found)
