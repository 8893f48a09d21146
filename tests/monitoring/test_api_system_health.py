"""`GET /api/monitoring/system-health`: what the product told, as the guide's interfaces."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers

from monitoring.api.health_serializers import SystemHealthSerializer
from tests import builders
from tests.doors import an_api_key, bearing, get, post
from tests.monitoring import past, seeds, traffic
from tests.monitoring.past import HOUR, NOW, SLOT

pytestmark = pytest.mark.django_db

PATH = "/api/monitoring/system-health"
SAMPLE = {
    "workspace": "W00000",
    "at": "2026-03-02T12:40:00Z",
    "requests": 100,
    "errors": 4,
    "timeouts": 1,
    "latencyBuckets": {
        "50": 0,
        "100": 0,
        "200": 0,
        "300": 50,
        "500": 100,
        "1000": 100,
        "2000": 100,
        "5000": 100,
        "+Inf": 100,
    },
    "latencySumMs": 35_000,
    "counters": {"appointmentsDue": 8, "appointmentsCompleted": 6, "noShows": 1, "portalVisits": 0},
    "users": ["ada", "bob"],
}
GAUGES = {"at": "2026-03-02T12:50:00Z", "memory": 71.5, "cpu": 20, "databaseMs": 12}


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def key() -> str:
    return an_api_key("read", "ingest")


def test_it_shows_what_the_product_told(key: str) -> None:
    past.a_running_plan()
    other = {**SAMPLE, "workspace": "W00030", "errors": 100}
    body = {"batch": "b1", "module": "patient_engagement", "samples": [SAMPLE, other], "gauges": GAUGES}
    assert post("/api/monitoring/metrics", body, key).status_code == 200
    found = get(PATH, key).json()
    assert (found["module"], found["measuredAt"]) == ("patient_engagement", "2026-03-02T13:30:00Z")
    assert found["window"] == {"since": "2026-03-01T14:00:00Z", "until": "2026-03-02T13:30:00Z"}
    assert found["performance"] == {
        "requests": 100,
        "readings": 1,
        "apiResponseTime": 350.0,
        "apiResponseTimeP95": 480.0,
        "errorRate": 4.0,
        "timeoutRate": 1.0,
        "databaseResponseTime": 12.0,
        "memoryUsage": 71.5,
        "cpuUsage": 20.0,
        "diskUsage": None,
    }
    assert found["adoption"] == {
        "totalActiveWorkspaces": 1,
        "enabledWorkspaces": 3,
        "enabledUsers": 3,
        "dailyActiveUsers": 2,
        "weeklyActiveUsers": 2,
        "appointmentsCreatedToday": None,
        "followUpsCompletedToday": None,
        "remindersDeliveredToday": None,
        "patientPortalUsage": 0,
    }
    quality = found["quality"]
    assert (quality["appointmentCompletionRate"], quality["noShowRate"]) == (75.0, 12.5)
    assert (quality["followUpCompletionRate"], quality["userSatisfactionScore"]) == (None, None)
    points = {(each["group"], each["points"]) for each in found["deductions"]}
    assert points == {("performance", 10), ("quality", 15)}
    assert found["score"] == 100 - 10 - 10 - 15
    assert "user satisfaction" in found["unknown"]
    assert found["stability"] == {"criticalErrors": 0, "openCritical": 0, "openHigh": 0}
    assert (found["lastCheck"], found["note"], found["fault"]) == (None, "", "")


def test_it_names_the_last_check(key: str) -> None:
    seeds.a_check(past.a_running_plan(), "hold", slot=SLOT)
    assert get(PATH, key).json()["lastCheck"] == {
        "slot": "2026-03-02T13:00:00Z",
        "verdict": "hold",
        "summary": seeds.SUMMARIES["hold"],
        "rolloutScore": 92,
        "fresh": True,
    }


def test_a_module_without_samples_is_all_unknown(key: str) -> None:
    builders.modules()
    for module in ("patient_engagement", "health_management", "health"):
        found = get(f"{PATH}?module={module}", key).json()
        assert (found["score"], found["deductions"]) == (100, [])
        assert len(found["unknown"]) == 5
        assert found["quality"].pop("userSatisfactionRatings") == 0
        assert set(found["quality"].values()) == {None}


@pytest.mark.parametrize("module", ["nope", "", "%00", "%ff", "a%0Ab"])
def test_a_module_that_is_not_there_is_404(module: str, key: str) -> None:
    builders.modules()
    answer = get(f"{PATH}?module={module}", key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_it_asks_for_the_read_scope() -> None:
    builders.modules()
    others = an_api_key("evaluate", "ingest", "rollout", "respond", name="other")
    assert get(PATH, others).status_code == 403
    assert Client().get(PATH).status_code == 401
    assert Client().post(PATH, "{}", "application/json", **bearing(an_api_key("read"))).status_code == 405


def test_the_number_of_queries_does_not_grow_with_the_rows(key: str) -> None:
    plan = past.a_running_plan()
    traffic.flow(plan.module, ["W00000"], SLOT - HOUR, SLOT)
    seeds.a_check(plan, slot=SLOT)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert get(PATH, key).status_code == 200
        return len(captured)

    queries()
    few = queries()
    traffic.flow(plan.module, builders.numbered(past.ELIGIBLE), SLOT - 9 * HOUR, SLOT - HOUR)
    seeds.a_past(plan, 24, until=SLOT - HOUR)
    assert queries() == few < 30


def differs(described: serializers.BaseSerializer[Any], answer: Any, path: str = "") -> list[str]:
    """Where an answer and its description name different fields, or a value is not of the kind described."""
    if isinstance(described, serializers.ListSerializer):
        one = described.child
        assert isinstance(one, serializers.Serializer)
        return [fault for each in answer for fault in differs(one, each, f"{path}[]")]
    assert isinstance(described, serializers.Serializer)
    found = [f"{path}.{name}" for name in set(described.fields) ^ set(answer)]
    for name, field in described.fields.items():
        value = answer.get(name)
        if isinstance(field, serializers.BaseSerializer) and value is not None:
            found += differs(field, value, f"{path}.{name}")
        elif value is None and not field.allow_null:
            found.append(f"{path}.{name} is null")
        elif isinstance(field, serializers.IntegerField) and not isinstance(value, int | None):
            found.append(f"{path}.{name} is {value!r}")
    return found


def test_every_answer_is_as_described(key: str) -> None:
    builders.modules()
    assert differs(SystemHealthSerializer(), get(PATH, key).json()) == []
    seeds.a_check(past.slow(), "hold", slot=SLOT)
    found = get(PATH, key).json()
    assert found["deductions"]
    assert differs(SystemHealthSerializer(), found) == []
