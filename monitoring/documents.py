"""Health for programs: the documents that the command line and the API share, in camelCase.

Rates of a check's criteria are fractions (0.02 is 2 %); those of system health are percentages.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from monitoring import health, system_health, targets
from monitoring.figures import PerformanceMetrics
from monitoring.models import HealthCheck, Review
from monitoring.plan_sources import source_of
from monitoring.sources.base import SourceFailed
from monitoring.targets import Measured
from monitoring.vitals import Window
from operations.spelling import camel
from rollout.gates import FRESH_FOR
from rollout.models import Plan

Document = dict[str, Any]

# Enough to tell 0.1 % from 0.104 %.
DIGITS = 3
NOT_BEGUN = "The plan has not begun: there is nothing to check."
NOBODY = "The plan is at 0 %: nobody has the module, and there is nothing to check."
SPANS = {"day": timedelta(days=1), "week": timedelta(days=7)}


def system_health_of(plan: Plan, *, now: datetime) -> Document:
    """A plan's figures and score over 24 hours, the running one included, and what its last check found."""
    source = source_of(plan)
    found = system_health.measure(plan, source, until=source.told_until(now))
    last = health.latest(plan)
    return {
        "module": plan.module.key,
        "measuredAt": now,
        "window": {"since": found.window.since, "until": min(found.window.until, now)},
        "score": found.score.value,
        "deductions": [each._asdict() for each in found.score.deductions],
        "unknown": [*found.score.unknown],
        "performance": figures_of(found.performance),
        "adoption": figures_of(found.adoption),
        "quality": figures_of(found.quality),
        "stability": {
            "criticalErrors": found.critical_errors,
            "openCritical": found.told.critical,
            "openHigh": found.told.high,
        },
        "lastCheck": brief_of(last, now) if last else None,
        "note": nothing_to_check(plan),
        "fault": found.fault,
    }


def nothing_to_check(plan: Plan) -> str:
    """Why a plan has no health, in words; "" where it has some."""
    if plan.status == Plan.Status.DRAFT:
        return NOT_BEGUN
    return "" if health.reaches_somebody(plan) else NOBODY


def figures_of(figures: Any) -> Document:
    """A dataclass of figures by its names in camelCase, rounded to three digits."""
    return {camel(name): _rounded(value) for name, value in asdict(figures).items()}


def brief_of(check: HealthCheck, now: datetime) -> Document:
    """What a check found, in one line, and whether it is recent enough for a gate."""
    return {
        "slot": check.slot,
        "verdict": check.result,
        "summary": check.summary,
        "rolloutScore": check.rollout_score,
        "fresh": now - check.slot <= FRESH_FOR,
    }


def check_of(check: HealthCheck) -> Document:
    """A whole health check: its verdict, every criterion, both scores, the vitals, and what was done."""
    details = check.details
    return {
        "module": check.plan.module.key,
        "slot": check.slot,
        "version": check.plan_version,
        "percentage": check.percentage,
        "phase": check.phase_number,
        "verdict": check.result,
        "cause": check.cause or None,
        "summary": check.summary,
        "action": check.action or None,
        "score": check.rollout_score,
        "postLaunchScore": check.post_launch_score,
        **details,
        "missed": check.missed,
        "madeAt": check.made_at,
        "madeBy": check.made_by,
    }


def metrics_of(plan: Plan, *, now: datetime) -> Document:
    """Each performance metric of the last day and the last week, with its target and how it stands to it."""
    source, fault = source_of(plan), ""
    until = source.told_until(now)
    measured = {}
    for span, length in SPANS.items():
        try:
            found = system_health.performance_over(source, Window(until - length, until))
        except SourceFailed as failure:
            found, fault = PerformanceMetrics(), str(failure)
        measured[span] = targets.measured(found)
    return {
        "module": plan.module.key,
        "until": min(until, now),
        "metrics": [_metric(day, week) for day, week in zip(measured["day"], measured["week"], strict=True)],
        "fault": fault,
    }


def review_due(plan: Plan) -> datetime | None:
    """When the next review of the plan is, or was, due."""
    open_ones = Review.objects.open().filter(plan=plan).order_by("due_at")
    return open_ones.values_list("due_at", flat=True).first()


def _metric(day: Measured, week: Measured) -> Document:
    target = day.target
    return {
        "name": camel(target.name),
        "title": target.title,
        "target": target.limit,
        "unit": target.unit,
        "day": _standing(day),
        "week": _standing(week),
    }


def _standing(found: Measured) -> Document:
    return {"value": _rounded(found.value), "state": found.standing, "n": found.count}


def _rounded(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, float) else value
