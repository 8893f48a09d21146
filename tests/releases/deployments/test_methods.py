"""Each method of deployment walked from its start to its end, and rolled back from each of its steps."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import transaction

from releases.deployments import advancing, rolling_back
from releases.lifecycle import DeploymentState, StepState
from releases.models import Deployment, Issue
from tests.builders import ROOT
from tests.releases.builders import now
from tests.releases.deployments.walks import (
    METHODS,
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


@pytest.fixture
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick moves one step at a time, so that each can be seen while it runs."""
    monkeypatch.setattr(advancing, "MOST_MOVES", 1)


@pytest.mark.parametrize("method", METHODS)
def test_a_deployment_goes_through_all_of_its_steps(method: str, clock: time_machine.Traveller) -> None:
    deployment = begun(method)
    while not (deployment := now(deployment)).has_ended:
        go_on(deployment, clock)
    assert deployment.state == DeploymentState.COMPLETE
    steps = list(deployment.steps.order_by("position"))
    assert [step.key for step in steps] == [step.key for step in template_of(deployment).steps]
    assert {step.state for step in steps} == {StepState.SUCCEEDED}
    assert order_of(deployment, "forward") == [step.key for step in steps[:-1]]
    assert having(deployment.release) == set(UNITS)
    assert in_force(deployment) == []
    assert set(Issue.objects.values_list("state", flat=True)) == {"deployed"}
    assert told(deployment, "started") == told(deployment, "completed") == 1
    assert told(deployment, "step_succeeded") == len(steps) - 1
    assert told(deployment, "rollback_begun") == 0


@pytest.mark.usefixtures("step_by_step")
@pytest.mark.parametrize("method", METHODS)
def test_a_deployment_is_rolled_back_from_each_of_its_steps(
    method: str, clock: time_machine.Traveller
) -> None:
    deployment = begun(method)
    seen: list[str] = []
    while not (deployment := now(deployment)).has_ended:
        step = deployment.steps.filter(state=StepState.RUNNING).first()
        if step is not None and step.key not in seen:
            seen.append(step.key)
            check_the_way_back(deployment, clock)
        go_on(deployment, clock)
    # The last step begins and ends in one.
    assert [*seen, "done"] == [step.key for step in template_of(deployment).steps]
    check_the_way_back(deployment, clock)


def check_the_way_back(deployment: Deployment, clock: time_machine.Traveller) -> None:
    """Roll back from here, look at what is left, and forget it."""
    began = now(deployment).state, list(deployment.steps.filter(attempts__gt=0).values_list("key", flat=True))
    at = datetime.now(UTC)
    with transaction.atomic():
        rolling_back.roll_back(deployment.release, actor=ROOT, reason="It hurts")
        assert having(deployment.release) == set(), began
        while not now(deployment).has_ended:
            go_on(deployment, clock)
        check_rolled_back(deployment, began[1])
        transaction.set_rollback(True)
    clock.move_to(at)
