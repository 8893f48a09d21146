"""Plans over HTTP: reading them, and the verbs on them."""

from typing import Any

import pytest
from django.test import Client

from operations.models import AuditEvent
from rollout.models import Plan
from tests import builders
from tests.doors import an_api_key, bearing, every_row, get, post, run

pytestmark = pytest.mark.django_db

ROLLOUT = "/api/rollouts/patient_engagement"
VERBS = {
    "phase": {"number": 2},
    "set": {"percentage": 30},
    "pause": {},
    "resume": {"percentage": 15},
    "rollback": {},
    "complete": {},
}


@pytest.fixture
def key(db: None) -> str:
    return an_api_key("read", "rollout")


def test_the_list_has_every_live_plan(key: str) -> None:
    builders.a_plan_in_phase(1)
    found = get("/api/rollouts", key).json()["rollouts"]
    assert [plan["module"] for plan in found] == ["health_management", "patient_engagement"]
    assert found[1]["enabled"] == 4


def test_one_plan_is_what_the_command_prints(key: str) -> None:
    builders.a_plan_in_phase(1)
    assert get(ROLLOUT, key).json() == run("rollout", "status", "--json").document


def test_health_is_an_alias(key: str) -> None:
    builders.modules()
    assert get("/api/rollouts/health", key).json()["module"] == "health_management"


def test_a_verb_answers_as_the_contract_says(key: str) -> None:
    builders.a_plan(eligible=631)
    answer = post(f"{ROLLOUT}/phase", {"number": 1, "updatedBy": "ada"}, key)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["module"], found["operation"], found["from"], found["to"]) == (
        "patient_engagement",
        "phase",
        0,
        10,
    )
    assert (found["gain"], found["lose"], found["dryRun"], found["version"]) == (64, 0, False, 2)
    assert found["gaining"] == builders.numbered(50)
    assert {"key": "patient_engagement_module", "gain": 64, "lose": 0} in found["flags"]
    event = AuditEvent.objects.get(action="rollout.phase_run")
    assert event.who == "api:product for ada"


def test_phase_is_another_word_for_number(key: str) -> None:
    builders.a_plan()
    assert post(f"{ROLLOUT}/phase", {"phase": 1}, key).json()["to"] == 10


def test_the_verbs_one_after_the_other(key: str) -> None:
    builders.a_plan_in_phase(1)
    steps: list[tuple[str, dict[str, Any], str, int]] = [
        ("set", {"percentage": 30, "reason": "pilot"}, "running", 30),
        ("pause", {"reason": "errors"}, "paused", 30),
        ("resume", {"percentage": 15}, "running", 15),
        ("rollback", {"reason": "errors"}, "rolled_back", 10),
        ("resume", {"percentage": 50}, "running", 50),
        ("rollback", {"target": 5}, "rolled_back", 5),
        ("set", {"percentage": 0}, "rolled_back", 0),
    ]
    for operation, body, status, percentage in steps:
        answer = post(f"{ROLLOUT}/{operation}", body, key)
        assert answer.status_code == 200, answer.json()
        plan = builders.engagement()
        assert (plan.status, plan.percentage) == (status, percentage)
        assert (answer.json()["status"], answer.json()["to"]) == (status, percentage)
    assert builders.engagement().all_off


@pytest.mark.parametrize("operation", VERBS)
def test_a_dry_run_previews_and_leaves_every_row_as_it_was(operation: str, key: str) -> None:
    builders.a_plan_in_phase(1)
    before = every_row()
    answer = post(f"{ROLLOUT}/{operation}", {**VERBS[operation], "dryRun": True}, key)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["operation"], found["dryRun"]) == (operation, True)
    assert every_row() == before


def test_a_dry_run_says_what_refuses_it(key: str) -> None:
    builders.a_plan_in_phase(1)
    found = post(f"{ROLLOUT}/phase", {"number": 2, "dryRun": True}, key).json()
    assert [reason["code"] for reason in found["refused"]] == ["soak", "verdict_missing"]
    assert all(reason["canOverride"] for reason in found["refused"])


@pytest.mark.parametrize("operation", ["phase", "set", "pause", "resume", "complete"])
def test_an_old_version_is_refused(operation: str, key: str) -> None:
    builders.a_plan_in_phase(1)
    answer = post(f"{ROLLOUT}/{operation}", {**VERBS[operation], "version": 1}, key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stale")


def test_a_rollback_takes_no_version(key: str) -> None:
    builders.a_plan_in_phase(1)
    answer = post(f"{ROLLOUT}/rollback", {"version": 1}, key)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["version"])


@pytest.mark.parametrize(
    ("operation", "body", "field"),
    [
        ("set", {}, "percentage"),
        ("set", {"percentage": 101}, "percentage"),
        ("set", {"percentage": -1}, "percentage"),
        ("set", {"percentage": "50"}, "percentage"),
        ("resume", {"percentage": 10.5}, "percentage"),
        ("rollback", {"target": 50}, "target"),
        ("pause", {"reason": "x" * 2_001}, "reason"),
        ("pause", {"reason": None}, "reason"),
        ("pause", {"override": "please"}, "override"),
        ("phase", {"number": 2, "override": "please"}, "override"),
        ("complete", {"number": 4}, "number"),
    ],
)
def test_what_a_verb_cannot_take_is_400(operation: str, body: dict[str, Any], field: str, key: str) -> None:
    builders.a_plan_in_phase(1)
    before = every_row()
    answer = post(f"{ROLLOUT}/{operation}", body, key)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
    assert every_row() == before


@pytest.mark.parametrize("operation", VERBS)
def test_every_verb_asks_for_the_rollout_scope(operation: str) -> None:
    builders.a_plan_in_phase(1)
    before = Plan.objects.values().get(module__key="patient_engagement")
    scopes = ["evaluate", "read", "workspaces", "ingest", "feedback", "respond", "deploy"]
    answer = post(f"{ROLLOUT}/{operation}", VERBS[operation], an_api_key(*scopes))
    assert answer.status_code == 403
    assert Client().post(f"{ROLLOUT}/{operation}", "{}", content_type="application/json").status_code == 401
    assert Plan.objects.values().get(module__key="patient_engagement") == before


@pytest.mark.parametrize("operation", VERBS)
def test_every_verb_is_a_post(operation: str, key: str) -> None:
    builders.modules()
    answer = Client().get(f"{ROLLOUT}/{operation}", **bearing(key))
    assert answer.status_code == 405
    assert post(f"/api/rollouts/nope/{operation}", VERBS[operation], key).status_code == 404


def test_an_empty_body_is_an_empty_object(key: str) -> None:
    builders.a_plan_in_phase(1)
    answer = Client().post(f"{ROLLOUT}/pause", content_type="application/json", **bearing(key))
    assert answer.status_code == 200, answer.json()
