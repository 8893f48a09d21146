"""The calls about releases are as described: schemathesis makes calls from that, good and bad."""

from typing import Any

import pytest
import schemathesis
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from releases.models import Deployment
from tests.doors import an_api_key, get, post
from tests.feedback.api.test_described import application, described, faults, shortened
from tests.releases.builders import a_release, an_issue, in_production, in_staging, ready, running, walk_to
from tests.releases.builders import tested as passed_staging

__all__ = ["application"]
pytestmark = pytest.mark.django_db

RELEASES = "/api/releases"
ONE = f"{RELEASES}/{{version}}"
DEPLOYMENT = "/api/deployments/{number}"
STEP = f"{DEPLOYMENT}/steps/{{step}}"
WRITES = {"400", "401", "403", "404", "409", "413", "415", "429", "503"}
CALLS = {
    (RELEASES, "get"): {"200", "400", "401", "403", "404", "429"},
    (ONE, "get"): {"200", "401", "403", "404", "429"},
    (f"{ONE}/deployments", "post"): {"200", "201", *WRITES},
    (f"{ONE}/rollback", "post"): {"200", *WRITES},
    (DEPLOYMENT, "get"): {"200", "401", "403", "404", "429"},
    (STEP, "patch"): {"200", *WRITES},
    ("/api/dora", "get"): {"200", "400", "401", "403", "404", "429"},
}
load_all_checks()
EXCLUDED: list[Any] = [
    # What stands in no schema: which releases there are, and what is missing before they may go on.
    CHECKS.get_one("positive_data_acceptance"),
    # Evidence that is too long is JSON for the schema; what is not there is 404 whatever else is wrong.
    CHECKS.get_one("negative_data_rejection"),
    # Takes the good key for one that it made up, which stands beside it in the other header.
    CHECKS.get_one("ignored_auth"),
]


def test_the_description_is_valid_and_names_every_call_and_answer() -> None:
    validate_schema(described())
    paths = described()["paths"]
    found = {
        (path, method): set(paths[path][method]["responses"])
        for path in paths
        if path.startswith((RELEASES, "/api/deployments", "/api/dora"))
        for method in paths[path]
    }
    assert found == CALLS
    schemas = described()["components"]["schemas"]
    report = schemas["StepReportBody"]
    assert set(report["properties"]) == {"status", "attempt", "note", "url", "evidence"}
    assert report["required"] == ["status"]
    assert schemas["DeployBody"]["additionalProperties"] is False


def test_every_answer_holds_what_is_described_and_nothing_else() -> None:
    key = an_api_key("read", "deploy")
    a_release("1.0.0")
    passed_staging(a_release("1.0.1"))
    walk_to(in_production(a_release("1.0.2")), "gradual_rollout")
    post(f"{RELEASES}/1.0.2/rollback", {"reason": "It hurts"}, key)
    in_staging(a_release("1.0.3"))
    for release in get(RELEASES, key).json()["releases"]:
        assert faults("Release", release) == []
        assert faults("WholeRelease", get(f"{RELEASES}/{release['version']}", key).json()) == []
    for deployment in Deployment.objects.all():
        found = get(f"/api/deployments/{deployment.pk}", key).json()
        assert faults("WholeDeployment", found) == []
    assert faults("Dora", get("/api/dora", key).json()) == []


def test_what_was_done_is_told_as_described() -> None:
    key = an_api_key("read", "deploy")
    ready(a_release())
    body = {"environment": "production", "dryRun": True}
    assert faults("Started", post(f"{RELEASES}/1.0.2/deployments", body, key).json()) == []
    started = post(f"{RELEASES}/1.0.2/deployments", {"environment": "production"}, key)
    assert faults("Started", started.json()) == []
    refused = post(f"{RELEASES}/1.0.2/deployments", {"environment": "production"}, key)
    assert (refused.status_code, faults("NotReady", refused.json())) == (409, [])
    back = post(f"{RELEASES}/1.0.2/rollback", {"reason": "It hurts"}, key)
    assert faults("TakenBack", back.json()) == []


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(
    ("path", "method", "usual"),
    [
        (RELEASES, "GET", 200),
        (f"{ONE}/deployments", "POST", 409),
        (f"{ONE}/rollback", "POST", 409),
        (STEP, "PATCH", 200),
        ("/api/dora", "GET", 200),
    ],
)
def test_no_call_is_answered_otherwise_than_described(
    path: str, method: str, usual: int, mode: GenerationMode, application: Any
) -> None:
    a_release("1.0.2", [an_issue(fixed=False)])
    deployment = in_staging(a_release("1.0.3"))
    known: dict[str, Any] = {"version": "1.0.2"} if "{version}" in path else {}
    if "{step}" in path:
        known = {"number": deployment.pk, "step": running(deployment).key}
    headers = {"Authorization": f"Bearer {an_api_key('read', 'deploy')}"}
    operation = schemathesis.openapi.from_dict(shortened(described()))[path][method]
    statuses = set()

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode, path_parameters=known or None))
        if mode == GenerationMode.POSITIVE:
            make_known(case)
        response = case.call_and_validate(app=application, headers=headers, excluded_checks=EXCLUDED)
        statuses.add(response.status_code)

    check()
    assert statuses <= {200, 400, 404, 405, 409, 415}
    assert (usual if mode == GenerationMode.POSITIVE else 400) in statuses


def make_known(case: Any) -> None:
    """Leave out what no schema tells: a module that there is, a time, evidence that every database keeps."""
    if isinstance(case.query, dict):
        for name in ("module", "since", "until"):
            case.query.pop(name, None)
    if isinstance(case.body, dict):
        for name in ("attempt", "url", "evidence"):
            case.body.pop(name, None)
        if "note" in case.body or "status" in case.body:
            case.body["note"] = "seen"
        if "reason" in case.body or "environment" not in case.body:
            case.body.pop("dryRun", None)
