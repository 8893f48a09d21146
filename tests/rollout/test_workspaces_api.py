"""`PUT /api/workspaces`: the whole batch or nothing, and every fault by its path."""

import json
from typing import Any

import pytest
from django.test import Client

from operations.models import AuditEvent
from rollout.models import Member, Workspace
from tests import builders
from tests.doors import an_api_key, bearing

pytestmark = pytest.mark.django_db

ADA = {"member": "ada", "role": "pharmacist", "email": "ada@example.org", "active": True}
FIRST = {
    "id": "FA1",
    "name": "First",
    "tier": "professional",
    "status": "active",
    "region": "North",
    "timeZone": "Europe/London",
    "members": [ADA],
}


@pytest.fixture
def key() -> str:
    return an_api_key("workspaces")


def put(key: str, *workspaces: Any, idempotency: str = "", **body: Any) -> Any:
    headers = {"Idempotency-Key": idempotency} if idempotency else {}
    text = json.dumps({"workspaces": list(workspaces), **body})
    return Client().put("/api/workspaces", text, content_type="application/json", **bearing(key, **headers))


def fields(answer: Any, status: int = 400) -> dict[str, str]:
    assert answer.status_code == status, answer.content
    error = answer.json()["error"]
    assert error["code"] == "invalid"
    found: dict[str, str] = error["fields"]
    return found


def test_a_batch_is_taken_in_and_counted(key: str) -> None:
    builders.modules()
    answer = put(key, FIRST, {**FIRST, "id": "FA2", "members": []})
    assert answer.status_code == 200
    assert answer.json() == {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "dryRun": False,
        "refused": "",
        "modules": [
            {
                "module": "patient_engagement",
                "eligible": 1,
                "enabled": 0,
                "gain": 0,
                "lose": 0,
                "losing": [],
            }
        ],
    }
    stored = Workspace.objects.get(pk="FA1")
    assert (stored.name, stored.region, stored.time_zone) == ("First", "North", "Europe/London")
    assert Member.objects.values_list("member", "role", "email", "active").get() == tuple(ADA.values())
    event = AuditEvent.objects.get(action="workspaces.imported")
    assert (event.door, event.actor, event.data["source"]) == ("api", "product", "PUT /api/workspaces")
    assert put(key, FIRST).json()["unchanged"] == 1


def test_bad_values_are_named_by_their_path_and_nothing_is_taken_in(key: str) -> None:
    bad = {**FIRST, "id": "FA2", "tier": "Gold Plan", "members": [{"member": "bob"}]}
    found = fields(put(key, FIRST, bad, {**FIRST, "id": "FA3", "zone": "x"}))
    assert list(found) == ["workspaces[1].tier", "workspaces[1].members[0].role", "workspaces[2].zone"]
    assert not Workspace.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "workspaces"),
        ({"workspaces": {}}, "workspaces"),
        ({"workspaces": []}, "workspaces"),
        ({"workspaces": [FIRST], "dryRun": "yes"}, "dryRun"),
        ({"workspaces": [FIRST], "confirmloss": True}, "confirmloss"),
        ({"workspaces": [{**FIRST, "id": "\ud800"}]}, "workspaces[0].id"),
        ({"workspaces": [{**FIRST, "name": "a\0b"}]}, "workspaces[0].name"),
    ],
)
def test_a_body_of_another_form_is_refused(key: str, body: Any, field: str) -> None:
    answer = Client().put(
        "/api/workspaces", json.dumps(body), content_type="application/json", **bearing(key)
    )
    assert field in fields(answer)


def test_more_than_ten_thousand_are_refused_with_the_limit(key: str) -> None:
    found = fields(put(key, *[{"id": str(number)} for number in range(10_001)]))
    assert "10,000" in found["workspaces"]


def test_a_dry_run_writes_nothing(key: str) -> None:
    answer = put(key, FIRST, dryRun=True)
    assert (answer.json()["created"], answer.json()["dryRun"]) == (1, True)
    assert not Workspace.objects.exists()
    assert not AuditEvent.objects.filter(door="api").exists()


def test_a_large_loss_is_refused_until_it_is_confirmed(key: str) -> None:
    builders.a_plan_in_phase(1)
    lapsed = {"id": "W00000", "name": "X", "tier": "professional", "status": "cancelled"}
    assert "cohort" not in put(key, lapsed, dryRun=True).json()["refused"].split()
    assert "1 of the 4" in put(key, lapsed, dryRun=True).json()["refused"]
    answer = put(key, lapsed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "cohort_loss")
    assert Workspace.objects.get(pk="W00000").status == "active"
    assert put(key, lapsed, confirmLoss=True).json()["modules"][0]["losing"] == ["W00000"]


def test_a_repeat_with_the_same_key_is_done_once(key: str) -> None:
    first = put(key, FIRST, idempotency="abc")
    again = put(key, FIRST, idempotency="abc")
    assert first.json() == again.json()
    assert again.json()["created"] == 1
    assert AuditEvent.objects.filter(door="api").count() == 1
    other = put(key, {**FIRST, "name": "Other"}, idempotency="abc")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")


def test_the_call_asks_for_its_scope() -> None:
    assert put(an_api_key("read"), FIRST).status_code == 403
    assert Client().put("/api/workspaces", "{}", content_type="application/json").status_code == 401
    assert not Workspace.objects.exists()


def test_the_description_names_every_field() -> None:
    schema = Client().get("/api/schema", {"format": "json"}, headers={"Accept": "application/json"})
    assert schema.status_code == 200
    described = schema.content.decode()
    for name in ("upsertWorkspaces", "timeZone", "confirmLoss", "WorkspaceBody", "MemberBody"):
        assert name in described
