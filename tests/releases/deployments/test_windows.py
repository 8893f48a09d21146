"""A freeze keeps a deployment from its start and from its next step, never from its way back."""

from datetime import timedelta

import pytest
import time_machine

from operations import windows
from operations.models import OutboxMessage
from operations.spelling import local_time
from releases.deployments import rolling_back, starting
from releases.deployments.readiness import NotReady
from releases.issues import linking
from releases.lifecycle import DeploymentState
from tests.builders import ROOT, modules
from tests.feedback.builders import a_ticket
from tests.releases import builders
from tests.releases.builders import now, tick
from tests.releases.deployments.walks import BEGIN, HOUR, UNITS, begun, go_on, having

pytestmark = pytest.mark.django_db


def a_freeze() -> None:
    windows.plan("freeze", "Stocktaking", starts_at=BEGIN, ends_at=BEGIN + 72 * HOUR, actor=ROOT)


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_freeze_refuses_a_deployment_and_names_itself_and_its_end(
    environment: str, clock: time_machine.Traveller
) -> None:
    release = builders.a_release()
    if environment == "production":
        builders.ready(release)
    a_freeze()
    with pytest.raises(NotReady) as refusal:
        starting.start(release, environment, actor=ROOT)
    (reason,) = refusal.value.reasons
    assert "Stocktaking" in reason.message
    assert local_time(BEGIN + 72 * HOUR) in reason.message
    release.refresh_from_db()
    rehearsed = starting.start(release, environment, actor=ROOT, dry_run=True)
    assert list(rehearsed.refused) == [reason]


def test_a_freeze_holds_the_next_step_and_lets_the_way_back_go_to_its_end(
    clock: time_machine.Traveller,
) -> None:
    deployment = begun("rolling")
    builders.walk_to(deployment, "update_backend")
    a_freeze()
    builders.settle(deployment)
    assert tick() == []
    assert "Stocktaking" in now(deployment).held_because
    rolling_back.roll_back(deployment.release, actor=ROOT, reason="It hurts")
    assert having(deployment.release) == set()
    while not now(deployment).has_ended:
        go_on(deployment, clock)
    assert now(deployment).state == DeploymentState.ROLLED_BACK


def test_reporters_hear_of_the_fix_when_everybody_has_it_and_not_before(
    clock: time_machine.Traveller,
) -> None:
    modules()
    ticket = a_ticket(module="patient_engagement", reporter_email="rita@example.org")
    issue = builders.an_issue()
    linking.link(issue, tickets=[ticket], actor=ROOT)
    deployment = builders.in_production(builders.a_release("1.0.2", [issue]))
    while not (deployment := now(deployment)).has_ended:
        assert fixed_mails() == []
        go_on(deployment, clock)
    assert len(having(deployment.release)) == len(UNITS)
    assert fixed_mails() == ["rita@example.org"]
    assert timedelta(days=4) < now(deployment).finished_at - deployment.started_at  # type: ignore[operator]


def fixed_mails() -> list[str]:
    """Who was told that 1.0.2 is out."""
    told = [message.payload for message in OutboxMessage.objects.all()]
    return [payload["to"][0] for payload in told if "1.0.2" in payload.get("body", "")]
