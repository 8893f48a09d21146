"""What a plan looks like from outside: the documents that the command line and the API share.

Names are camelCase; rates and shares are fractions (0.02 is 2 %), percentages whole numbers from 0 to 100.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from operations.errors import NotFound
from operations.models import AuditEvent
from rollout import cohorts, facts, gates
from rollout.answers import find_module
from rollout.changes import Outcome
from rollout.cohorts import Shares
from rollout.gates import Reason
from rollout.models import Phase, PhaseRun, Plan, Verdict
from rollout.rules.evaluation import Answer

# A workspace counts for adoption once it has been in for this long (SPEC 4.1).
SETTLED_AFTER = timedelta(days=5)
LONGEST_TIMELINE = 500

Document = dict[str, Any]


def plan_of(module_key: str) -> Plan:
    """The live plan of a module, by its key or alias. Raises NotFound."""
    module = find_module(module_key)
    plan = (
        Plan.objects.live()
        .filter(module=module)
        .select_related("module__part_of")
        .prefetch_related("phases")
        .first()
    )
    if plan is None:
        raise NotFound(f"The module {module.key} has no plan: run `rollout setup`.")
    return plan


def live_plans() -> list[Plan]:
    """The live plan of every module, in the order of the modules' names."""
    return list(Plan.objects.live().select_related("module__part_of").prefetch_related("phases"))


def status_of(plan: Plan) -> Document:
    """Where a plan stands: its share, its verdict, its phases, and whether the next one may run."""
    shares = cohorts.shares(facts.state_of(plan.module))
    current, following = gates.current_phase(plan), gates.next_phase(plan)
    verdict = gates.latest_verdict(plan)
    return {
        "module": plan.module.key,
        "partOf": plan.module.part_of.key if plan.module.part_of else None,
        "name": plan.name,
        "unit": plan.module.unit,
        "status": plan.status,
        "version": plan.version,
        "percentage": plan.percentage,
        "share": _fraction(shares.enabled, shares.eligible),
        "phase": current.number if current else None,
        "eligible": shares.eligible,
        "enabled": shares.enabled,
        "control": shares.control,
        "allOff": plan.all_off,
        "automatic": plan.automatic,
        "needsApproval": plan.needs_approval,
        "startedAt": plan.started_at,
        "changedAt": plan.share_changed_at,
        "verdict": verdict.result if verdict else None,
        "evidence": _evidence(verdict, plan),
        "nextPhase": _next(plan, following, shares),
        "completion": _completion(plan, following, shares),
        "phases": [_phase(plan, phase, current, following) for phase in plan.phases.all()],
    }


def report_of(plan: Plan) -> Document:
    """`status_of` with the figures of the cohort, every operation on the plan, and its timeline."""
    return {
        **status_of(plan),
        "generatedAt": timezone.now(),
        "cohort": _cohort(plan),
        "runs": [_run(run) for run in plan.runs.select_related("verdict")],
        "timeline": timeline_of(plan),
    }


def outcome_of(outcome: Outcome) -> Document:
    """What a verb did or, on a dry run, would do and what refuses it."""
    preview, plan = outcome.preview, outcome.plan
    return {
        "module": plan.module.key,
        "operation": outcome.operation,
        "from": outcome.from_percentage,
        "to": outcome.to_percentage,
        "eligible": preview.eligible,
        "before": preview.before,
        "after": preview.after,
        "gain": preview.gain,
        "lose": preview.lose,
        "dryRun": outcome.dry_run,
        "version": plan.version,
        "status": plan.status,
        "gaining": [unit.id for unit in preview.gaining],
        "losing": [unit.id for unit in preview.losing],
        "flags": [{"key": flag.key, "gain": flag.gain, "lose": flag.lose} for flag in preview.flags],
        "refused": reasons_of(outcome.refused),
    }


def reasons_of(reasons: Sequence[Reason]) -> list[Document]:
    """The reasons of a gate, for programs."""
    return [
        {"code": reason.code, "message": reason.message, "canOverride": reason.can_override}
        for reason in reasons
    ]


def answer_of(answer: Answer) -> Document:
    """An answer with the path to it."""
    return {
        "flag": answer.flag,
        "unit": answer.unit,
        "value": answer.value,
        "variant": answer.variant,
        "reason": answer.reason,
        "steps": [{"rule": step.rule, "result": step.result} for step in answer.steps],
    }


def timeline_of(plan: Plan) -> list[Document]:
    """The newest 500 audit events of a plan, the latest first."""
    events = AuditEvent.objects.filter(subject_type=plan._meta.label_lower, subject_id=str(plan.pk))
    return [
        {
            "at": event.at,
            "action": event.action,
            "door": event.door,
            "actor": event.actor,
            "onBehalfOf": event.on_behalf_of,
            "reason": str(getattr(event, "reason", "")),
            "data": event.data,
        }
        for event in events.select_related("reason")[:LONGEST_TIMELINE]
    ]


def _evidence(verdict: Verdict | None, plan: Plan) -> Document | None:
    if verdict is None:
        return None
    return {
        "verdict": verdict.result,
        "summary": verdict.summary,
        "measuredAt": verdict.measured_at,
        "planVersion": verdict.plan_version,
        "ofThisVersion": verdict.plan_version == plan.version,
    }


def _next(plan: Plan, phase: Phase | None, shares: Shares) -> Document | None:
    if phase is None:
        return None
    reasons = gates.may_run(plan, phase.number, shares=shares)
    return {"number": phase.number, "name": phase.name, "percentage": phase.percentage, **_gate(reasons)}


def _completion(plan: Plan, following: Phase | None, shares: Shares) -> Document | None:
    if following is not None or plan.status == Plan.Status.COMPLETE:
        return None
    return _gate(gates.may_complete(plan, shares=shares))


def _gate(reasons: Sequence[Reason]) -> Document:
    return {
        "allowed": not reasons,
        "reasons": [reason.message for reason in reasons],
        "refused": reasons_of(reasons),
    }


def _phase(plan: Plan, phase: Phase, current: Phase | None, following: Phase | None) -> Document:
    return {
        "number": phase.number,
        "name": phase.name,
        "percentage": phase.percentage,
        "week": phase.week,
        "audience": phase.audience,
        "maxErrorRate": _number(phase.max_error_rate),
        "targetErrorRate": _number(phase.target_error_rate),
        "minAdoption": _number(phase.min_adoption),
        "minSatisfaction": _number(phase.min_satisfaction),
        "maxP95Ms": phase.max_p95_ms,
        "minSoakHours": phase.min_soak / timedelta(hours=1),
        "status": _standing(plan, phase, current, following),
    }


def _standing(plan: Plan, phase: Phase, current: Phase | None, following: Phase | None) -> str:
    """One word for a rung of the ladder: done, next, later, or for the current one the plan's own status."""
    if current is not None and phase.percentage <= current.percentage:
        if phase.percentage < current.percentage or plan.status == Plan.Status.COMPLETE:
            return "done"
        return plan.status
    return "next" if following is not None and phase.number == following.number else "later"


def _cohort(plan: Plan) -> Document:
    settled = Q(left_at=None, entered_at__lte=timezone.now() - SETTLED_AFTER)
    return plan.enrolments.aggregate(
        enrolled=Count("pk", filter=Q(left_at=None)),
        enrolledFiveDays=Count("pk", filter=settled),
        left=Count("pk", filter=Q(left_at__isnull=False)),
        ever=Count("workspace", distinct=True),
    )


def _run(run: PhaseRun) -> Document:
    return {
        "at": run.at,
        "by": run.by,
        "operation": run.operation,
        "phase": run.phase_number,
        "from": run.from_percentage,
        "to": run.to_percentage,
        "gain": run.gain,
        "lose": run.lose,
        "version": run.plan_version,
        "verdict": run.verdict.result if run.verdict else None,
        "overridden": run.overridden,
    }


def _fraction(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
