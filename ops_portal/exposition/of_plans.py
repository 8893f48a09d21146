"""Plans, their shares and their vitals as gauges."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from monitoring import health, slots
from monitoring.models import VitalsSource
from monitoring.vitals import Vitals
from ops_portal.exposition.families import Families
from rollout.cohorts import Shares
from rollout.models import Plan, Verdict

THOUSAND = 1000


def tell(families: Families, plans: Sequence[Any], shares: Mapping[int, Shares]) -> None:
    """Say of each plan where it stands, and what is known of its health."""
    for plan in plans:
        _standing(families, plan, shares[plan.pk])
        _health(families, plan)


def tell_vitals(families: Families, vitals: Mapping[str, Vitals]) -> None:
    """Say what was pushed of the last full hour."""
    for module, found in vitals.items():
        families.set("vitals_requests", found.requests, module=module)
        families.set("vitals_errors", found.errors, module=module)
        families.set("vitals_timeouts", found.timeouts, module=module)
        families.set("vitals_module_requests", found.module_requests, module=module)
        families.set("vitals_module_errors", found.module_errors, module=module)
        for name, milliseconds in (("p95", found.p95_ms), ("mean", found.mean_ms)):
            if milliseconds is not None:
                families.set(f"vitals_{name}_seconds", milliseconds / THOUSAND, module=module)


def _standing(families: Families, plan: Any, shares: Shares) -> None:
    module, whole = plan.module.key, plan.module.part_of
    families.set("plan_info", 1, module=module, part_of=whole.key if whole else "", unit=plan.module.unit)
    for status in Plan.Status.values:
        if status != Plan.Status.ARCHIVED:
            families.set("plan_status", plan.status == status, module=module, status=status)
    families.set("plan_percentage", plan.percentage, module=module)
    share = shares.enabled / shares.eligible if shares.eligible else 0.0
    families.set("plan_share_ratio", share, module=module)
    families.set("plan_eligible", shares.eligible, module=module)
    families.set("plan_enabled", shares.enabled, module=module)
    families.set("plan_control", max(0, shares.control), module=module)
    begun = plan.status != Plan.Status.DRAFT
    families.set("plan_phase", (plan.phase_number or 0) if begun else 0, module=module)
    families.set("plan_automatic", plan.automatic, module=module)
    families.set("plan_stopped", plan.stopped, module=module)


def _health(families: Families, plan: Any) -> None:
    module = plan.module.key
    if plan.verdict_result is not None:
        for result in Verdict.Result.values:
            families.set("plan_verdict", plan.verdict_result == result, module=module, result=result)
        families.age("plan_verdict_age_seconds", plan.verdict_at, module=module)
    if plan.checked_at is not None:
        families.set("plan_rollout_score", plan.rollout_score, module=module)
        families.set("plan_post_launch_score", plan.post_launch_score, module=module)
        families.age("health_check_age_seconds", plan.checked_at, module=module)
    if _is_watched(plan):
        families.age("plan_unchecked_seconds", _looked_at(plan), module=module)
    if plan.vitals_hour is not None and plan.source != VitalsSource.Kind.PROMETHEUS and _is_whole(plan):
        families.age("vitals_age_seconds", plan.vitals_hour + slots.HOUR, module=module)


def _is_watched(plan: Any) -> bool:
    """Whether health checks look at it: it reaches somebody, and is no part that is complete."""
    complete_part = not _is_whole(plan) and plan.status == Plan.Status.COMPLETE
    return plan.status != Plan.Status.DRAFT and health.reaches_somebody(plan) and not complete_part


def _looked_at(plan: Any) -> datetime | None:
    """The latest check, or the change since which there was none."""
    known = [at for at in (plan.checked_at, plan.share_changed_at) if at is not None]
    return max(known, default=None)


def _is_whole(plan: Any) -> bool:
    return plan.module.part_of_id is None
