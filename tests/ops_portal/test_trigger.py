"""`POST /api/monitoring/trigger`: who may, what it says, and that many at once have one effect."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from operations.models import AuditEvent, AuditSeal, ScheduledJob
from operations.schedule import Job
from ops_portal import trigger
from ops_portal.schedule import HOUR, JOBS
from tests import builders
from tests.at_once import at_once
from tests.doors import an_api_key

pytestmark = pytest.mark.django_db

ADDRESS = "/api/monitoring/trigger"
SECRET = "s" * 63 + "é"


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    settings.MONITORING_CRON_SECRET = SECRET


def ask(authorization: str | None = f"Bearer {SECRET}") -> Any:
    # A WSGI server hands over the bytes of a header one by one.
    sent = {} if authorization is None else {"Authorization": authorization.encode().decode("latin-1")}
    return Client().post(ADDRESS, headers=sent)


def test_it_runs_what_is_due_and_says_so_in_one_line_per_job() -> None:
    builders.modules()
    answer = ask()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    ran = {line["job"]: line for line in answer.json()["ran"]}
    assert set(ran) == {job.name for job in JOBS}
    assert ran["seal-audit"]["result"] == "sealed 2 events"
    assert all(set(line) == {"job", "result", "milliseconds"} for line in ran.values())
    assert AuditSeal.objects.count() == AuditEvent.objects.count()


def test_nothing_due_is_an_empty_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trigger, "JOBS", [Job("hourly", lambda: "done", every=HOUR)])
    assert [len(ask().json()["ran"]) for _ in range(2)] == [1, 0]


def test_a_job_that_fails_is_said_beside_those_that_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise ConnectionError("refused")

    jobs = [Job("broken", fail, every=HOUR), Job("other", lambda: "done", every=HOUR)]
    monkeypatch.setattr(trigger, "JOBS", jobs)
    answer = ask()
    assert answer.status_code == 200
    broken, other = answer.json()["ran"]
    assert (broken["job"], broken["error"]) == ("broken", "ConnectionError: refused")
    assert "result" not in broken
    assert (other["job"], other["result"]) == ("other", "done")


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", f"Bearer {SECRET}x", f"Bearer {SECRET[:-1]}", SECRET, f"Basic {SECRET}"],
)
def test_without_the_secret_it_answers_401_and_runs_nothing(authorization: str | None) -> None:
    answer = ask(authorization)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"]["code"] == "authentication_failed"
    assert not ScheduledJob.objects.exists()


def test_an_api_key_is_not_the_secret() -> None:
    key = an_api_key("rollout", "ingest")
    assert ask(f"Bearer {key}").status_code == 401
    assert Client().post(ADDRESS, headers={"X-API-Key": key}).status_code == 401


@pytest.mark.parametrize("authorization", [None, "Bearer ", f"Bearer {SECRET}"])
def test_a_portal_without_a_secret_has_no_such_address_and_says_why(
    settings: Any, authorization: str | None
) -> None:
    settings.MONITORING_CRON_SECRET = ""
    answer = ask(authorization)
    assert answer.status_code == 404
    assert "MONITORING_CRON_SECRET" in answer.json()["error"]["message"]


def test_reading_it_is_not_allowed() -> None:
    sent = f"Bearer {SECRET}".encode().decode("latin-1")
    assert Client().get(ADDRESS, headers={"Authorization": sent}).status_code == 405


# A minute that does not end in the middle of the test.
@time_machine.travel(1_000_000_000 * 60, tick=False)
def test_guessing_is_throttled_and_does_not_lock_out_who_knows_the_secret() -> None:
    statuses = [ask("Bearer guess").status_code for _ in range(70)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert ask().status_code == 200


@time_machine.travel(1_000_000_000 * 60, tick=False)
def test_more_calls_than_anybody_needs_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trigger, "JOBS", [])
    answers = [ask() for _ in range(250)]
    assert {answer.status_code for answer in answers[:50]} == {200}
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) >= 1


def test_the_api_describes_it(client: Client) -> None:
    described = client.get(reverse("schema"), headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    found = described["paths"][ADDRESS]["post"]
    assert found["security"] == [{"cronSecret": []}]
    assert set(found["responses"]) == {"200", "401", "403", "404", "429", "503"}
    assert described["components"]["securitySchemes"]["cronSecret"]["scheme"] == "bearer"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_fifty_calls_at_once_have_one_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []

    def work(name: str) -> Callable[[], str]:
        def run() -> str:
            runs.append(name)
            return "done"

        return run

    monkeypatch.setattr(trigger, "JOBS", [Job(name, work(name), every=HOUR) for name in ("one", "two")])
    answers: list[Any] = at_once(*[ask] * 50)
    assert {answer.status_code for answer in answers} == {200}
    said = [line["job"] for answer in answers for line in answer.json()["ran"]]
    assert sorted(said) == sorted(runs) == ["one", "two"]
