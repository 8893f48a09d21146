"""A real CI beside a real portal: signed webhooks one way, reports over HTTP the other."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.utils import timezone

from operations import channels
from operations.models import Channel, OutboxMessage
from operations.tasks import deliver
from releases import environments
from releases.models import Deployment, Environment, Step
from tests.builders import ROOT
from tests.doors import an_api_key
from tests.releases.builders import a_release, in_staging, now, settle, tick
from tests.releases.ci import CI, Scenario

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND, THIRD, BY_HAND = (
    *("automated_testing", "performance_testing", "security_scanning", "manual_testing"),
)


@pytest.fixture
def ci(live_server: Any, settings: Any) -> Iterator[CI]:
    """The CI of staging: asked by a signed webhook, with a key to report by."""
    settings.OUTGOING_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with CI(live_server.url, an_api_key("deploy", name="ci")) as found:
        added = channels.add(actor=ROOT, name="CI", kind="webhook", address=found.url)
        found.secret = added.secret
        staging = Environment.objects.get(pk="staging")
        environments.change(staging, actor=ROOT, channel=added.channel, health_url="")
        yield found


def ask(ci: CI, jobs: int) -> None:
    """A tick, its webhooks delivered, and all that the CI then says."""
    tick()
    deliver()
    ci.wait(jobs)


def states(deployment: Deployment) -> dict[str, tuple[str, int]]:
    """Where each step that was begun stands, and at which attempt."""
    begun = Step.objects.filter(deployment=deployment, attempts__gt=0)
    return {step.key: (step.state, step.attempts) for step in begun}


def test_a_release_passes_staging_by_what_its_ci_reports(ci: CI) -> None:
    ci.plays(SECOND, Scenario.TWICE)
    ci.plays(THIRD, Scenario.SLOW)
    deployment = in_staging(a_release())
    for jobs in (1, 2, 3):
        ask(ci, jobs)
    assert ci.said_of(SECOND) == [("succeeded", 200), ("succeeded", 200)]
    assert ci.reports[1].answer == ci.reports[2].answer
    assert ci.said_of(THIRD) == [("running", 200)]
    assert states(deployment)[THIRD] == ("running", 1)
    ci.let_go()
    ci.wait()
    tick()
    assert states(deployment) == {
        **dict.fromkeys((FIRST, SECOND, THIRD), ("succeeded", 1)),
        BY_HAND: ("running", 1),
    }
    settle(deployment)
    tick()
    assert now(deployment).state == "complete"
    assert (len(ci.jobs), ci.turned_away) == (3, 0)
    assert {job["environment"] for job in ci.jobs} == {"staging"}


def test_a_ci_that_says_nothing_is_asked_again_and_its_late_word_does_not_count(ci: CI) -> None:
    ci.plays(FIRST, Scenario.SLOW, Scenario.SILENT)
    deployment = in_staging(a_release())
    ask(ci, 1)
    let_time_out()
    ask(ci, 2)
    assert states(deployment) == {FIRST: ("running", 2)}
    assert [job["attempt"] for job in ci.jobs] == [1, 2]
    ci.let_go()
    ci.wait()
    assert ci.said_of(FIRST) == [("running", 200), ("succeeded", 409)]
    assert ci.reports[-1].answer["error"]["code"] == "another_attempt"
    assert states(deployment) == {FIRST: ("running", 2)}
    let_time_out()
    tick()
    assert now(deployment).state in ("failed", "rolling_back")


def test_a_ci_that_mixes_its_attempts_up_or_is_not_asked_by_us_settles_nothing(ci: CI) -> None:
    ci.plays(FIRST, Scenario.WRONG_ATTEMPT)
    deployment = in_staging(a_release())
    secret, ci.secret = ci.secret, "whsec_bm90IG91cnM="
    tick()
    deliver()
    assert (ci.turned_away, ci.jobs) == (1, [])
    ci.secret = secret
    deliver_again()
    ci.wait(1)
    assert ci.said_of(FIRST) == [("succeeded", 409)]
    assert states(deployment) == {FIRST: ("running", 1)}


def test_a_failure_ends_the_deployment_and_one_that_is_down_is_asked_later(ci: CI) -> None:
    ci.plays(FIRST, Scenario.DOWN, Scenario.FAILS)
    deployment = in_staging(a_release())
    tick()
    deliver()
    assert Channel.objects.get().disabled_at is None
    assert states(deployment) == {FIRST: ("running", 1)}
    deliver_again()
    ci.wait(1)
    assert ci.said_of(FIRST) == [("failed", 200)]
    tick()
    assert now(deployment).state in ("failed", "rolling_back")
    assert states(deployment)[FIRST] == ("failed", 1)


def let_time_out() -> None:
    """Let an hour pass for the step that runs, and its deadline with it."""
    now_ = timezone.now()
    over = {"started_at": now_ - timedelta(hours=1), "deadline_at": now_ - timedelta(seconds=1)}
    Step.objects.filter(state="running").update(**over)


def deliver_again() -> None:
    """Deliver what failed, as if the time until its next attempt were over."""
    OutboxMessage.objects.filter(delivered_at=None).update(due_at=timezone.now())
    deliver()
