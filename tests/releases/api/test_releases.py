"""Releases over HTTP: reading them, deploying them, taking them back."""

import json
from typing import Any

import pytest
from django.utils import timezone

from operations.models import AuditEvent, Window
from releases.models import Deployment, Release
from tests import builders
from tests.doors import an_api_key, every_row, get, post
from tests.releases.builders import a_release, an_issue, in_production, ready, tick, walk_to
from tests.releases.builders import tested as passed_staging

pytestmark = pytest.mark.django_db

RELEASES = "/api/releases"
ONE = f"{RELEASES}/1.0.2"


@pytest.fixture
def key() -> str:
    return an_api_key("read", "deploy", name="ci")


def rows() -> dict[str, list[Any]]:
    """Every row, but for what any call with a key writes."""
    found = every_row()
    return {name: found[name] for name in found if name not in ("operations.ApiKey",)}


def versions(key: str, query: str = "") -> list[str]:
    answer = get(f"{RELEASES}{query}", key)
    assert answer.status_code == 200, answer.json()
    return [each["version"] for each in answer.json()["releases"]]


def test_releases_are_listed_the_highest_version_first_and_narrowed(key: str) -> None:
    for version in ("1.2.0", "1.10.0"):
        a_release(version, category="low")
    builders.modules()
    done = a_release("1.1.0", [an_issue("High")], category="high", method="maintenance_window")
    assert versions(key) == ["1.10.0", "1.2.0", done.version]
    assert versions(key, "?category=high") == ["1.1.0"]
    assert versions(key, "?module=health_management") == []
    assert versions(key, "?status=draft&limit=2") == ["1.10.0", "1.2.0"]
    assert versions(key, "?status=open&offset=2") == ["1.1.0"]
    assert versions(key, "?status=deployed") == []
    assert get(f"{RELEASES}?limit=2", key).json()["more"] is True


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("?status=odd", 400, "status"),
        ("?category=fatal", 400, "category"),
        ("?limit=0", 400, "limit"),
        ("?limit=201", 400, "limit"),
        ("?offset=-1", 400, "offset"),
        ("?module=nothing", 404, None),
        ("?module=%00", 404, None),
    ],
)
def test_a_wrong_question_names_its_parameter(key: str, query: str, status: int, field: str | None) -> None:
    answer = get(f"{RELEASES}{query}", key)
    assert answer.status_code == status
    assert list(answer.json()["error"].get("fields", {None: ""})) == [field]


def test_a_release_is_read_with_its_issues_deployments_and_changelog(key: str) -> None:
    passed_staging(a_release(risk="Old ones may be sent again"))
    found = get(ONE, key).json()
    assert (found["status"], found["category"], found["flag"]) == ("tested", "medium", "release_1.0.2")
    assert [each["id"] for each in found["issues"]] == ["BUG-001"]
    assert [(each["environment"], each["status"]) for each in found["deployments"]] == [
        ("production", "planned"),
        ("staging", "complete"),
    ]
    assert found["changelog"] == "- BUG-001: Bug of 1.0.2"
    assert found["risk"] == "Old ones may be sent again"
    for version in ("9.9.9", "%00", "x" * 300):
        assert get(f"{RELEASES}/{version}", key).status_code == 404


def test_a_list_takes_as_many_queries_long_as_short(key: str, django_assert_num_queries: Any) -> None:
    for number in range(1, 3):
        passed_staging(a_release(f"1.0.{number}"))
        with django_assert_num_queries(4):
            assert len(versions(key)) == number


def test_a_release_is_deployed_to_staging_once(key: str) -> None:
    a_release()
    body = {"environment": "staging", "by": "pipeline 7"}
    answer = post(f"{ONE}/deployments", body, key, **{"Idempotency-Key": "a"})
    assert answer.status_code == 201, answer.json()
    found = answer.json()
    assert (found["environment"], found["percentage"], found["missing"]) == ("staging", 100, [])
    assert found["deployment"]["status"] == "running"
    assert found["deployment"]["deployedBy"] == "api:ci (pipeline 7)"
    again = post(f"{ONE}/deployments", body, key, **{"Idempotency-Key": "a"})
    assert (again.status_code, again.json()) == (201, found)
    assert Deployment.objects.filter(environment="staging").count() == 1
    other = post(f"{ONE}/deployments", {"environment": "production"}, key, **{"Idempotency-Key": "a"})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert post(f"{ONE}/deployments", body, key).status_code == 409
    assert AuditEvent.objects.get(action="deployment.started").who == "api:ci for pipeline 7"


def test_a_refused_deployment_lists_what_is_missing(key: str) -> None:
    passed_staging(a_release())
    before = rows()
    answer = post(f"{ONE}/deployments", {"environment": "production"}, key, **{"Idempotency-Key": "a"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "checklist")
    assert {each["code"] for each in error["missing"]} == {"checklist", "sign_off"}
    assert all(each["message"] in error["message"] for each in error["missing"])
    preview = post(f"{ONE}/deployments", {"environment": "production", "dryRun": True}, key)
    assert (preview.status_code, preview.json()["missing"]) == (200, error["missing"])
    assert preview.json()["deployment"] is None
    assert rows() == before


def test_a_deployment_goes_as_far_as_it_is_told(key: str) -> None:
    ready(a_release())
    body = {"environment": "production", "rolloutPercentage": 25}
    found = post(f"{ONE}/deployments", body, key).json()
    assert (found["percentage"], found["deployment"]["targetPercentage"]) == (25, 25)
    assert found["deployment"]["ladder"] == [10, 25, 50, 100]
    assert [each["key"] for each in found["deployment"]["steps"]][:2] == ["health_check", "backup"]


def test_a_freeze_refuses_a_deployment_with_its_name_and_never_a_rollback(key: str) -> None:
    deployment = in_production(a_release())
    walk_to(deployment, "gradual_rollout")
    tick()
    Window.objects.create(kind="freeze", title="Black Friday", starts_at=timezone.now())
    a_release("1.0.3")
    answer = post(f"{RELEASES}/1.0.3/deployments", {"environment": "staging"}, key)
    assert answer.status_code == 409
    assert "Black Friday" in answer.json()["error"]["message"]
    assert post(f"{ONE}/rollback", {"reason": "It hurts"}, key).status_code == 200


def test_a_release_is_taken_back(key: str) -> None:
    deployment = in_production(a_release())
    walk_to(deployment, "gradual_rollout")
    tick()
    before = rows()
    preview = post(f"{ONE}/rollback", {"dryRun": True}, key)
    assert preview.status_code == 200, preview.json()
    assert preview.json()["steps"][0] == "Disable all feature flags immediately"
    assert post(f"{ONE}/rollback", {}, key).json()["error"]["fields"].keys() == {"reason"}
    assert rows() == before
    answer = post(f"{ONE}/rollback", {"reason": "It hurts", "by": "ada"}, key, **{"Idempotency-Key": "b"})
    assert (answer.status_code, answer.json()["steps"]) == (200, preview.json()["steps"])
    found = answer.json()["deployment"]
    assert (found["status"], found["percentage"], found["rollback"]["reason"]) == (
        "rolling_back",
        0,
        "It hurts",
    )
    assert found["rollback"]["by"] == "api:ci (ada)"
    again = post(f"{ONE}/rollback", {"reason": "It hurts", "by": "ada"}, key, **{"Idempotency-Key": "b"})
    assert again.json() == answer.json()
    assert post(f"{ONE}/rollback", {"reason": "again"}, key).status_code == 409
    assert Release.objects.get().state == "rolled_back"


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("deployments", {}, "environment"),
        ("deployments", {"environment": "moon"}, "environment"),
        ("deployments", {"environment": "production", "rolloutPercentage": 0}, "rolloutPercentage"),
        ("deployments", {"environment": "production", "rolloutPercentage": 101}, "rolloutPercentage"),
        ("deployments", {"environment": "production", "rolloutPercentage": "25"}, "rolloutPercentage"),
        ("deployments", {"environment": "staging", "rolloutPercentage": 25}, "rolloutPercentage"),
        ("deployments", {"environment": "staging", "dryrun": True}, "dryrun"),
        ("deployments", {"environment": "staging", "dryRun": 1}, "dryRun"),
        ("rollback", {"reason": "  "}, "reason"),
        ("rollback", {"reason": "x" * 2_001}, "reason"),
        ("rollback", {"reason": "x", "force": True}, "force"),
        ("rollback", {"reason": "x", "environment": "moon"}, "environment"),
    ],
)
def test_a_wrong_body_names_its_field_and_does_nothing(
    key: str, call: str, body: dict[str, Any], field: str
) -> None:
    a_release()
    before = rows()
    answer = post(f"{ONE}/{call}", body, key)
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()["error"]["fields"]) == [field]
    assert rows() == before


def test_what_is_not_there_is_not_found(key: str) -> None:
    assert post(f"{RELEASES}/9.9.9/deployments", {"environment": "staging"}, key).status_code == 404
    assert post(f"{RELEASES}/9.9.9/rollback", {"reason": "x"}, key).status_code == 404
    assert get("/api/deployments/7", key).status_code == 404
    assert get(f"/api/deployments/{10**30}", key).status_code == 404


def test_scopes_part_reading_from_deploying() -> None:
    a_release()
    reader, deployer = an_api_key("read", name="reader"), an_api_key("deploy", name="deployer")
    assert get(RELEASES, deployer).status_code == 403
    assert get(ONE, deployer).status_code == 403
    assert get("/api/dora", deployer).status_code == 403
    assert post(f"{ONE}/deployments", {"environment": "staging"}, reader).status_code == 403
    assert post(f"{ONE}/rollback", {"reason": "x"}, reader).status_code == 403
    assert Release.objects.get().state == "draft"


def test_dora_is_read_for_a_period_and_a_module(key: str) -> None:
    builders.modules()
    found = get("/api/dora?since=2026-01-01&until=2026-03-01&module=patient_engagement", key).json()
    assert (found["module"], found["deploymentFrequency"]["n"]) == ("patient_engagement", 0)
    assert found["since"] == "2026-01-01T00:00:00Z"
    assert get("/api/dora", key).json()["module"] is None
    for query, field in (
        ("since=soon", "since"),
        ("until=2026-02-30", "until"),
        ("since=0001-01-01", "since"),
        ("since=2026-03-01&until=2026-01-01", "since"),
    ):
        answer = get(f"/api/dora?{query}", key)
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field]), query
    assert get("/api/dora?module=none", key).status_code == 404


def test_too_large_a_body_is_refused(key: str, settings: Any) -> None:
    a_release()
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 200
    body = json.dumps({"environment": "staging", "by": "x" * 200})
    assert post(f"{ONE}/deployments", body, key).status_code == 413
