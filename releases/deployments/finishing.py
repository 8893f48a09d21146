"""The ends of a deployment: complete, failed before anything was changed, rolled back."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone

from monitoring import deployment_news
from operations import audit, windows
from operations.models import Window
from releases.announcements import publishing
from releases.deployments import rows
from releases.issues import shipping
from releases.lifecycle import DeploymentState, ReleaseState, StepState
from releases.models import PRODUCTION, Deployment, Evidence, Step
from releases.releases import save as save_release
from rollout import phases
from rollout.models import Plan


@transaction.atomic
def complete(deployment: Deployment, step: Step | None) -> bool:
    """End a deployment whose steps are done, with its last step; False when it is not its turn any more.

    In production the release's plan is complete, its issues are deployed, and their reporters are told.
    Raises Refused as long as the plan's gate keeps it from being complete.
    """
    release, deployment = rows.lock(deployment)
    if deployment.state != DeploymentState.RUNNING or rows.current(deployment) != step:
        return False
    now = timezone.now()
    if step is not None:
        _do(step)
    in_production = deployment.environment_id == PRODUCTION
    if in_production and deployment.plan_id is not None:
        _complete_plan(Plan.objects.get(pk=deployment.plan_id))
    deployment.state, deployment.finished_at, deployment.held_because = DeploymentState.COMPLETE, now, ""
    rows.save(deployment, "state", "finished_at", "held_because")
    release.state = ReleaseState.DEPLOYED if in_production else ReleaseState.TESTED
    release.deployed_at = now if in_production else None
    save_release(release, "state", "deployed_at")
    data: dict[str, Any] = {"release": release.version, "environment": deployment.environment_id}
    if in_production:
        data |= asdict(shipping.deployed(release, actor=rows.PORTAL))
        _announce_afterwards(deployment)
    audit.record("deployment.completed", actor=rows.PORTAL, subject=deployment, data=data)
    deployment_news.deployed(
        release.module,
        str(deployment),
        f"{release} is in {deployment.environment_id}.",
        key=news_key(deployment),
    )
    return True


def fail_locked(deployment: Deployment, because: str) -> None:
    """End a locked deployment in which nothing was changed: the old version runs as before.

    The release may be deployed again: from a draft to staging, once it was tested to production.
    """
    deployment.state, deployment.finished_at = DeploymentState.FAILED, timezone.now()
    deployment.held_because = because[:1000]
    rows.save(deployment, "state", "finished_at", "held_because")
    deployment.steps.filter(state=StepState.WAITING).update(
        state=StepState.SKIPPED, finished_at=deployment.finished_at
    )
    release = deployment.release
    in_production = deployment.environment_id == PRODUCTION
    release.state = ReleaseState.TESTED if in_production else ReleaseState.DRAFT
    save_release(release, "state")
    data = {"release": release.version, "environment": deployment.environment_id}
    audit.record("deployment.failed", actor=rows.PORTAL, subject=deployment, data=data, reason=because)
    if in_production:
        # A test that fails in staging is what staging is for: nobody is called.
        deployment_news.failed(release.module, str(deployment), because, key=news_key(deployment))


@transaction.atomic
def rolled_back(deployment: Deployment) -> bool:
    """End a rollback whose steps are done; False when it is not its turn any more."""
    _, deployment = rows.lock(deployment)
    if deployment.state != DeploymentState.ROLLING_BACK or rows.current(deployment) is not None:
        return False
    rolled_back_locked(deployment)
    return True


def rolled_back_locked(deployment: Deployment) -> None:
    """The same for a locked deployment: its issues are free for another release, and no window of its own
    stays in force, whatever became of the step that was to end it."""
    deployment.state, deployment.finished_at = DeploymentState.ROLLED_BACK, timezone.now()
    deployment.held_because = ""
    rows.save(deployment, "state", "finished_at", "held_because")
    if (window := Window.objects.in_force().filter(deployments=deployment).first()) is not None:
        windows.end(window, actor=rows.PORTAL)
    release = deployment.release
    if deployment.environment_id == PRODUCTION:
        shipping.taken_back(release, actor=rows.PORTAL)
    elif release.frozen_at is None:
        release.state = ReleaseState.DRAFT
        save_release(release, "state")
    data = {"release": release.version, "environment": deployment.environment_id}
    audit.record("deployment.rolled_back", actor=rows.PORTAL, subject=deployment, data=data)
    deployment_news.over(release.module, key=news_key(deployment))


def news_key(deployment: Deployment) -> str:
    """Names a deployment in alerts."""
    return f"deployment-{deployment.pk}"


def _announce_afterwards(deployment: Deployment) -> None:
    """A security hotfix ships first and is announced when everybody has it (SPEC 6)."""
    release = deployment.release
    if not (release.hotfix and release.security):
        return
    publishing.publish(
        actor=rows.PORTAL,
        title=f"Security update {release.version}",
        text=f"{release.module} {release.version} was installed. It closes a security hole.",
        audience="everybody",
        channels=["product"],
        kind="release",
        deployment=deployment,
        key=f"{news_key(deployment)}-afterwards",
    )


def _do(step: Step) -> None:
    """The last step is begun and done in one go."""
    now = timezone.now()
    step.state, step.started_at, step.finished_at = StepState.SUCCEEDED, now, now
    step.attempts += 1
    step.save(update_fields=["state", "started_at", "finished_at", "attempts"])
    rows.prove(step, Evidence.Outcome.SUCCEEDED, by=rows.PORTAL)


def _complete_plan(plan: Plan) -> None:
    if plan.status != Plan.Status.COMPLETE:
        phases.complete(plan, actor=rows.PORTAL)
