"""Deployments to production walked by each method with a moved clock, and what must hold after a way back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from operations.models import AuditEvent, Window
from releases import template_text
from releases.lifecycle import DeploymentState, StepState
from releases.models import Deployment, Evidence, Issue, Release, Step
from rollout import answers
from rollout.models import Plan
from tests.builders import a_verdict, numbered, workspaces
from tests.releases import builders
from tests.releases.builders import now, tick

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
METHODS: dict[str, dict[str, Any]] = {
    "rolling": {"category": "medium"},
    "blue_green": {"category": "high", "method": "blue_green"},
    "maintenance_window": {"category": "high", "method": "maintenance_window"},
    "hotfix": {"hotfix": True},
}
UNITS = numbered(8)
BACK = "back_"


def check_rolled_back(deployment: Deployment, begun_steps: list[str]) -> None:
    deployment = now(deployment)
    assert deployment.state == DeploymentState.ROLLED_BACK, begun_steps
    assert deployment.release.state == "rolled_back"
    assert having(deployment.release) == set(), begun_steps
    assert in_force(deployment) == [], begun_steps
    assert set(Issue.objects.values_list("state", flat=True)) == {"fixed"}
    assert not Issue.objects.filter(release__isnull=False).exists()
    template = template_of(deployment)
    undone = [step.undo.key for step in template.steps if step.undo and step.key in begun_steps]
    changed = bool(undone) or any(step.changes and step.key in begun_steps for step in template.steps)
    expected: list[str] = []
    for step in template.rollback:
        if step.key == template_text.UNDO:
            expected += reversed(undone)
        elif changed or step.action == "flags_off":
            expected.append(step.key)
    # What failed was begun once more, by a person.
    assert [*dict.fromkeys(order_of(deployment, "back"))] == [BACK + key for key in expected], begun_steps
    back = deployment.steps.filter(direction=Step.Direction.BACK)
    assert set(back.values_list("state", flat=True)) <= {StepState.SUCCEEDED}
    assert not deployment.steps.filter(state__in=[StepState.RUNNING, StepState.WAITING]).exists()
    assert told(deployment, "rollback_begun") == told(deployment, "rolled_back") == 1
    assert told(deployment, "started") == 1


def begun(method: str) -> Deployment:
    """A deployment to production whose first step runs or is over."""
    workspaces(UNITS)
    return builders.in_production(builders.a_release(**METHODS[method]))


def go_on(deployment: Deployment, clock: time_machine.Traveller) -> None:
    """One tick; where nothing moved, what is waited for happens: a report, a day, a window."""
    if tick():
        return
    step = deployment.steps.filter(state=StepState.RUNNING).first()
    if step is None:
        # There is a pause before a further attempt.
        clock.shift(5 * MINUTE)
    elif step.runner != Step.Runner.PORTAL:
        builders.settle(deployment)
    elif step.action in ("rollout", "monitor"):
        clock.shift(25 * HOUR)
        a_verdict(Plan.objects.get(deployments=deployment))
    elif step.action == "open_window":
        clock.move_to(Window.objects.get(deployments=deployment).starts_at + MINUTE)
    else:
        raise AssertionError(f"{step.key}: {now(deployment).held_because}")


def template_of(deployment: Deployment) -> template_text.StepsTemplate:
    return template_text.read_steps(deployment.steps_from.text)


def order_of(deployment: Deployment, direction: str) -> list[str]:
    """In which order steps were begun."""
    begun_first = Evidence.objects.filter(
        step__deployment=deployment, step__direction=direction, outcome="begun"
    )
    return list(begun_first.order_by("pk").values_list("step__key", flat=True))


def having(release: Release) -> set[str]:
    """The workspaces for which the release's flag is on."""
    return {unit for unit in UNITS if answers.explain(release.flag_key, unit).on}


def in_force(deployment: Deployment) -> list[Window]:
    return list(Window.objects.in_force().filter(deployments=deployment))


def told(deployment: Deployment, what: str) -> int:
    """How often the trail says so of a deployment."""
    of_it = AuditEvent.objects.filter(subject_type="releases.deployment", subject_id=str(deployment.pk))
    return of_it.filter(action=f"deployment.{what}").count()
