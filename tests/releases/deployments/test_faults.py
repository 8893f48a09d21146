"""Whatever breaks at whatever step: a deployment goes on or ends on the old version, never in between."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, transaction
from django.utils import timezone

from operations import channels
from releases import environments
from releases.deployments import advancing, finishing, moving, reporting, rolling_back, starting
from releases.lifecycle import DeploymentState, StepState
from releases.models import Deployment, Environment, Evidence, Issue, Step
from releases.steps.actions import ACTIONS, Action
from releases.steps.progress import Progress
from tests.at_once import at_once
from tests.builders import ROOT, workspaces
from tests.releases import builders
from tests.releases.builders import now, tick
from tests.releases.deployments.walks import (
    METHODS,
    MINUTE,
    UNITS,
    begun,
    check_rolled_back,
    go_on,
    having,
    in_force,
    order_of,
    template_of,
    told,
)

pytestmark = pytest.mark.django_db

Boundary = tuple[str, str, str]


class Crashes:
    """Breaks each boundary of each step once, before and after it is written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[Boundary] = []
        monkeypatch.setattr(moving, "begin", self._around("begin", moving.begin))
        monkeypatch.setattr(moving, "settle", self._around("settle", moving.settle))
        broken = {name: Action(self._around("work", each.look), each.lease) for name, each in ACTIONS.items()}
        monkeypatch.setattr(advancing, "ACTIONS", broken)
        monkeypatch.setattr(finishing, "complete", self._around("complete", finishing.complete))
        monkeypatch.setattr(finishing, "rolled_back", self._around("rolled back", finishing.rolled_back))

    def _around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(what: Step | Deployment, *arguments: Any, **named: Any) -> Any:
            key = what.key if isinstance(what, Step) else ""
            self._once((part, "before", key))
            found = function(what, *arguments, **named)
            self._once((part, "after", key))
            return found

        return call

    def _once(self, boundary: Boundary) -> None:
        if boundary not in self.seen:
            self.seen.append(boundary)
            raise OperationalError("the server closed the connection unexpectedly")


def survive(deployment: Deployment, clock: time_machine.Traveller) -> Deployment:
    """Go on to the end, however often a tick breaks."""
    for _ in range(400):
        try:
            go_on(deployment, clock)
        except OperationalError:
            continue
        finally:
            if now(deployment).has_ended:
                return now(deployment)  # noqa: B012
    raise AssertionError(f"{deployment} did not end: {now(deployment).held_because}")


@pytest.mark.parametrize("method", METHODS)
def test_a_crash_at_every_boundary_keeps_no_deployment_from_its_end(
    method: str, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = begun(method)
    crashes = Crashes(monkeypatch)
    deployment = survive(deployment, clock)
    steps = [step.key for step in template_of(deployment).steps]
    assert deployment.state == DeploymentState.COMPLETE
    assert having(deployment.release) == set(UNITS)
    assert order_of(deployment, "forward") == steps[:-1], "each was begun once"
    assert told(deployment, "step_succeeded") == len(steps) - 1
    assert told(deployment, "completed") == 1
    assert set(Issue.objects.values_list("state", flat=True)) == {"deployed"}

    rolling_back.roll_back(deployment.release, actor=ROOT, reason="It hurts")
    check_rolled_back(survive(deployment, clock), steps)
    assert len(crashes.seen) > 4 * len(steps), "and there was a crash at each"


@pytest.mark.parametrize(
    ("method", "action"),
    [
        *itertools.product(METHODS, ("health_check", "backup", "rollout", "monitor")),
        ("maintenance_window", "open_window"),
    ],
)
def test_a_step_of_the_portal_that_always_breaks_ends_on_the_old_version(
    method: str, action: str, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(step: Step) -> Progress:
        raise RuntimeError("The disk is full")

    workspaces(UNITS)
    release = builders.a_release(**METHODS[method])
    builders.ready(release)
    monkeypatch.setattr(advancing, "ACTIONS", {**ACTIONS, action: Action(breaks)})
    deployment = starting.start(release, "production", actor=ROOT).deployment
    assert deployment is not None
    deployment = survive(deployment, clock)
    check_on_the_old_version(deployment)
    failed = deployment.steps.get(state=StepState.FAILED, direction="forward")
    assert failed.action == action
    assert failed.attempts == failed.most_attempts
    assert (
        "RuntimeError: The disk is full"
        in failed.evidence.get(outcome="failed", attempt=failed.attempts).note
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("outcome", ["failed", "timed_out"])
def test_a_ci_that_fails_or_falls_silent_at_any_step_ends_on_the_old_version(
    method: str, outcome: str, clock: time_machine.Traveller
) -> None:
    deployment = begun_with_a_ci(method)
    seen: list[str] = []
    while not (deployment := now(deployment)).has_ended:
        step = deployment.steps.filter(state=StepState.RUNNING, runner="webhook").first()
        if step is not None and step.key not in seen:
            seen.append(step.key)
            at = step.started_at
            with transaction.atomic():
                let_it(outcome, step, clock)
                check_on_the_old_version(survive(deployment, clock))
                assert deployment.steps.get(pk=step.pk).state == StepState.FAILED
                transaction.set_rollback(True)
            assert at is not None
            clock.move_to(at)
        go_on(deployment, clock)
    assert seen == [step.key for step in template_of(deployment).steps if step.runner == "webhook"]


def let_it(outcome: str, step: Step, clock: time_machine.Traveller) -> None:
    """Let the CI say that a step failed; or never say a word, as often as it is asked."""
    if outcome == "failed":
        reporting.report(step, "failed", actor=ROOT, note="3 of 412 tests failed")
        return
    while (found := Step.objects.get(pk=step.pk)).state in (StepState.RUNNING, StepState.WAITING):
        assert found.deadline_at is not None or found.state == StepState.WAITING
        clock.move_to(found.deadline_at or timezone.now() + 5 * MINUTE)
        tick()
    silent = Evidence.objects.filter(step=step, outcome="timed_out")
    assert silent.count() == step.most_attempts


def test_an_undo_that_fails_is_handed_to_a_person_and_the_way_back_goes_on(
    clock: time_machine.Traveller,
) -> None:
    deployment = begun_with_a_ci("rolling")
    while order_of(deployment, "forward")[-1:] != ["verify_system"]:
        go_on(deployment, clock)
    rolling_back.roll_back(deployment.release, actor=ROOT, reason="It hurts")
    tick()
    undo = deployment.steps.get(state=StepState.RUNNING)
    assert (undo.key, undo.runner) == ("back_restore_frontend", "webhook")
    reporting.report(undo, "failed", actor=ROOT, note="The old image is gone")
    tick()
    undo.refresh_from_db()
    assert (undo.runner, undo.state) == ("person", StepState.RUNNING)
    assert having(deployment.release) == set()
    check_on_the_old_version(survive(deployment, clock))


def check_on_the_old_version(deployment: Deployment) -> None:
    """It failed before anything was changed, or everything that was is undone."""
    begun_steps = list(
        deployment.steps.filter(attempts__gt=0, direction="forward").values_list("key", flat=True)
    )
    if deployment.state == DeploymentState.ROLLED_BACK:
        check_rolled_back(deployment, begun_steps)
        return
    assert deployment.state == DeploymentState.FAILED
    assert not deployment.steps.filter(attempts__gt=0, changes=True).exists()
    assert not deployment.steps.filter(direction="back").exists()
    assert having(deployment.release) == set()
    assert in_force(deployment) == []
    # It may be tried again.
    assert deployment.release.state == "tested"
    assert set(Issue.objects.values_list("state", flat=True)) == {"planned"}
    assert told(deployment, "failed") == 1


def begun_with_a_ci(method: str) -> Deployment:
    """A deployment to production whose webhooks nobody answers but the test."""
    workspaces(UNITS)
    added = channels.add(actor=ROOT, name="CI", kind="webhook", address="https://ci.example.org/hook")
    where = Environment.objects.get(pk="production")
    environments.change(where, actor=ROOT, channel=added.channel, health_url="")
    return builders.in_production(builders.a_release(**METHODS[method]))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_deployment_started_by_many_at_once_runs_once() -> None:
    release = builders.a_release()
    builders.ready(release)

    def start() -> object:
        return starting.start(release, "production", actor=ROOT)

    results = at_once(*[start] * 4)
    assert sum(isinstance(each, starting.Started) for each in results) == 1
    assert {each.code for each in results if not isinstance(each, starting.Started)} <= {  # type: ignore[attr-defined]
        "not_ready", "under_way", "state", "not_planned", "not_plannable",
    }  # fmt: skip
    (deployment,) = release.deployments.filter(environment="production")
    assert deployment.state == DeploymentState.RUNNING
    assert told(deployment, "started") == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_releases_for_one_environment_at_once_one_goes() -> None:
    ready = [builders.a_release("1.0.2"), builders.a_release("1.0.3")]
    for release in ready:
        builders.ready(release)
    results = at_once(*[partial(starting.start, each, "production", actor=ROOT) for each in ready])
    assert sum(isinstance(each, starting.Started) for each in results) == 1
    assert Deployment.objects.under_way().count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ticks_at_once_begin_and_end_each_step_once() -> None:
    release = builders.a_release()
    builders.ready(release)
    deployment = starting.start(release, "production", actor=ROOT).deployment
    assert deployment is not None
    for _ in range(40):
        at_once(tick, tick, tick)
        if now(deployment).has_ended:
            break
        step = deployment.steps.filter(state=StepState.RUNNING).first()
        if step is not None:
            builders._go_on(deployment, step)
    assert now(deployment).state == DeploymentState.COMPLETE
    steps = [step.key for step in template_of(deployment).steps]
    assert order_of(deployment, "forward") == steps[:-1]
    assert told(deployment, "step_succeeded") == len(steps) - 1
    assert told(deployment, "completed") == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_rollback_and_ticks_at_once_leave_the_flag_off_and_no_step_forward() -> None:
    release = builders.a_release()
    deployment = builders.in_production(release)
    builders.walk_to(deployment, "gradual_rollout")
    builders.let_pass(deployment)

    def back() -> object:
        return rolling_back.roll_back(release, actor=ROOT, reason="It hurts")

    results = at_once(back, tick, back, tick)
    assert sum(isinstance(each, Deployment) for each in results) == 1
    assert told(deployment, "rollback_begun") == 1
    assert builders.walk_to_the_end(deployment).state == DeploymentState.ROLLED_BACK
    assert not deployment.steps.filter(state__in=[StepState.RUNNING, StepState.WAITING]).exists()
