"""What a unit has, and why, over HTTP; and the API's own description."""

from typing import Any

import pytest
import yaml
from django.test import Client

from rollout import flags, phases
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, get, run

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"


@pytest.fixture
def key(db: None) -> str:
    return an_api_key("evaluate", "read")


def test_the_header_names_the_unit(key: str) -> None:
    builders.a_plan_in_phase(1)
    found = get("/api/feature-flags/patient_engagement", key, **{"Workspace-ID": "W00000"}).json()
    assert found["module"] == "patient_engagement"
    assert len(found["flags"]) == 10
    assert {flag for flag, on in found["flags"].items() if on} == {
        CORE,
        "appointment_scheduling",
        "followup_task_management",
        "smart_reminder_system",
    }


@pytest.mark.parametrize(
    "headers", [{}, {"Workspace-ID": ""}, {"User-ID": "W00000"}, {"Workspace-ID": "W00039"}]
)
def test_without_a_unit_of_the_cohort_all_is_off(headers: dict[str, str], key: str) -> None:
    builders.a_plan_in_phase(1)
    answer = get("/api/feature-flags/patient_engagement", key, **headers)
    assert answer.status_code == 200
    assert not any(answer.json()["flags"].values())


def test_health_is_an_alias_and_asks_for_a_user(key: str) -> None:
    builders.modules()
    phases.set_percentage(builders.health(), 100, actor=ROOT)
    path = "/api/feature-flags/health"
    assert get(path, key, **{"User-ID": "test-user"}).json() == {
        "module": "health_management",
        "flags": {"health_management": True},
    }
    assert get(path, key).json()["flags"] == {"health_management": False}
    assert get(path, key, **{"Workspace-ID": "test-user"}).json()["flags"] == {"health_management": False}


def test_an_archived_flag_is_not_listed(key: str) -> None:
    builders.a_plan_in_phase(1)
    flags.archive(builders.flag("clinical_alerts"), actor=ROOT)
    assert "clinical_alerts" not in get("/api/feature-flags/patient_engagement", key).json()["flags"]


def test_explain_is_what_the_command_prints(key: str) -> None:
    builders.a_plan_in_phase(1)
    for unit in ("W00000", "W00039", "nobody"):
        answer = get(f"/api/feature-flags/{CORE}/explain?unit={unit}", key)
        assert answer.json() == run("rollout", "explain", CORE, unit, "--json").document
    unitless = get(f"/api/feature-flags/{CORE}/explain", key).json()
    assert (unitless["unit"], unitless["value"], unitless["steps"][-1]["rule"]) == ("", False, "unit")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/feature-flags/nope", 404),
        ("/api/feature-flags/nope/explain?unit=a", 404),
        (f"/api/feature-flags/{CORE}", 404),
        (f"/api/feature-flags/{CORE}/explain?unit={'x' * 121}", 400),
        (f"/api/feature-flags/{CORE}/explain?unit=a%00b", 400),
        (f"/api/feature-flags/{CORE}/explain?unit=%F0%9F%92%8A%20x", 200),
    ],
)
def test_odd_names_get_an_answer(path: str, status: int, key: str) -> None:
    builders.a_plan_in_phase(1)
    assert get(path, key).status_code == status


def test_each_call_asks_for_its_scope() -> None:
    builders.modules()
    evaluate, read = an_api_key("evaluate", name="evaluate"), an_api_key("read", name="read")
    flags_path, explain_path = (
        "/api/feature-flags/patient_engagement",
        f"/api/feature-flags/{CORE}/explain?unit=a",
    )
    assert [get(flags_path, key).status_code for key in (evaluate, read)] == [200, 403]
    assert [get(explain_path, key).status_code for key in (evaluate, read)] == [403, 200]


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
