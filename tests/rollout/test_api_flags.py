"""What a unit has, and why, over HTTP; and the API's own description."""

import json
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from django.test import Client

from ops_portal.wsgi import application
from rollout import flags, phases
from rollout.ofrep.door import Door
from rollout.targeting import RuleDraft
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, get, run
from tests.rollout.ofrep.calling import Product

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"
COHORT = {
    CORE,
    "appointment_scheduling",
    "followup_task_management",
    "smart_reminder_system",
}


@pytest.fixture
def key(db: None) -> str:
    return an_api_key("evaluate", "read")


@pytest.fixture
def product(key: str) -> Product:
    """Forty workspaces, W00000 to W00003 of them in."""
    builders.a_plan_in_phase(1)
    return Product(key)


# --- a module's flags --------------------------------------------------------------------------------------


def test_the_header_names_the_unit(product: Product) -> None:
    heard = product.module("patient_engagement", HTTP_WORKSPACE_ID="W00000")
    assert (heard.status, heard.headers["Content-Type"]) == (200, "application/json")
    found = heard.document
    assert found["module"] == "patient_engagement"
    assert len(found["flags"]) == 10
    assert {flag for flag, on in found["flags"].items() if on} == COHORT


@pytest.mark.parametrize(
    "headers",
    [{}, {"HTTP_USER_ID": "W00000"}, {"HTTP_WORKSPACE_ID": "W00039"}],
)
def test_without_a_unit_of_the_cohort_all_is_off(headers: dict[str, str], product: Product) -> None:
    heard = product.module("patient_engagement", **headers)
    assert heard.status == 200
    assert not any(heard.document["flags"].values())


def test_health_is_an_alias_and_asks_for_a_user(product: Product) -> None:
    phases.set_percentage(builders.health(), 100, actor=ROOT)
    product.look()
    assert product.module("health", HTTP_USER_ID="test-user").document == {
        "module": "health_management",
        "flags": {"health_management": True},
    }
    off = {"health_management": False}
    assert product.module("health").document["flags"] == off
    assert product.module("health", HTTP_WORKSPACE_ID="test-user").document["flags"] == off


def test_an_archived_flag_is_not_listed(product: Product) -> None:
    flags.archive(builders.flag("clinical_alerts"), actor=ROOT)
    product.look()
    assert "clinical_alerts" not in product.module("patient_engagement").document["flags"]


def test_a_flag_with_variants_is_on_or_off(product: Product) -> None:
    builders.an_experiment()
    builders.a_flag("by_id", from_phase=3, rules=[RuleDraft("one", builders.where(workspace="W00039"))])
    product.look()
    found = product.module("patient_engagement", HTTP_WORKSPACE_ID="W00000").document["flags"]
    assert (found["colour"], found["by_id"]) == (True, False)
    found = product.module("patient_engagement", HTTP_WORKSPACE_ID="W00039").document["flags"]
    assert (found["colour"], found["by_id"]) == (False, True)


@pytest.mark.parametrize("unit", ["", "x" * 121, "a\x00b", "a\x7fb", "a\u200bb"])
def test_what_can_be_no_id_is_refused_by_the_headers_name(unit: str, product: Product) -> None:
    heard = product.module("patient_engagement", HTTP_WORKSPACE_ID=unit)
    assert heard.status == 400
    assert list(heard.document["error"]["fields"]) == ["Workspace-ID"]
    assert heard.document["error"]["message"].startswith("Workspace-ID: must ")
    assert product.module("health", HTTP_USER_ID=unit).document["error"]["fields"].keys() == {"User-ID"}


@pytest.mark.parametrize("name", ["nope", CORE, "", "health/", "patient%5Fengagement", "é", "a/b/explain/c"])
def test_there_is_no_other_module(name: str, product: Product) -> None:
    heard = product.module(name)
    assert heard.status == 404
    assert heard.document["error"]["code"] == "not_found"
    assert repr(name) in heard.document["error"]["message"]


def test_errors_have_the_form_of_the_api(key: str, product: Product) -> None:
    reading = an_api_key("read", name="reads")
    product.look()
    busy = Product(key, rate="1/min")
    for status, code, heard in (
        (401, "not_authenticated", Product().module("health")),
        (403, "permission_denied", Product(reading).module("health")),
        (405, "method_not_allowed", product.call("POST", "/api/feature-flags/health")),
        (200, "", busy.module("health")),
        (429, "throttled", busy.module("health")),
    ):
        assert heard.status == status
        if code:
            assert heard.document["error"]["code"] == code
            assert heard.document["error"]["message"]
    assert product.call("PUT", "/api/feature-flags/health").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_head_has_the_headers_of_get_and_no_body(product: Product) -> None:
    path = "/api/feature-flags/health"
    plain, head = product.call("GET", path), product.call("HEAD", path)
    assert (head.status, head.headers, head.body) == (200, plain.headers, b"")
    assert product.call("HEAD", "/api/feature-flags/nope").body == b""


def test_all_else_is_left_to_django(product: Product) -> None:
    for path in ("/api/feature-flags/x/explain", "/api/rollouts", "/ofrep/v1/evaluate", "/ofrep/v1/", "/"):
        assert "X-Beside" in product.call("GET", path).headers, path


# --- why ---------------------------------------------------------------------------------------------------


def test_explain_is_what_the_command_prints(key: str) -> None:
    builders.a_plan_in_phase(1)
    for unit in ("W00000", "W00039", "nobody"):
        answer = get(f"/api/feature-flags/{CORE}/explain?unit={unit}", key)
        assert answer.json() == run("rollout", "explain", CORE, unit, "--json").document
    unitless = get(f"/api/feature-flags/{CORE}/explain", key).json()
    assert (unitless["unit"], unitless["value"], unitless["steps"][-1]["rule"]) == ("", False, "unit")


def test_explain_looks_at_what_the_product_would_tell(key: str) -> None:
    builders.a_plan_in_phase(1)
    builders.an_experiment(rules=[RuleDraft("at home", builders.where(country="GB"), serve="blue")])
    context = json.dumps({"country": "GB"})
    path = f"/api/feature-flags/colour/explain?unit=W00039&context={quote(context)}"
    found = get(path, key).json()
    assert (found["value"], found["variant"], found["reason"]) == ("#00f", "blue", "TARGETING_MATCH")
    assert found["steps"][-1] == {"rule": "targeting rules", "result": "1 “at home” matches: blue"}
    assert found == run("rollout", "explain", "colour", "W00039", "--context", context, "--json").document
    without = get("/api/feature-flags/colour/explain?unit=W00039", key).json()
    assert (without["value"], without["variant"]) == ("#888", "off")


@pytest.mark.parametrize(
    "context", ["{", "[]", "5", "null", '"a"', '{"a": NaN}', "[" * 5_000, '{"a": "\\ud800"}']
)
def test_explain_names_a_context_that_it_cannot_read(context: str, key: str) -> None:
    builders.modules()
    answer = get(f"/api/feature-flags/{CORE}/explain?unit=a&context={quote(context)}", key)
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["context"]
    ran = run("rollout", "explain", CORE, "a", "--context", context)
    assert ran.code == 1
    assert "context: must be " in ran.err


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/feature-flags/nope/explain?unit=a", 404),
        (f"/api/feature-flags/{CORE}/explain?unit={'x' * 121}", 400),
        (f"/api/feature-flags/{CORE}/explain?unit=a%00b", 400),
        (f"/api/feature-flags/{CORE}/explain?unit=%F0%9F%92%8A%20x", 200),
        (f"/api/feature-flags/{CORE}/explain?context=", 200),
    ],
)
def test_odd_names_get_an_answer(path: str, status: int, key: str) -> None:
    builders.a_plan_in_phase(1)
    assert get(path, key).status_code == status


def test_explain_asks_for_its_scope() -> None:
    builders.modules()
    evaluate, read = an_api_key("evaluate", name="evaluate"), an_api_key("read", name="read")
    path = f"/api/feature-flags/{CORE}/explain?unit=a"
    assert [get(path, key).status_code for key in (evaluate, read)] == [403, 200]


# --- the description ---------------------------------------------------------------------------------------


def described() -> Any:
    return yaml.safe_load(Client().get("/api/schema").content)


def test_every_call_is_described_with_both_ways_to_send_a_key_and_its_errors() -> None:
    schema = described()
    assert set(schema["components"]["securitySchemes"]) >= {"bearer", "apiKey"}
    for path, methods in schema["paths"].items():
        if not path.startswith(("/api/rollouts", "/api/feature-flags")):
            continue
        for method, call in methods.items():
            assert {"bearer": []} in call["security"], path
            assert {"apiKey": []} in call["security"], path
            assert set(call["responses"]) >= {"200", "401", "403", "429"}, (path, method)
            form = call["responses"]["401"]["content"]["application/json"]["schema"]
            assert form == {"$ref": "#/components/schemas/Error"}


def test_the_description_says_what_the_contract_says() -> None:
    schema = described()
    paths = set(schema["paths"])
    assert paths >= {
        "/api/rollouts",
        "/api/rollouts/{module}",
        *(f"/api/rollouts/{{module}}/{verb}" for verb in ("phase", "set", "pause", "resume", "rollback")),
        "/api/feature-flags/{module}",
        "/api/feature-flags/{key}/explain",
    }
    outcome = schema["components"]["schemas"]["Outcome"]["properties"]
    assert set(outcome) >= {
        "module",
        "operation",
        "from",
        "to",
        "gain",
        "lose",
        "dryRun",
        "gaining",
        "losing",
        "flags",
    }
    for path in paths:
        assert not path.endswith("/")


def test_the_door_is_described_beside_the_views() -> None:
    schema = described()
    module = schema["paths"]["/api/feature-flags/{module}"]["get"]
    assert {parameter["name"] for parameter in module["parameters"]} == {"module", "Workspace-ID", "User-ID"}
    for path in ("/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/{key}"):
        call = schema["paths"][path]["post"]
        assert {"bearer": []} in call["security"]
        assert set(call["responses"]) >= {"200", "400", "401", "403", "429", "503"}
        assert call["responses"]["401"]["content"]["application/json"]["schema"]["$ref"].endswith(
            "OfrepError"
        )
    assert "304" in schema["paths"]["/ofrep/v1/evaluate/flags"]["post"]["responses"]
    assert {"OfrepAnswer", "OfrepAnswers", "OfrepError", "OfrepRequest", "ModuleFlags"} <= set(
        schema["components"]["schemas"]
    )


def test_the_server_mounts_the_door() -> None:
    assert isinstance(application, Door)
