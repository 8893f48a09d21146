"""Planning deployments: a release, an environment, and its own copy of the steps and of the checklist."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, NotFound, Refused
from operations.models import Window
from releases import template_text, templates
from releases.checklists import copying
from releases.deployments import rows
from releases.lifecycle import DeploymentState, ReleaseState
from releases.models import PRODUCTION, STAGING, Deployment, Environment, Release, Step, Template
from releases.releases import lock as lock_release
from releases.releases import save as save_release
from releases.template_text import StepTemplate

CHANGE = "releases.change_deployment"
LONGEST_NOTES = 20_000
PLANNABLE = {
    STAGING: (ReleaseState.DRAFT, ReleaseState.TESTED),
    PRODUCTION: (ReleaseState.DRAFT, ReleaseState.IN_STAGING, ReleaseState.TESTED),
}


@transaction.atomic
def plan(release: Release, environment: str, *, actor: Actor, dry_run: bool = False) -> Deployment:
    """Plan a deployment: its steps, and for production its checklist, can be seen and worked from now on.

    With `dry_run` it is returned unsaved. Raises NotFound for an environment that there is not, Refused when
    the release cannot go there or a deployment is planned already.
    """
    actor.require(rows.DEPLOY, "plan deployments")
    where = environment_of(environment)
    if not dry_run:
        return plan_locked(lock_release(release), where, actor=actor)
    if reason := not_plannable(release, where.key):
        raise Refused("not_plannable", reason)
    return Deployment(release=release, environment=where, method=release.method, planned_by=str(actor))


def plan_locked(release: Release, environment: Environment, *, actor: Actor) -> Deployment:
    """The same for a release that is locked. Raises Refused."""
    if reason := not_plannable(release, environment.key):
        raise Refused("not_plannable", reason)
    template = templates.active(Template.Kind.STEPS, template_key(release, environment.key))
    checklist = None
    if environment.key == PRODUCTION:
        checklist = templates.active(Template.Kind.CHECKLIST, "deployment")
    deployment = Deployment.objects.create(
        release=release,
        environment=environment,
        method=release.method,
        steps_from=template,
        checklist_from=checklist,
        planned_by=str(actor),
    )
    _lay_steps(deployment, template, by_hand=environment.channel_id is None)
    if checklist is not None:
        copying.copy(deployment, checklist)
    data = {"release": release.version, "environment": environment.key, "method": release.method}
    audit.record("deployment.planned", actor=actor, subject=deployment, data=data)
    return deployment


def not_plannable(release: Release, environment: str) -> str:
    """Why a deployment cannot be planned now; "" where it can."""
    if release.state not in PLANNABLE[environment]:
        state = release.get_state_display().lower()
        return f"{release} is {state}: it cannot be planned for {environment}."
    if release.deployments.filter(environment=environment, finished_at=None).exists():
        return f"A deployment of {release} to {environment} is planned or under way already."
    return ""


@transaction.atomic
def cancel(deployment: Deployment, *, actor: Actor, reason: str, dry_run: bool = False) -> Deployment:
    """Cancel a planned deployment; a tested release is a draft again, for its signatures are void.

    Raises Invalid without a reason, Refused for one that has begun: that one is rolled back.
    """
    actor.require(rows.DEPLOY, "cancel deployments")
    if not reason.strip():
        raise Invalid({"reason": "must say why"})
    if dry_run:
        _refuse_unless_planned(deployment)
        return deployment
    release, deployment = rows.lock(deployment)
    _refuse_unless_planned(deployment)
    deployment.state = DeploymentState.CANCELLED
    deployment.finished_at = timezone.now()
    rows.save(deployment, "state", "finished_at")
    if release.state == ReleaseState.TESTED and release.frozen_at is None:
        release.state = ReleaseState.DRAFT
        save_release(release, "state")
    audit.record("deployment.cancelled", actor=actor, subject=deployment, reason=reason.strip())
    return deployment


@transaction.atomic
def note(deployment: Deployment, notes: str, *, actor: Actor, version: int | None = None) -> Deployment:
    """Write the record's notes. Raises Invalid for too long ones, Refused for another version."""
    actor.require(CHANGE, "write notes on deployments")
    notes = notes.strip()
    if len(notes) > LONGEST_NOTES:
        raise Invalid({"notes": f"must have at most {LONGEST_NOTES} characters"})
    _, deployment = rows.lock(deployment)
    _refuse_stale(deployment, version)
    deployment.notes = notes
    rows.save(deployment, "notes")
    audit.record("deployment.noted", actor=actor, subject=deployment, reason=notes)
    return deployment


@transaction.atomic
def set_window(
    deployment: Deployment,
    window: Window,
    *,
    actor: Actor,
    version: int | None = None,
    dry_run: bool = False,
) -> Deployment:
    """Say in which maintenance window a planned deployment happens.

    Raises Invalid for a freeze and for a window that is over, Refused for a deployment that has begun.
    """
    actor.require(rows.DEPLOY, "set the maintenance window")
    if window.kind != Window.Kind.MAINTENANCE or window.state in ("over", "cancelled"):
        raise Invalid({"window": "must be a maintenance window that is not over"})
    if not dry_run:
        _, deployment = rows.lock(deployment)
    _refuse_stale(deployment, version)
    _refuse_unless_planned(deployment)
    deployment.window = window
    if dry_run:
        return deployment
    rows.save(deployment, "window")
    data = {"window": str(window), "from": window.starts_at, "to": window.ends_at}
    audit.record("deployment.window_set", actor=actor, subject=deployment, data=data)
    return deployment


def environment_of(key: str) -> Environment:
    """The environment. Raises NotFound."""
    found = Environment.objects.filter(pk=key).first() if key in (STAGING, PRODUCTION) else None
    if found is None:
        raise NotFound(f"There is no environment {key[:20]!r}: it must be {STAGING} or {PRODUCTION}.")
    return found


def template_key(release: Release, environment: str) -> str:
    """Which template of steps a release gets: by environment, hotfix and method (SPEC 6)."""
    if environment == STAGING:
        return "staging_hotfix" if release.hotfix else "staging"
    return "hotfix" if release.hotfix else release.method


def step_of(deployment: Deployment, template: StepTemplate, position: int, *, by_hand: bool) -> Step:
    """An unsaved step of a template; with `by_hand` a person does what the CI would."""
    runner = Step.Runner.PERSON if by_hand and template.runner == Step.Runner.WEBHOOK else template.runner
    return Step(
        deployment=deployment,
        position=position,
        key=template.key,
        title=template.title,
        description=template.description,
        runner=runner,
        action=template.action,
        params=template.params,
        changes=template.changes,
        undo=_as_json(template.undo) if template.undo else None,
        timeout=template.timeout,
        most_attempts=template.attempts,
    )


def _lay_steps(deployment: Deployment, template: Template, *, by_hand: bool) -> None:
    found = template_text.read_steps(template.text)
    Step.objects.bulk_create(
        step_of(deployment, each, position, by_hand=by_hand)
        for position, each in enumerate(found.steps, start=1)
    )


def _as_json(undo: StepTemplate) -> dict[str, object]:
    seconds = undo.timeout / timedelta(seconds=1) if undo.timeout else None
    return {
        "key": undo.key,
        "title": undo.title,
        "description": undo.description,
        "runner": undo.runner,
        "action": undo.action,
        "params": undo.params,
        "timeout": seconds,
        "attempts": undo.attempts,
    }


def _refuse_unless_planned(deployment: Deployment) -> None:
    if deployment.state != DeploymentState.PLANNED:
        state = deployment.get_state_display().lower()
        raise Refused("not_planned", f"{deployment} is {state}: only a planned deployment can be changed so.")


def _refuse_stale(deployment: Deployment, version: int | None) -> None:
    if version is not None and version != deployment.version:
        raise Refused("stale", f"{deployment} changed since you saw it: look at it and try again.")
