"""Two bugs become 1.0.2, which ships in steps, hurts at 25 % and comes back by itself: in one walk."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from operations import channels
from operations.models import AuditEvent
from operations.tasks import deliver
from ops_portal import tasks as portal_tasks
from releases import environments
from releases import tasks as release_tasks
from releases.lifecycle import StepState
from releases.models import Deployment, Environment, Issue, Release
from tests.builders import ROOT, a_verdict, numbered, signed_in, workspaces
from tests.doors import an_api_key, post
from tests.releases import builders
from tests.releases.builders import now
from tests.releases.ci import CI
from tests.rollout.ofrep.calling import Product

# live_server: what is written is committed, and the CI reports over HTTP.
pytestmark = pytest.mark.django_db(transaction=True)

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FLAG = "release_1.0.2"
UNITS = numbered(40)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGIN) as traveller:
        yield traveller


@pytest.fixture
def ci(clock: time_machine.Traveller, live_server: Any, settings: Any) -> Iterator[CI]:
    """The CI of both environments."""
    settings.OUTGOING_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with CI(live_server.url, an_api_key("deploy", name="ci")) as found:
        added = channels.add(actor=ROOT, name="CI", kind="webhook", address=found.url)
        found.secret = added.secret
        for where in Environment.objects.all():
            environments.change(where, actor=ROOT, channel=added.channel, health_url="")
        yield found


def test_a_release_ships_in_steps_and_comes_back_by_itself_when_it_hurts(
    ci: CI, clock: time_machine.Traveller
) -> None:
    workspaces(UNITS)
    product = Product(an_api_key("evaluate", name="product"))
    issues = [builders.an_issue(f"Reminder {number} is late") for number in (1, 2, 3)]
    call_command("bug_fix", "create", "1.0.2", "BUG-001", "BUG-003")
    release = Release.objects.get(version="1.0.2")
    assert states(issues) == ["planned", "fixed", "planned"]

    call_command("bug_fix", "deploy", "1.0.2", "staging")
    go_on_until(ci, "manual_testing")
    assert [job["step"] for job in ci.jobs] == [
        "automated_testing", "performance_testing", "security_scanning",
    ]  # fmt: skip
    assert {report.status for report in ci.reports} == {200}
    builders.settle(release.deployments.get(environment="staging"))
    release_tasks.advance_deployments()
    builders.worked(release.deployments.get(environment="production"))

    call_command("bug_fix", "deploy", "1.0.2", "production", "--rollout-percentage", "25")
    deployment = release.deployments.get(environment="production")
    go_on_until(ci, "gradual_rollout")
    clock.shift(25 * HOUR)
    a_verdict(plan_of(deployment))
    release_tasks.advance_deployments()
    having = with_the_flag(product)
    assert len(having) == 10, "25 % of 40"
    assert "stops at 25 %" in held(deployment)

    # The hour after, every other request fails where the flag is on; elsewhere nothing changes.
    clock.move_to(BEGIN + 28 * HOUR + timedelta(minutes=15))
    push_hour(BEGIN + 27 * HOUR, ill=having)
    portal_tasks.check_health()
    assert with_the_flag(product) == set(), "within one check"

    release_tasks.advance_deployments()
    assert now(deployment).state == "rolling_back"
    go_on_until(ci, "back_restore_database")
    builders.settle(deployment)
    go_on_until(ci, "")
    deployment = now(deployment)
    assert (deployment.state, deployment.trigger) == ("rolled_back", "health")
    assert deployment.release.state == "rolled_back"
    assert states(issues) == ["fixed", "fixed", "fixed"]
    undone = [job["step"] for job in ci.jobs if job["direction"] == "back"]
    assert undone == ["back_restore_frontend", "back_restore_backend", "back_verify_system_stability"]
    check_the_story(release, deployment)


def go_on_until(ci: CI, key: str) -> None:
    """Let beat, the outbox and the CI work until this step runs and waits; "": until none runs."""
    for _ in range(30):
        release_tasks.advance_deployments()
        deliver()
        ci.wait()
        release_tasks.advance_deployments()
        under_way = Deployment.objects.under_way().first()
        running = under_way and under_way.steps.filter(state=StepState.RUNNING).first()
        if (running.key if running else "") == key:
            return
    raise AssertionError(
        f"{key} was not reached: {Deployment.objects.values_list('held_because', flat=True)}"
    )


def plan_of(deployment: Deployment) -> Any:
    plan = now(deployment).plan
    assert plan is not None
    return plan


def held(deployment: Deployment) -> str:
    return now(deployment).held_because


def states(issues: list[Issue]) -> list[str]:
    return [Issue.objects.get(pk=issue.pk).state for issue in issues]


def with_the_flag(product: Product) -> set[str]:
    """For whom the release is on, asked as the product asks."""
    product.look()
    return {unit for unit in UNITS if product.on(FLAG, workspace=unit)}


def push_hour(at: datetime, *, ill: set[str]) -> None:
    """The product's metrics of one hour, over the API."""
    samples = [
        {
            "workspace": unit,
            "at": (at + timedelta(minutes=30)).isoformat(),
            "requests": 200,
            "errors": 100 if unit in ill else 1,
        }
        for unit in UNITS
    ]
    body = {"batch": at.isoformat(), "module": "patient_engagement", "samples": samples}
    answer = post("/api/monitoring/metrics", body, an_api_key("ingest", name="metrics"))
    assert answer.json()["accepted"] == len(UNITS), answer.content


def check_the_story(release: Release, deployment: Deployment) -> None:
    """In the trail, and on one page."""
    of_it = AuditEvent.objects.filter(subject_type="releases.deployment", subject_id=str(deployment.pk))
    told = list(of_it.order_by("pk").values_list("action", flat=True))
    steps = [action for action in told if action.startswith("deployment.step_")]
    assert told.index("deployment.planned") < told.index("deployment.started")
    assert told.index("deployment.started") < told.index("deployment.rollback_begun")
    assert told[-1] == "deployment.rolled_back"
    assert steps.count("deployment.step_succeeded") == len(steps)
    for verb in ("planned", "started", "rollback_begun", "rolled_back"):
        assert told.count(f"deployment.{verb}") == 1
    page = signed_in("Release manager").get(reverse("admin:releases_release_change", args=[release.pk]))
    text = page.content.decode()
    assert page.status_code == 200
    for wanted in (
        "1.0.2",
        "BUG-001",
        "BUG-003",
        "Rolled back",
        "Gradual Rollout",
        "Restore previous backend",
    ):
        assert wanted in text, wanted
