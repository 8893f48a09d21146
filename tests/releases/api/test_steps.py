"""`PATCH /api/deployments/{id}/steps/{step}`: what a CI reports, once and again."""

import json
from typing import Any

import pytest
from django.test import Client

from operations import channels
from operations.models import OutboxMessage
from releases import environments
from releases.models import Deployment, Environment, Evidence, Step
from tests.builders import ROOT
from tests.doors import an_api_key, bearing, get
from tests.releases.builders import a_release, in_staging, running, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> str:
    return an_api_key("read", "deploy", name="ci")


@pytest.fixture
def asked() -> dict[str, Any]:
    """A release in staging whose CI was asked for the first step: the `data` of that webhook."""
    added = channels.add(actor=ROOT, name="CI", kind="webhook", address="https://ci.example.org/hook")
    environments.change(
        Environment.objects.get(pk="staging"), actor=ROOT, channel=added.channel, health_url=""
    )
    in_staging(a_release())
    found: dict[str, Any] = OutboxMessage.objects.get(kind="channel").payload["data"]
    return found


def report(asked: dict[str, Any], key: str, **body: Any) -> Any:
    """Report as the webhook asked."""
    path = asked["callback"].removeprefix("https://portal.example.org")
    return patch(path, {"status": "succeeded", "attempt": asked["attempt"], **body}, key)


def patch(path: str, body: Any, key: str, **headers: str) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return Client().patch(path, text, content_type="application/json", **bearing(key, **headers))


def evidence() -> list[tuple[str, str]]:
    return list(Evidence.objects.order_by("pk").values_list("outcome", "note"))


def test_the_webhook_says_what_is_asked_for_and_where_to_report(asked: dict[str, Any]) -> None:
    deployment = Deployment.objects.get(environment="staging")
    step = Step.objects.get(deployment=deployment, state="running")
    assert asked == {
        "deployment": deployment.pk,
        "release": "1.0.2",
        "module": "patient_engagement",
        "environment": "staging",
        "step": step.key,
        "title": step.title,
        "direction": "forward",
        "attempt": 1,
        "params": {},
        "deadline": asked["deadline"],
        "callback": f"https://portal.example.org/api/deployments/{deployment.pk}/steps/{step.key}",
    }


def test_a_report_is_answered_with_the_step_and_what_proves_it(asked: dict[str, Any], key: str) -> None:
    answer = report(asked, key, note="412 passed", url="https://ci.example.org/1", evidence={"passed": 412})
    assert answer.status_code == 200, answer.json()
    found = answer.json()
    assert (found["status"], found["attempt"], found["environment"]) == ("succeeded", 1, "staging")
    last = found["evidence"][-1]
    assert (last["outcome"], last["note"], last["data"]) == ("succeeded", "412 passed", {"passed": 412})
    assert last["by"] == "api:ci"
    tick()
    whole = get(f"/api/deployments/{asked['deployment']}", key).json()
    assert [each["status"] for each in whole["steps"]][:2] == ["succeeded", "running"]


def test_the_same_report_once_more_changes_nothing_and_is_answered_alike(
    asked: dict[str, Any], key: str
) -> None:
    for body in ({"status": "running", "note": "queued"}, {"note": "412 passed"}):
        first = report(asked, key, **body)
        before = evidence()
        again = report(asked, key, **body)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json() == first.json()
        assert evidence() == before


def test_another_word_for_a_step_that_has_ended_is_refused(asked: dict[str, Any], key: str) -> None:
    assert report(asked, key).status_code == 200
    answer = report(asked, key, status="failed", note="no, it failed")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_running")
    assert [outcome for outcome, _ in evidence()] == ["begun", "succeeded"]


@pytest.mark.parametrize("attempt", [2, 1_000])
def test_a_report_of_another_attempt_is_refused(asked: dict[str, Any], key: str, attempt: int) -> None:
    answer = report(asked, key, attempt=attempt)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "another_attempt")
    assert Step.objects.get(key=asked["step"]).state == "running"


def test_a_failure_ends_the_deployment_that_had_changed_nothing(asked: dict[str, Any], key: str) -> None:
    assert report(asked, key, status="failed", note="3 of 412 failed").json()["status"] == "failed"
    found = get(f"/api/deployments/{asked['deployment']}", key).json()
    assert found["status"] in ("failed", "rolling_back")
    assert report(asked, key, status="failed", note="3 of 412 failed").status_code == 200


def test_an_idempotency_key_gets_the_first_answer(asked: dict[str, Any], key: str) -> None:
    path = asked["callback"].removeprefix("https://portal.example.org")
    said = {"status": "running", "note": "queued"}
    first = patch(path, said, key, **{"Idempotency-Key": "1"})
    assert patch(path, {"status": "succeeded"}, key).status_code == 200
    assert patch(path, said, key, **{"Idempotency-Key": "1"}).json() == first.json()
    assert patch(path, {**said, "note": "x"}, key, **{"Idempotency-Key": "1"}).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "done"}, "status"),
        ({"status": None}, "status"),
        ({"result": "x"}, "result"),
        ({"note": 5}, "note"),
        ({"note": "x" * 5_001}, "note"),
        ({"note": "a\0"}, "note"),
        ({"url": "ftp://x"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": f"https://{'x' * 1_000}"}, "url"),
        ({"attempt": 0}, "attempt"),
        ({"attempt": "1"}, "attempt"),
        ({"evidence": []}, "evidence"),
        ({"evidence": "x"}, "evidence"),
        ({"evidence": {"log": "x" * 20_000}}, "evidence"),
        ({"evidence": {"log": "a\0"}}, "evidence"),
        ({"evidence": {"log": "\ud800"}}, "evidence"),
    ],
)
def test_a_wrong_report_names_its_field_and_changes_nothing(
    asked: dict[str, Any], key: str, body: dict[str, Any], field: str
) -> None:
    answer = report(asked, key, **body)
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()["error"]["fields"]) == [field]
    assert [outcome for outcome, _ in evidence()] == ["begun"]


def test_what_is_not_json_or_not_there_or_not_permitted_is_turned_away(
    asked: dict[str, Any], key: str
) -> None:
    path = f"/api/deployments/{asked['deployment']}/steps"
    for name in ("none", "%00", "x" * 500):
        assert patch(f"{path}/{name}", {"status": "succeeded"}, key).status_code == 404
    assert patch(f"/api/deployments/{10**30}/steps/x", {"status": "succeeded"}, key).status_code == 404
    assert patch(f"{path}/{asked['step']}", "{", key).status_code == 400
    assert patch(f"{path}/{asked['step']}", "[]", key).status_code == 400
    reader = an_api_key("read", name="reader")
    assert patch(f"{path}/{asked['step']}", {"status": "succeeded"}, reader).status_code == 403
    assert Client().patch(f"{path}/{asked['step']}").status_code == 401


def test_what_the_portal_does_itself_nobody_reports(key: str) -> None:
    deployment = in_staging(a_release())
    step = running(deployment)
    Step.objects.filter(pk=step.pk).update(runner="portal", action="health_check")
    path = f"/api/deployments/{deployment.pk}/steps/{step.key}"
    answer = patch(path, {"status": "succeeded"}, key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "by_the_portal")
