"""System health after launch: the guide's three groups of figures, and the score made of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q

from monitoring import figures, scoring, tickets
from monitoring.figures import AdoptionMetrics, PerformanceMetrics, QualityMetrics
from monitoring.scoring import PostLaunchInputs, Score
from monitoring.sources.base import Source, SourceFailed
from monitoring.tickets import TicketFigures
from monitoring.vitals import Gauges, Use, Vitals, Window
from monitoring.watching import standing
from rollout import cohorts, facts
from rollout.models import Enrolment, Member, Module, Plan
from rollout.models.workspaces import UNNAMED

DAY = timedelta(days=1)


@dataclass(frozen=True)
class SystemHealth:
    """What a plan's cohort measured over the 24 hours that end at `window.until`, and the post-launch score.

    `critical_errors` are the module's open critical alerts, `told` is what tickets say of it (SPEC 4.2).
    `fault` says why the source did not answer; every figure that it measures is unknown then.
    """

    window: Window
    performance: PerformanceMetrics
    adoption: AdoptionMetrics
    quality: QualityMetrics
    critical_errors: int
    told: TicketFigures
    score: Score
    fault: str = ""


class _Measured(NamedTuple):
    """What the source told. `active` are workspaces that used the module, None where nobody tells."""

    vitals: Vitals = Vitals()
    gauges: Gauges = Gauges()
    use: Use = Use()
    active: frozenset[str] | None = None


def measure(
    plan: Plan,
    source: Source,
    *,
    until: datetime,
    cohort: Vitals | None = None,
    told: TicketFigures | None = None,
) -> SystemHealth:
    """The figures of those who have the module, over the 24 hours before `until`; unknown where none are.

    Works for a plan in any state. A source that fails leaves its figures unknown and is named in `fault`.
    `cohort` are the vitals of these hours, and `told` what tickets say, where they were read already.
    """
    window = Window(until - DAY, until)
    fault = ""
    try:
        found = _asked(source, window, cohort)
    except SourceFailed as failure:
        found, fault = _Measured(), str(failure)
    enabled = _enabled_workspaces(plan)
    performance = figures.performance(found.vitals, found.gauges)
    adoption = figures.adoption(
        found.use,
        active=_active(found.active, enabled),
        enabled_workspaces=None if enabled is None else len(enabled),
        enabled_users=enabled_users(plan),
    )
    told = told or tickets.of_module(plan.module, until)
    quality = figures.quality(found.use.counters, told.satisfaction, told.ratings)
    critical = standing.open_critical(plan.module)
    score = scoring.post_launch_score(_inputs(performance, adoption, quality, critical, told.high))
    return SystemHealth(window, performance, adoption, quality, critical, told, score, fault)


def performance_over(source: Source, window: Window) -> PerformanceMetrics:
    """The performance of those who have the module over any window. Raises SourceFailed."""
    return figures.performance(source.arms(window).cohort, source.gauges(window))


def enabled_users(plan: Plan) -> int:
    """How many people have the module: the active members of the cohort's workspaces, in one query.

    One who is in several workspaces counts once; an unnamed member counts as one person. For a user module,
    the known users within the plan's share, in four queries.
    """
    if plan.module.unit == Module.Unit.USER:
        return cohorts.shares(facts.state_of(plan.module)).enabled
    members = Member.objects.filter(
        active=True, workspace__enrolments__plan=plan, workspace__enrolments__left_at=None
    )
    unnamed = Q(member__startswith=UNNAMED)
    counted = members.order_by().aggregate(
        named=Count("member", filter=~unnamed, distinct=True), unnamed=Count("pk", filter=unnamed)
    )
    return int(counted["named"] + counted["unnamed"])


def _inputs(
    performance: PerformanceMetrics,
    adoption: AdoptionMetrics,
    quality: QualityMetrics,
    critical: int,
    high: int,
) -> PostLaunchInputs:
    return PostLaunchInputs(
        mean_response_ms=performance.api_response_time,
        error_rate=_fraction(performance.error_rate),
        daily_active=adoption.daily_share,
        appointment_completion=_fraction(quality.appointment_completion_rate),
        satisfaction=quality.user_satisfaction_score,
        critical_errors=critical,
        high_issues=high,
    )


def _fraction(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _asked(source: Source, window: Window, cohort: Vitals | None) -> _Measured:
    vitals = source.arms(window).cohort if cohort is None else cohort
    # A source that was told nothing at all knows nobody who is active; that is not the same as nobody.
    silent = not vitals.requests and source.requests_in(window) is None
    return _Measured(
        vitals,
        source.gauges(window),
        source.use(window.until),
        None if silent else source.used_since(window.since),
    )


def _enabled_workspaces(plan: Plan) -> frozenset[str] | None:
    """The workspaces that have the module; None for a user module, whose cohort has none."""
    if plan.module.unit == Module.Unit.USER:
        return None
    enrolled = Enrolment.objects.open().filter(plan=plan).order_by()
    return frozenset(enrolled.values_list("workspace_id", flat=True).iterator())


def _active(used: frozenset[str] | None, enabled: frozenset[str] | None) -> int | None:
    """Those who used the module and have it; for a user module, those that its samples named."""
    if used is None:
        return None
    named = used - {""} if enabled is None else used & enabled
    return len(named) if enabled or named else None
