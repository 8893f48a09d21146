"""The tick: every deployment under way goes on as far as it can."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone

from operations.actor import Actor
from operations.errors import Refused
from operations.models import Window
from operations.spelling import local_time
from releases.deployments import finishing, moving, rolling_back, rows, watching
from releases.lifecycle import DeploymentState, StepState
from releases.models import Deployment, Evidence, Step
from releases.steps.actions import ACTIONS, FINISH
from releases.steps.progress import Progress, Standing, failed, waits
from rollout import gates
from rollout.models import Plan

# So often a deployment moves in one tick at most: the others get their turn.
MOST_MOVES = 30
# Before a step is tried again; longer with each attempt.
PAUSE = timedelta(minutes=1)

logger = logging.getLogger(__name__)


def advance_due(*, actor: Actor) -> list[str]:
    """Move every deployment under way, and take back those whose plan fell after their end.

    Returns what was done, one line each. One that fails does not keep the others: it is logged, and tried
    again with the next tick.
    """
    actor.require(rows.DEPLOY, "move deployments")
    lines = []
    fallen = Deployment.objects.filter(state=DeploymentState.COMPLETE, plan__status=Plan.Status.ROLLED_BACK)
    for deployment in (Deployment.objects.under_way() | fallen).order_by("pk"):
        try:
            lines += advance(deployment)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("the deployment %s could not be moved", deployment.pk)
    return lines


def advance(deployment: Deployment) -> list[str]:
    """Move one deployment until it has to wait; return what was done."""
    lines: list[str] = []
    while len(lines) < MOST_MOVES and (line := _move(deployment)):
        lines.append(f"{deployment}: {line}")
    return lines


def _move(deployment: Deployment) -> str:
    """One move, in words; "" where it has to wait, or has ended."""
    deployment = Deployment.objects.select_related("release__module", "environment__channel").get(
        pk=deployment.pk
    )
    if deployment.has_ended and deployment.state != DeploymentState.COMPLETE:
        return ""
    if found := watching.trouble(deployment):
        return "rollback" if rolling_back.by_itself(deployment, *found) else ""
    if not deployment.is_under_way:
        return ""
    step = rows.current(deployment)
    if step is None:
        return _end(deployment)
    step.deployment = deployment
    if step.state == StepState.WAITING:
        return _begin(deployment, step)
    return _look(deployment, step)


def _end(deployment: Deployment) -> str:
    if deployment.state == DeploymentState.ROLLING_BACK:
        return "rolled back" if finishing.rolled_back(deployment) else ""
    return _complete(deployment, None)


def _complete(deployment: Deployment, step: Step | None) -> str:
    try:
        return "complete" if finishing.complete(deployment, step) else ""
    except Refused as refusal:
        rows.hold(deployment, refusal.message)
        return ""


def _begin(deployment: Deployment, step: Step) -> str:
    if because := _held(deployment, step):
        rows.hold(deployment, because)
        return ""
    if step.action == FINISH:
        return _complete(deployment, step)
    if not moving.begin(step):
        return ""
    rows.hold(deployment, "")
    return f"{step.title} was begun"


def _held(deployment: Deployment, step: Step) -> str:
    """What keeps a step from being begun: the pause before a further attempt, a freeze or maintenance.

    The way back is not held by these. While the deployment's own maintenance lasts it goes on: a product must
    not be left in maintenance.
    """
    if step.started_at is not None and (again := step.started_at + PAUSE * step.attempts) > timezone.now():
        return f"{step.title}: tried again at {local_time(again)}."
    if step.direction == Step.Direction.BACK:
        return ""
    in_force = list(Window.objects.in_force())
    if any(window.pk == deployment.window_id for window in in_force):
        return ""
    return " ".join(reason.message for reason in gates.windows(in_force))


def _look(deployment: Deployment, step: Step) -> str:
    if step.deadline_at is not None and step.deadline_at <= timezone.now():
        note = f"No result by {local_time(step.deadline_at)}. {deployment.held_because}".strip()
        done = moving.settle(step, Evidence.Outcome.TIMED_OUT, actor=rows.PORTAL, note=note)
        return f"{step.title} timed out" if done else ""
    if step.runner == Step.Runner.PORTAL:
        return _work(deployment, step)
    who = "a person" if step.runner == Step.Runner.PERSON else "the CI"
    until = f" until {local_time(step.deadline_at)}" if step.deadline_at else ""
    rows.hold(deployment, f"{step.title}: waits for {who}{until}.")
    return ""


def _work(deployment: Deployment, step: Step) -> str:
    """One look at a step of the portal's own, by one worker at a time."""
    until = _claim(step)
    if until is None:
        return ""
    try:
        progress = _progress(step)
    finally:
        # Where the database went away, the claim runs out by itself.
        with suppress(OperationalError, InterfaceError):
            Step.objects.filter(pk=step.pk, claimed_until=until).update(claimed_until=None)
    if progress.standing == Standing.WAITS:
        if progress.moved:
            rows.prove(step, Evidence.Outcome.NOTED, by=rows.PORTAL, note=progress.note, data=progress.data)
        rows.hold(deployment, progress.note)
        return progress.note if progress.moved else ""
    succeeded = progress.standing == Standing.DONE
    outcome = Evidence.Outcome.SUCCEEDED if succeeded else Evidence.Outcome.FAILED
    moving.settle(step, outcome, actor=rows.PORTAL, note=progress.note, data=progress.data)
    return f"{step.title} {outcome.label.lower()}"


def _claim(step: Step) -> datetime | None:
    """Until when the step is ours; None where another worker is at it."""
    now = timezone.now()
    until = now + ACTIONS[step.action].lease
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    mine = Step.objects.filter(free, pk=step.pk, state=StepState.RUNNING, attempts=step.attempts)
    return until if mine.update(claimed_until=until) else None


def _progress(step: Step) -> Progress:
    try:
        return ACTIONS[step.action].look(step)
    except Refused as refusal:
        return waits(refusal.message)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("the step %s of the deployment %s failed", step.key, step.deployment_id)
        return failed(f"{type(error).__name__}: {error}"[:1000])
