"""One examination of a plan: from its vitals to a health check that is not written yet."""

import logging
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from monitoring import (
    alert_rules,
    measuring,
    membership,
    plan_sources,
    scoring,
    slots,
    system_health,
    tickets,
)
from monitoring.alert_rules import Reading, Scope
from monitoring.judging.evidence import Adoption, Evidence
from monitoring.judging.findings import HOLD, PASS, UNKNOWN, Judgement
from monitoring.judging.verdict import judge
from monitoring.membership import Membership
from monitoring.models import HealthCheck
from monitoring.scoring import RolloutInputs, Score
from monitoring.sources.base import SourceFailed
from monitoring.system_health import SystemHealth
from monitoring.tickets import TicketFigures
from monitoring.vitals import Vitals
from operations.errors import Refused
from rollout.models import Plan

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """An unsaved check of `plan` as it was read, and the findings of the daily look, if one was due.

    `readings` are what the rules of alerts see in its vitals, `scope` whom they speak of.
    """

    plan: Plan
    check: HealthCheck
    look: dict[str, Any] | None
    readings: tuple[Reading, ...]
    scope: Scope


def examine(plan: Plan, *, keep: bool) -> Finding:
    """What a check of the newest slot finds. With `keep`, baselines measured for the first time are stored.

    A source that fails makes it unknown. Raises Refused for a plan that has not begun or is archived.
    """
    plan = Plan.objects.select_related("module").prefetch_related("phases", "module__flags").get(pk=plan.pk)
    if plan.status in (Plan.Status.DRAFT, Plan.Status.ARCHIVED):
        state = "has not begun" if plan.status == Plan.Status.DRAFT else "is archived"
        raise Refused("not_begun", f"{plan} {state}: there is nothing to check.")
    slot = slots.newest(timezone.now())
    members = membership.of_plan(plan)
    source = plan_sources.source_of(plan, members)
    told = tickets.of_module(plan.module, slot)
    evidence, quiet = None, False
    try:
        evidence = measuring.evidence_of(plan, source, members, told, slot, keep=keep)
        judgement = _after_the_change(judge(evidence), evidence)
        if judgement.result == UNKNOWN:
            quiet = measuring.was_as_quiet_a_week_before(source, slot)
    except SourceFailed as failure:
        judgement = Judgement(UNKNOWN, "", f"The source of the vitals failed: {failure}"[:500])
    score = scoring.rollout_score(_inputs(evidence, told))
    cohort = evidence.day.cohort if evidence else None
    system = system_health.measure(plan, source, until=slot, cohort=cohort, told=told)
    phase = measuring.phase_of(plan)
    made = HealthCheck(
        plan=plan,
        slot=slot,
        plan_version=plan.version,
        percentage=plan.percentage,
        phase_number=phase.number if phase else None,
        result=judgement.result,
        cause=judgement.cause,
        summary=judgement.summary,
        rollout_score=score.value,
        post_launch_score=system.score.value,
        details={
            **_judged(judgement),
            **_scored(score, system),
            **_measured(evidence, judgement, members),
            "quiet": quiet,
        },
    )
    scope = _scope(plan, members)
    return Finding(plan, made, judgement.look, _readings(evidence, scope), scope)


def _scope(plan: Plan, members: Membership) -> Scope:
    enabled = None if members.by_user else len(members.cohort)
    eligible = None if enabled is None else enabled + len(members.control)
    module = plan.module
    return Scope(module.name, module.key, plan.percentage, enabled, eligible)


def _readings(evidence: Evidence | None, scope: Scope) -> tuple[Reading, ...]:
    """What the rules of alerts see; nothing where the source fails: unknown is neither well nor ill.

    Whatever else goes wrong here is logged: an alert must not keep a check from stopping a plan.
    """
    try:
        return alert_rules.readings(evidence, scope) if evidence else ()
    except SourceFailed:
        return ()
    except Exception:
        logger.exception("the rules of alerts failed on the vitals of %s", scope.name)
        return ()


def _after_the_change(judgement: Judgement, evidence: Evidence) -> Judgement:
    """A pass needs something measured since the share changed: what was before says nothing of it."""
    if judgement.result != PASS or evidence.changed_at is None or evidence.slot > evidence.changed_at:
        return judgement
    summary = "The plan's share changed a moment ago: no full hour has been measured since."
    return replace(judgement, result=HOLD, summary=summary)


def _inputs(evidence: Evidence | None, told: TicketFigures) -> RolloutInputs:
    count = evidence.day.cohort.judged if evidence else None
    adoption = evidence.adoption if evidence else None
    phase = evidence.phase if evidence else None
    return RolloutInputs(
        error_rate=count.rate if count and count.requests else None,
        max_error_rate=phase.max_error_rate if phase else None,
        adoption=adoption.share if adoption else None,
        min_adoption=phase.min_adoption if phase else None,
        critical_issues=told.critical,
        high_issues=told.high,
    )


def _judged(judgement: Judgement) -> dict[str, Any]:
    return {"criteria": [each.as_json() for each in judgement.criteria]}


def _scored(score: Score, system: SystemHealth) -> dict[str, Any]:
    adoption = system.adoption
    return {
        "scoringVersion": scoring.SCORING_VERSION,
        "deductions": {
            "rollout": [each._asdict() for each in score.deductions],
            "postLaunch": [each._asdict() for each in system.score.deductions],
        },
        "unknown": {"rollout": [*score.unknown], "postLaunch": [*system.score.unknown]},
        "use": {
            "dailyUsers": adoption.daily_active_users,
            "weeklyUsers": adoption.weekly_active_users,
            "enabledUsers": adoption.enabled_users,
        },
    }


def _measured(evidence: Evidence | None, judgement: Judgement, members: Membership) -> dict[str, Any]:
    if evidence is None:
        return {}
    look, adoption = judgement.look or evidence.last_look, evidence.adoption
    return {
        "cohort": _arm(evidence.day.cohort, len(members.cohort)),
        "control": _arm(evidence.day.control, len(members.control)),
        "adoption": _adopted(adoption) if adoption else None,
        "gauges": _gauges(evidence),
        "withoutBaseline": look["without_baseline"] if look else None,
        "look": {name: look[name] for name in ("number", "planned", "level", "at")} if look else None,
        "nextLookAt": evidence.next_look_at.isoformat() if evidence.next_look_at else None,
        "otherChanges": [*evidence.other_changes],
    }


def _adopted(adoption: Adoption) -> dict[str, Any]:
    return {**adoption._asdict(), "share": adoption.share}


def _arm(vitals: Vitals, units: int) -> dict[str, Any]:
    return {
        "units": units,
        "requests": vitals.requests,
        "errors": vitals.errors,
        "errorRate": vitals.total.rate if vitals.requests else None,
        "p95Ms": vitals.p95_ms,
        "meanMs": vitals.mean_ms,
        "timeouts": vitals.timeouts,
        "moduleRequests": vitals.module_requests,
        "moduleErrors": vitals.module_errors,
    }


def _gauges(evidence: Evidence) -> dict[str, Any]:
    found = evidence.gauges
    return {
        "readings": found.readings,
        "memory": found.memory,
        "cpu": found.cpu,
        "disk": found.disk,
        "databaseMs": found.database_ms,
        "databaseP95Ms": evidence.database_p95_ms,
        "databaseFailures": found.database_failures,
    }
