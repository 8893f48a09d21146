"""Looking after a deployment between and during its steps: the rollback triggers of SPEC 4.3."""

from typing import NamedTuple

from django.utils import timezone

from monitoring import regressions, slots
from monitoring.models import HealthCheck
from operations.models import AuditEvent
from releases.lifecycle import DeploymentState
from releases.models import Deployment, Step
from rollout.models import PhaseRun, Plan

# What a check does to a plan that then gives nobody the release any more.
STOPPED = (HealthCheck.Action.ROLLED_BACK, HealthCheck.Action.TURNED_OFF)


class Trouble(NamedTuple):
    """Why a deployment is to be rolled back by itself."""

    trigger: str
    reason: str


def trouble(deployment: Deployment) -> Trouble | None:
    """What calls for a rollback now: the release's plan was taken back, or a trigger holds since a change.

    The plan is stopped by the health check that found the breach, in its own transaction; here the
    deployment follows. The whole traffic is looked at once for each full hour after the first change.
    """
    if deployment.state == DeploymentState.ROLLING_BACK or deployment.plan_id is None:
        return None
    plan = Plan.objects.get(pk=deployment.plan_id)
    return _taken_back(plan) or (_tripped(deployment, plan) if deployment.is_under_way else None)


def _taken_back(plan: Plan) -> Trouble | None:
    if plan.status != Plan.Status.ROLLED_BACK and not plan.all_off:
        return None
    check = HealthCheck.objects.filter(plan=plan, action__in=STOPPED).first()
    run = PhaseRun.objects.filter(plan=plan).order_by("-id").first()
    if check is not None and run is not None and check.made_at <= run.at and "health-check" in run.by:
        return Trouble(Deployment.Trigger.HEALTH, check.summary)
    return Trouble(Deployment.Trigger.PLAN, f"The plan {plan} was taken back{_why(plan)}.")


def _why(plan: Plan) -> str:
    event = (
        AuditEvent.objects.filter(subject_type="rollout.plan", subject_id=str(plan.pk))
        .select_related("reason")
        .order_by("-id")
        .first()
    )
    if event is None:
        return ""
    reason = str(getattr(event, "reason", "") or "")
    return f" by {event.door}:{event.actor}" + (f": {reason}" if reason else "")


def _tripped(deployment: Deployment, plan: Plan) -> Trouble | None:
    began = (
        deployment.steps.filter(changes=True, attempts__gt=0, direction=Step.Direction.FORWARD)
        .order_by("position")
        .values_list("started_at", flat=True)
        .first()
    )
    slot = slots.newest(timezone.now())
    if began is None or slot <= began or deployment.watched_until == slot:
        return None
    found = [each for each in regressions.since(plan, began) if each.is_new]
    if found:
        return Trouble(Deployment.Trigger.HEALTH, " ".join(each.message for each in found))
    Deployment.objects.filter(pk=deployment.pk).update(watched_until=slot)
    return None
