"""The way back: the release's flag off first, then what was changed undone, the last first (SPEC 6)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from monitoring import deployment_news
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from releases import template_text
from releases.deployments import finishing, planning, rows
from releases.lifecycle import DeploymentState, ReleaseState, StepState
from releases.models import PRODUCTION, STAGING, Deployment, Evidence, Release, Step
from releases.releases import save as save_release
from releases.template_text import StepTemplate
from rollout import phases
from rollout.models import Plan

UNDO = "undo"
LONGEST_REASON = 2_000


def roll_back(
    release: Release,
    *,
    actor: Actor,
    reason: str,
    environment: str = "",
    dry_run: bool = False,
) -> Deployment:
    """Take the last deployment of a release back, from whatever step it is at, or after its end.

    Without an `environment`, that to production, or where there is none that to staging. No freeze and no
    verdict refuses it. Its flag is off for everybody when this returns; the rest follows step by step.
    Raises Invalid without a reason (a dry run needs none), Refused where there is nothing to take back, or a
    later deployment stands above it.
    """
    actor.require(rows.ROLL_BACK, "roll a deployment back")
    if len(reason) > LONGEST_REASON or (not reason.strip() and not dry_run):
        raise Invalid({"reason": f"must say why, in at most {LONGEST_REASON} characters"})
    where = (environment,) if environment else (PRODUCTION, STAGING)
    started = release.deployments.filter(started_at__isnull=False)
    found = next((last for key in where if (last := started.filter(environment=key).first())), None)
    if found is None:
        raise Refused("not_deployed", f"{release} was never deployed to {' or '.join(where)}.")
    if dry_run:
        _guard(found)
        return found
    return _roll_back(found, actor, reason.strip())


@transaction.atomic
def by_itself(deployment: Deployment, trigger: str, reason: str) -> bool:
    """Roll back what the portal found in trouble; False when somebody was faster, or a later one stands
    above it."""
    _, deployment = rows.lock(deployment)
    try:
        _guard(deployment)
    except Refused:
        return False
    begin_locked(deployment, actor=rows.PORTAL, reason=reason, trigger=trigger)
    return True


@transaction.atomic
def _roll_back(deployment: Deployment, actor: Actor, reason: str) -> Deployment:
    _, deployment = rows.lock(deployment)
    _guard(deployment)
    begin_locked(deployment, actor=actor, reason=reason, trigger=Deployment.Trigger.PERSON)
    return deployment


def begin_locked(deployment: Deployment, *, actor: Actor, reason: str, trigger: str) -> None:
    """Begin the rollback of a deployment that is locked: the flag is off with the caller's commit."""
    now = timezone.now()
    _turn_off(deployment, actor, reason)
    _stop_steps(deployment, actor, reason)
    deployment.state, deployment.rollback_at, deployment.finished_at = DeploymentState.ROLLING_BACK, now, None
    deployment.rollback_by, deployment.rollback_reason = actor.in_full, reason
    deployment.trigger, deployment.held_because = trigger, ""
    _lay_back_steps(deployment)
    rows.save(
        deployment,
        "state",
        "rollback_at",
        "finished_at",
        "rollback_by",
        "rollback_reason",
        "trigger",
        "held_because",
    )
    if deployment.environment_id == PRODUCTION:
        release = deployment.release
        release.state, release.deployed_at = ReleaseState.ROLLED_BACK, None
        save_release(release, "state", "deployed_at")
        deployment_news.rolled_back(
            release.module, str(deployment), reason, key=finishing.news_key(deployment)
        )
    data = {"release": deployment.release.version, "trigger": trigger}
    audit.record("deployment.rollback_begun", actor=actor, subject=deployment, data=data, reason=reason)
    if rows.current(deployment) is None:
        finishing.rolled_back_locked(deployment)


def back_steps(deployment: Deployment) -> Iterator[StepTemplate]:
    """What a rollback would do now, in order: for "undo" that of each begun step, the last first."""
    changed = rows.changed_anything(deployment)
    begun = deployment.steps.filter(direction=Step.Direction.FORWARD, attempts__gt=0, undo__isnull=False)
    undone = [*begun.order_by("-position")]
    for template in template_text.read_steps(deployment.steps_from.text).rollback:
        if template.key == UNDO:
            yield from (_undo_of(step) for step in undone)
        elif changed or undone or template.action == "flags_off":
            yield template


def hand_over(deployment: Deployment, step: Step, note: str) -> None:
    """Give a step back that failed to a person, and raise the alarm: the way back must be gone to its end."""
    step.runner, step.action = Step.Runner.PERSON, ""
    step.state, step.started_at, step.deadline_at = StepState.RUNNING, timezone.now(), None
    step.attempts += 1
    step.save(update_fields=["runner", "action", "state", "started_at", "deadline_at", "attempts"])
    rows.prove(step, Evidence.Outcome.BEGUN, by=rows.PORTAL, note="A person has to do it now.")
    deployment_news.stuck(
        deployment.release.module,
        str(deployment),
        f"{step.title} failed. {note}".strip(),
        key=finishing.news_key(deployment),
    )


def _guard(deployment: Deployment) -> None:
    """Raise Refused where there is nothing to take back."""
    state = deployment.state
    if state in (DeploymentState.ROLLING_BACK, DeploymentState.ROLLED_BACK, DeploymentState.FAILED):
        said = deployment.get_state_display().lower()
        raise Refused("nothing_to_roll_back", f"{deployment} is {said} already: the old version runs.")
    if state == DeploymentState.RUNNING:
        return
    later = Deployment.objects.filter(
        environment=deployment.environment_id,
        started_at__gt=deployment.started_at,
        state__in=[DeploymentState.RUNNING, DeploymentState.ROLLING_BACK, DeploymentState.COMPLETE],
        release__module=deployment.release.module_id,
    )
    under_way = Deployment.objects.under_way().filter(environment=deployment.environment_id)
    if above := (later | under_way).first():
        raise Refused("not_the_last", f"{above} came after {deployment}: roll that one back first.")


def _turn_off(deployment: Deployment, actor: Actor, reason: str) -> None:
    plan = Plan.objects.filter(pk=deployment.plan_id).first() if deployment.plan_id else None
    if plan is None or plan.status in (Plan.Status.DRAFT, Plan.Status.ARCHIVED):
        return
    if plan.percentage or not plan.all_off:
        portal = Actor(
            door=actor.door, label=actor.label, on_behalf_of="deployments", grants=frozenset({phases.HALT})
        )
        phases.roll_back(plan, target=0, all_off=True, actor=portal, reason=reason)


def _stop_steps(deployment: Deployment, actor: Actor, reason: str) -> None:
    running = deployment.steps.filter(state=StepState.RUNNING).first()
    now = timezone.now()
    if running is not None:
        rows.prove(running, Evidence.Outcome.FAILED, by=actor, note=f"Interrupted by the rollback: {reason}")
        running.state, running.finished_at, running.deadline_at = StepState.FAILED, now, None
        running.save(update_fields=["state", "finished_at", "deadline_at"])
    deployment.steps.filter(state=StepState.WAITING).update(state=StepState.SKIPPED, finished_at=now)


def _lay_back_steps(deployment: Deployment) -> None:
    last = deployment.steps.order_by("-position").values_list("position", flat=True).first() or 0
    by_hand = deployment.environment.channel_id is None
    made = []
    for position, template in enumerate(back_steps(deployment), start=last + 1):
        step = planning.step_of(deployment, template, position, by_hand=by_hand)
        step.key, step.direction = f"back_{template.key}"[:60], Step.Direction.BACK
        made.append(step)
    Step.objects.bulk_create(made)


def _undo_of(step: Step) -> StepTemplate:
    undo: dict[str, Any] = step.undo or {}
    seconds = undo.get("timeout")
    return StepTemplate(
        key=undo.get("key", step.key),
        title=undo["title"],
        description=undo.get("description", ""),
        runner=undo["runner"],
        action=undo.get("action", ""),
        params=undo.get("params", {}),
        timeout=timedelta(seconds=seconds) if seconds else None,
        attempts=undo.get("attempts", 1),
    )
