"""Starting a deployment."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from releases import template_text
from releases.deployments import planning, readiness, rows
from releases.deployments.readiness import NotReady, Reason
from releases.lifecycle import DeploymentState, ReleaseState
from releases.models import PRODUCTION, STAGING, Deployment, Environment, Release
from releases.releases import changelog_of
from releases.releases import lock as lock_release
from releases.releases import save as save_release
from rollout import parts
from rollout.models import Plan

# Of a module's name in the name of the release's plan: the version stands behind it.
LONGEST_NAME = 59


@dataclass(frozen=True)
class Started:
    """What was started, or with a dry run would be; `refused` then says what forbids it now."""

    release: Release
    environment: Environment
    deployment: Deployment | None
    percentage: int
    refused: Sequence[Reason] = ()
    dry_run: bool = False


def start(
    release: Release, environment: str, *, actor: Actor, percentage: int = 100, dry_run: bool = False
) -> Started:
    """Start the deployment of a release to staging, or the planned one to production.

    In production it goes as far as `percentage` (1 to 100), and waits there for a person. Raises Invalid for
    another percentage, NotFound for an environment that there is not, and NotReady with every reason of
    `readiness.of`.
    """
    actor.require(rows.DEPLOY, "deploy releases")
    _check(environment, percentage)
    where = planning.environment_of(environment)
    if dry_run:
        planned = _planned(release, where)
        refused = readiness.of(release, where, planned)
        return Started(release, where, planned, percentage, refused, dry_run=True)
    try:
        return _start(release, where, percentage, actor)
    except IntegrityError:
        # The constraint deployment_one_at_a_time: somebody was faster between the guard and the writing.
        raise Refused("under_way", f"Another deployment to {where.key} has just begun.") from None


@transaction.atomic
def _start(release: Release, environment: Environment, percentage: int, actor: Actor) -> Started:
    release = lock_release(release)
    # One at a time for each environment: whoever comes second sees the first one's row.
    Environment.objects.select_for_update().get(pk=environment.pk)
    planned = _planned(release, environment)
    if refused := readiness.of(release, environment, planned):
        raise NotReady(refused)
    deployment = planned or planning.plan_locked(release, environment, actor=actor)
    _begin(release, deployment, percentage, actor)
    if environment.key == STAGING and not planning.not_plannable(release, PRODUCTION):
        planning.plan_locked(release, planning.environment_of(PRODUCTION), actor=actor)
    return Started(release, environment, deployment, percentage)


def _begin(release: Release, deployment: Deployment, percentage: int, actor: Actor) -> None:
    now = timezone.now()
    changed = ["state", "started_at", "deployed_by", "approved_by", "target_percentage"]
    deployment.state, deployment.started_at = DeploymentState.RUNNING, now
    deployment.deployed_by, deployment.target_percentage = actor.in_full, percentage
    deployment.approved_by = _signers(deployment)
    if deployment.environment_id == PRODUCTION:
        deployment.plan = _plan_of(release, deployment, percentage)
        changed.append("plan")
        release.changelog = changelog_of(release)
        release.state, release.frozen_at = ReleaseState.IN_PRODUCTION, release.frozen_at or now
        save_release(release, "state", "frozen_at", "changelog")
    else:
        release.state = ReleaseState.IN_STAGING
        save_release(release, "state")
    rows.save(deployment, *changed)
    data = {
        "release": release.version,
        "environment": deployment.environment_id,
        "method": deployment.method,
        "percentage": percentage,
        "approved_by": deployment.approved_by,
    }
    audit.record("deployment.started", actor=actor, subject=deployment, data=data)


def _plan_of(release: Release, deployment: Deployment, percentage: int) -> Plan:
    """The release's own plan: the ladder of its steps, with a rung where it is to stop."""
    found = template_text.read_steps(deployment.steps_from.text)
    ladder, dwell = found.rollout()
    return parts.create(
        release.module,
        key=release.flag_key,
        name=f"{release.module.name[:LONGEST_NAME]} {release.version}",
        percentages=sorted({*ladder, percentage, 100}),
        dwell=dwell,
        actor=rows.PORTAL,
    )


def _signers(deployment: Deployment) -> str:
    signed = deployment.sign_offs.values_list("username", "role")
    return ", ".join(f"{name} ({role.replace('_', ' ')})" for name, role in signed)[:1000]


def _planned(release: Release, environment: Environment) -> Deployment | None:
    planned = release.deployments.filter(environment=environment, state=DeploymentState.PLANNED)
    return planned.select_related("release", "environment", "window").first()


def _check(environment: str, percentage: object) -> None:
    whole = isinstance(percentage, int) and not isinstance(percentage, bool)
    if not whole or not 1 <= percentage <= 100:  # type: ignore[operator]
        raise Invalid({"rollout_percentage": "must be a whole number from 1 to 100"})
    if environment == STAGING and percentage != 100:
        raise Invalid({"rollout_percentage": "can only be given for production"})
