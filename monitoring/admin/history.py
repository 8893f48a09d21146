"""A plan's checks over time, thinned in the database to what a chart can show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Func, IntegerField, Max, Min, Value, When
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from monitoring import slots
from monitoring.models import HealthCheck
from monitoring.slots import HOUR
from rollout.models import PhaseRun, Plan

MOST_POINTS = 200
MOST_CHANGES = 100
SPANS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=28), "all": None}
# Hours that one point may stand for.
STEPS = (1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168)
# The worst of several results is the last of these that is among them.
SEVERITY = ("pass", "unknown", "hold", "breach")


class Epoch(Func):
    """A moment as whole seconds since 1970."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **options: Any) -> Any:
        # Formatted twice: with the expression, then with the query's parameters.
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **options)

    def as_postgresql(self, compiler: Any, connection: Any, **options: Any) -> Any:
        template = "EXTRACT(EPOCH FROM %(expressions)s)::bigint"
        return self.as_sql(compiler, connection, template=template, **options)


@dataclass(frozen=True)
class Point:
    """One step of time. Without a check in it, everything but its time is None.

    The scores and the result are the worst of the step; rates (fractions) are those of its last check.
    """

    at: datetime
    check: int | None = None
    result: str | None = None
    rollout_score: int | None = None
    post_launch_score: int | None = None
    cohort_rate: float | None = None
    control_rate: float | None = None
    adoption: float | None = None


@dataclass(frozen=True)
class Change:
    """An operation on the plan, and the index of the point at which it shows."""

    run: PhaseRun
    index: int

    @property
    def halts(self) -> bool:
        return self.run.operation in (PhaseRun.Operation.PAUSE, PhaseRun.Operation.ROLLBACK)


@dataclass(frozen=True)
class History:
    """The points of a span in order, `step` hours apart; `checks` of `hours` hours had one."""

    points: Sequence[Point]
    changes: Sequence[Change]
    step: int
    checks: int
    hours: int


def of_plan(plan: Plan, span: str) -> History:
    """The checks of a span, in three queries; none before the plan began."""
    until = slots.newest(timezone.now())
    first = _first(plan, SPANS[span], until)
    hours = max(0, (until - first) // HOUR + 1)
    step = next((each for each in STEPS if hours <= each * MOST_POINTS), STEPS[-1])
    if not hours:
        return History((), (), step, 0, 0)
    found = _steps(plan, first, until, step)
    last = _last_checks(plan, [each["last"] for each in found.values()])
    points = [
        _point(first + index * step * HOUR, found.get(index), last, until, step)
        for index in range((hours - 1) // step + 1)
    ]
    checks = sum(each["checks"] for each in found.values())
    return History(points, _changes(plan, first, until, step), step, checks, hours)


def _first(plan: Plan, length: timedelta | None, until: datetime) -> datetime:
    """The first slot of the span that the plan could have a check at."""
    began = slots.full_hour(plan.started_at or until + HOUR) + HOUR
    return began if length is None else max(began, until - length + HOUR)


def _steps(plan: Plan, first: datetime, until: datetime, step: int) -> dict[int, Mapping[str, Any]]:
    """What the checks of each step come to, by the step's index."""
    severity = Case(
        *(When(result=result, then=Value(rank)) for rank, result in enumerate(SEVERITY)),
        output_field=IntegerField(),
    )
    rows = (
        HealthCheck.objects.filter(plan=plan, slot__gte=first, slot__lte=until)
        .order_by()
        .annotate(index=(Epoch(F("slot")) - int(first.timestamp())) / Value(step * 3600))
        .values("index")
        .annotate(
            last=Max("slot"),
            worst=Max(severity),
            rollout=Min("rollout_score"),
            post_launch=Min("post_launch_score"),
            checks=Count("pk"),
        )
    )
    return {row["index"]: row for row in rows}


def _last_checks(plan: Plan, at: Sequence[datetime]) -> dict[datetime, Mapping[str, Any]]:
    rows = HealthCheck.objects.filter(plan=plan, slot__in=at).values(
        "pk",
        "slot",
        cohort=KeyTransform("errorRate", KeyTransform("cohort", "details")),
        control=KeyTransform("errorRate", KeyTransform("control", "details")),
        adoption=KeyTransform("share", KeyTransform("adoption", "details")),
    )
    return {row["slot"]: row for row in rows}


def _point(
    at: datetime,
    found: Mapping[str, Any] | None,
    last: Mapping[datetime, Mapping[str, Any]],
    until: datetime,
    step: int,
) -> Point:
    if found is None:
        return Point(min(at + (step - 1) * HOUR, until))
    check = last[found["last"]]
    return Point(
        at=found["last"],
        check=check["pk"],
        result=SEVERITY[found["worst"]],
        rollout_score=found["rollout"],
        post_launch_score=found["post_launch"],
        cohort_rate=check["cohort"],
        control_rate=check["control"],
        adoption=check["adoption"],
    )


def _changes(plan: Plan, first: datetime, until: datetime, step: int) -> list[Change]:
    """The operations since the span began, the oldest first, as far back as a page can list them.

    Those after the last slot show at it: they may be why no check comes after it.
    """
    runs = PhaseRun.objects.filter(plan=plan, at__gte=first - HOUR)
    found = []
    for run in runs.order_by("-at")[:MOST_CHANGES]:
        # A change shows at the first slot at or after it.
        hours = max(0, -((first - run.at) // HOUR) if run.at > first else 0)
        found.append(Change(run, min(hours // step, ((until - first) // HOUR) // step)))
    return found[::-1]
