"""Named builders of issues, releases and deployments: every state is reached through the verbs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from operations.models import Window
from releases import releases, roles
from releases.announcements import publishing
from releases.checklists import signing, ticking
from releases.deployments import advancing, planning, reporting, rolling_back, rows, starting
from releases.issues import moving, raising
from releases.lifecycle import DeploymentState, StepState
from releases.models import Deployment, Issue, Release, Step
from rollout.models import Plan, Verdict, Workspace
from tests.builders import ROOT, a_verdict, acting, module, modules, numbered, workspaces

NOTE = "Seen for the test"


def an_issue(title: str = "Reminders come twice", *, fixed: bool = True, **values: Any) -> Issue:
    """An issue of Patient Engagement, fixed unless it is to be triaged only."""
    if not values.get("module"):
        modules()
        values["module"] = module()
    issue = raising.raise_issue(title=title, actor=ROOT, **values)
    issue = moving.move(issue, "triage", actor=ROOT)
    return moving.move(issue, "fix", actor=ROOT) if fixed else issue


def a_release(version: str = "1.0.2", issues: Sequence[Issue] | None = None, **values: Any) -> Release:
    """A draft with one fixed issue, unless `issues` says otherwise, and forty workspaces to ship it to."""
    if issues is None:
        issues = [an_issue(f"Bug of {version}")]
    if not Workspace.objects.exists():
        workspaces(numbered(40))
    return releases.create(version, issues, actor=ROOT, **values)


def a_signer(role: str, username: str = "") -> User:
    """A member of staff in the group of a role."""
    user, _ = User.objects.get_or_create(username=username or f"{role}-person", defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name=roles.GROUPS[roles.Role(role)]))
    return User.objects.get(pk=user.pk)


def tick() -> list[str]:
    """What the portal does by itself every five seconds."""
    return advancing.advance_due(actor=rows.PORTAL)


def settle(deployment: Deployment, outcome: str = "succeeded") -> Step:
    """A person reports the running step."""
    step = running(deployment)
    return reporting.report(step, outcome, actor=ROOT, note=NOTE)


def running(deployment: Deployment) -> Step:
    """The step that runs now, after a tick."""
    tick()
    step = deployment.steps.get(state=StepState.RUNNING)
    step.deployment = Deployment.objects.get(pk=deployment.pk)
    return step


def in_staging(release: Release) -> Deployment:
    """A release whose deployment to staging has begun."""
    deployment = starting.start(release, "staging", actor=ROOT).deployment
    assert deployment is not None
    tick()
    return deployment


def tested(release: Release) -> Deployment:
    """A release that passed staging; returns its planned deployment to production."""
    assert walk_to_the_end(in_staging(release)).state == DeploymentState.COMPLETE
    return release.deployments.get(environment="production", state=DeploymentState.PLANNED)


def worked(planned: Deployment) -> Deployment:
    """Every box ticked that must be before production, and signed by all eight roles."""
    for item in ticking.open_before(planned):
        if not item.role:
            ticking.tick(item, actor=ROOT, note=NOTE)
    others = [role for role in roles.Role if role != roles.Role.CTO]
    for role in (*others, roles.Role.CTO):
        signing.sign(planned, role, actor=acting(a_signer(role)))
    return planned


def ready(release: Release, *, window_from: datetime | None = None) -> Deployment:
    """A planned deployment to production that may start: tested, worked, announced and with its window."""
    planned = worked(tested(release))
    if release.method == "maintenance_window":
        starts = window_from or timezone.now() + timedelta(hours=1)
        window = a_window(starts_at=starts, ends_at=starts + timedelta(hours=4))
        planning.set_window(planned, window, actor=ROOT)
    if release.category == "high":
        publishing.publish(
            actor=ROOT,
            title=f"Release {release.version}",
            text="A better portal.",
            audience="everybody",
            channels=["product"],
            kind="release",
            deployment=planned,
        )
    return now(planned)


def a_window(kind: str = "maintenance", *, starts_at: datetime, ends_at: datetime) -> Window:
    """A planned window."""
    from operations import windows

    return windows.plan(kind, "Database upgrade", starts_at=starts_at, ends_at=ends_at, actor=ROOT)


def in_production(release: Release, *, percentage: int = 100) -> Deployment:
    """A release whose deployment to production has begun: its first step runs or is over."""
    ready(release)
    deployment = starting.start(release, "production", actor=ROOT, percentage=percentage).deployment
    assert deployment is not None
    tick()
    return now(deployment)


def walk_to(deployment: Deployment, key: str) -> Step:
    """Report what people do, and let gates open, until the step of this key runs."""
    for _ in range(60):
        tick()
        step = deployment.steps.filter(state=StepState.RUNNING).first()
        if step is None:
            raise AssertionError(f"{deployment}: nothing runs ({now(deployment).held_because})")
        if step.key == key:
            step.deployment = now(deployment)
            return step
        _go_on(deployment, step)
    raise AssertionError(f"{key} was not reached: {now(deployment).held_because}")


def walk_to_the_end(deployment: Deployment) -> Deployment:
    """Go on until the deployment has ended."""
    for _ in range(80):
        tick()
        if now(deployment).has_ended:
            return now(deployment)
        step = deployment.steps.filter(state=StepState.RUNNING).first()
        if step is not None:
            _go_on(deployment, step)
    raise AssertionError(f"it did not end: {now(deployment).held_because}")


def taken_back(release: Release, reason: str = "It hurts") -> Deployment:
    """A rollback that has gone to its end."""
    return walk_to_the_end(rolling_back.roll_back(release, actor=ROOT, reason=reason))


def let_pass(deployment: Deployment) -> Verdict:
    """Let the dwell of the release's plan be over, and its newest health verdict pass."""
    plan = Plan.objects.get(deployments=deployment)
    Plan.objects.filter(pk=plan.pk).update(share_changed_at=timezone.now() - timedelta(days=2))
    return a_verdict(plan)


def now(deployment: Deployment) -> Deployment:
    """The deployment as it is in the database."""
    return Deployment.objects.select_related("release", "environment").get(pk=deployment.pk)


def _go_on(deployment: Deployment, step: Step) -> None:
    """What lets a running step end: a person's report, a gate that opens, time that passes."""
    if step.runner != Step.Runner.PORTAL:
        settle(deployment)
    elif step.action == "rollout":
        let_pass(deployment)
    elif step.action == "monitor":
        Step.objects.filter(pk=step.pk).update(started_at=timezone.now() - timedelta(days=2))
        let_pass(deployment)
    elif step.action == "open_window":
        start_window(deployment)


def start_window(deployment: Deployment) -> None:
    """Let the deployment's maintenance window begin now."""
    Window.objects.filter(deployments=deployment).update(starts_at=timezone.now() - timedelta(minutes=1))
