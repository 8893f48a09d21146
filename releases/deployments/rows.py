"""A deployment's rows: locking them, and the one place that writes a step's evidence."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils import timezone

from operations.actor import Actor, Door
from releases.lifecycle import DeploymentState, StepState
from releases.models import Deployment, Evidence, Release, Step

DEPLOY = "releases.deploy_release"
ROLL_BACK = "releases.roll_back_release"
REPORT = "releases.report_step"
LONGEST_NOTE = 5_000

# Who acts when the portal moves a deployment by itself.
PORTAL = Actor(door=Door.BEAT, label="deployments", grants=None)


class Locked(NamedTuple):
    """A deployment and its release as they are now, both ours until the transaction ends."""

    release: Release
    deployment: Deployment


def lock(deployment: Deployment) -> Locked:
    """Lock the release, then the deployment: in this order everywhere, nothing joined."""
    release = Release.objects.select_for_update().get(pk=deployment.release_id)
    found = Deployment.objects.select_for_update().get(pk=deployment.pk)
    found.release = release
    return Locked(release, found)


def save(deployment: Deployment, *changed: str) -> None:
    """Write the columns that a verb changed, with the next version."""
    deployment.version += 1
    deployment.save(update_fields=[*changed, "version"])


def current(deployment: Deployment) -> Step | None:
    """The step that runs, or else the next one in the deployment's direction; None: all are done."""
    back = deployment.state == DeploymentState.ROLLING_BACK
    direction = Step.Direction.BACK if back else Step.Direction.FORWARD
    steps = deployment.steps.filter(
        direction=direction, state__in=[StepState.RUNNING, StepState.WAITING]
    ).order_by("position")
    found = list(steps)
    return next((step for step in found if step.state == StepState.RUNNING), found[0] if found else None)


def changed_anything(deployment: Deployment) -> bool:
    """Whether a step was begun after which the environment is another one."""
    return deployment.steps.filter(changes=True, attempts__gt=0).exists()


def prove(step: Step, outcome: str, *, by: Actor, note: str = "", **evidence: Any) -> Evidence:
    """Write what an attempt at a step left."""
    data: Mapping[str, Any] = evidence.pop("data", None) or {}
    return Evidence.objects.create(
        step=step,
        attempt=step.attempts,
        outcome=outcome,
        note=note[:LONGEST_NOTE],
        data=dict(data),
        at=timezone.now(),
        by=by.in_full,
        **evidence,
    )


def hold(deployment: Deployment, because: str) -> None:
    """Say what a deployment waits for; nothing is written where that stands there already."""
    because = because[:1000]
    if deployment.held_because != because:
        Deployment.objects.filter(pk=deployment.pk).update(held_because=because)
        deployment.held_because = because
