"""One step at a time: begun, and settled with what came of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.models import Channel
from releases.deployments import asking, finishing, rolling_back, rows
from releases.lifecycle import StepState
from releases.models import Deployment, Evidence, Step

Outcome = Evidence.Outcome


@transaction.atomic
def begin(step: Step) -> bool:
    """Begin the next step of its deployment; False when it is not its turn any more."""
    _, deployment = rows.lock(step.deployment)
    step = Step.objects.get(pk=step.pk)
    now = rows.current(deployment)
    if not deployment.is_under_way or now is None or now.pk != step.pk or step.state != StepState.WAITING:
        return False
    begin_locked(deployment, step)
    return True


def begin_locked(deployment: Deployment, step: Step) -> None:
    """Begin an attempt at a step whose deployment is locked; the CI is asked in the same transaction."""
    if step.runner == Step.Runner.WEBHOOK and not _can_ask(deployment):
        # Nobody would hear: a person does it instead.
        step.runner = Step.Runner.PERSON
    now = timezone.now()
    step.state, step.started_at = StepState.RUNNING, now
    step.attempts += 1
    timed = step.timeout is not None and step.runner != Step.Runner.PERSON
    step.deadline_at = now + (step.timeout or timedelta()) if timed else None
    step.claimed_until = None
    step.save(update_fields=["runner", "state", "started_at", "attempts", "deadline_at", "claimed_until"])
    rows.prove(step, Outcome.BEGUN, by=rows.PORTAL)
    if step.runner == Step.Runner.WEBHOOK:
        asking.ask(deployment, step)


@transaction.atomic
def settle(
    step: Step,
    outcome: Outcome,
    *,
    actor: Actor,
    note: str = "",
    data: Mapping[str, Any] | None = None,
    **evidence: Any,
) -> bool:
    """Write what came of the attempt that `step` was read at; False when that is settled already.

    What failed is tried again where nobody said that it failed (no answer in time, an error of the portal)
    and attempts are left. Then a step forward ends the deployment: with a rollback where anything was
    changed. A step back is handed to a person, for the way back must be gone.
    """
    _, deployment = rows.lock(step.deployment)
    now = Step.objects.get(pk=step.pk)
    if now.state != StepState.RUNNING or now.attempts != step.attempts:
        return False
    rows.prove(now, outcome, by=actor, note=note, data=data, **evidence)
    rows.hold(deployment, "")
    if outcome in (Outcome.SUCCEEDED, Outcome.SKIPPED):
        _end(now, StepState.SUCCEEDED if outcome == Outcome.SUCCEEDED else StepState.SKIPPED)
    elif _again(now, outcome):
        now.state, now.deadline_at = StepState.WAITING, None
        now.save(update_fields=["state", "deadline_at"])
    elif now.direction == Step.Direction.BACK:
        rolling_back.hand_over(deployment, now, note)
    else:
        _end(now, StepState.FAILED)
        _fail(deployment, now, note)
    record = {"step": now.key, "attempt": now.attempts, "outcome": str(outcome)}
    audit.record(f"deployment.step_{outcome}", actor=actor, subject=deployment, data=record, reason=note)
    return True


def _end(step: Step, state: StepState) -> None:
    step.state, step.finished_at, step.deadline_at = state, timezone.now(), None
    step.save(update_fields=["state", "finished_at", "deadline_at"])


def _again(step: Step, outcome: Outcome) -> bool:
    reported = outcome == Outcome.FAILED and step.runner != Step.Runner.PORTAL
    return not reported and step.attempts < step.most_attempts


def _fail(deployment: Deployment, step: Step, note: str) -> None:
    because = f"{step.title} failed. {note}".strip()
    if rows.changed_anything(deployment) or _has_reached_somebody(deployment):
        trigger = Deployment.Trigger.STEP
        rolling_back.begin_locked(deployment, actor=rows.PORTAL, reason=because, trigger=trigger)
    else:
        finishing.fail_locked(deployment, because)


def _has_reached_somebody(deployment: Deployment) -> bool:
    return deployment.plan is not None and deployment.plan.percentage > 0


def _can_ask(deployment: Deployment) -> bool:
    channel = deployment.environment.channel
    return channel is not None and Channel.objects.enabled().filter(pk=channel.pk).exists()
