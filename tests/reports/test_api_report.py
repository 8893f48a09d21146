"""`GET /api/monitoring/report`: the same document as every other door's, errors that name the field."""

from typing import Any

import pytest
import schemathesis
import time_machine
from django.test import Client
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from operations.models import AuditEvent
from reports import archive
from reports.models import Kind, Report
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, every_row, get, run
from tests.feedback.api.test_described import application, described, faults, shortened
from tests.monitoring import past, seeds

__all__ = ["application"]
pytestmark = pytest.mark.django_db

PATH = "/api/monitoring/report"
load_all_checks()
EXCLUDED: list[Any] = [
    # What stands in no schema: which modules there are, and what has happened yet.
    CHECKS.get_one("positive_data_acceptance"),
    # What is not there is 404 whatever else is wrong; parameters that no call knows are ignored.
    CHECKS.get_one("negative_data_rejection"),
    # Takes the good key for one that it made up, which stands beside it in the other header.
    CHECKS.get_one("ignored_auth"),
]


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(past.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def key() -> str:
    return an_api_key("read")


@pytest.fixture
def plan() -> Any:
    plan = past.a_measured_plan()
    seeds.a_past(plan, 30)
    return plan


def fault(query: str, key: str, status: int = 400) -> Any:
    answer = get(f"{PATH}?{query}", key)
    assert answer.status_code == status, answer.content
    return answer.json()["error"]


@pytest.mark.parametrize("kind", Kind.values)
def test_the_api_the_command_and_the_archive_have_the_same_document(kind: str, plan: Any, key: str) -> None:
    before = every_row()
    told = get(f"{PATH}?kind={kind}", key).json()
    assert faults("Report", told) == []
    ran = run("post_launch_monitor", "report", "--kind", kind, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.document == told
    changed = {name for name, rows in every_row().items() if rows != before[name]}
    assert changed <= {"operations.ApiKey"}
    made = archive.make(Kind(kind), plan.module, actor=ROOT)
    assert Report.objects.get(pk=made.pk).document == told
    assert (made.kind, made.made_by) == (kind, "command:root")
    event = AuditEvent.objects.get(action="report.made")
    assert (event.subject_id, event.data["module"]) == (str(made.pk), "patient_engagement")


def test_its_numbers_are_those_of_the_other_calls(plan: Any, key: str) -> None:
    data = get(f"{PATH}?kind=post_launch", key).json()["data"]
    module = "module=patient_engagement"
    assert data["systemHealth"] == get(f"/api/monitoring/system-health?{module}", key).json()
    assert data["rollout"] == get("/api/rollouts/patient_engagement", key).json()
    assert data["alerts"] == get(f"/api/monitoring/alerts?{module}", key).json()
    days = "startDate=2026-02-24&endDate=2026-03-02"
    assert data["feedbackSummary"] == get(f"/api/monitoring/feedback/summary?{module}&{days}", key).json()
    period = "since=2026-02-24&until=2026-03-02T13:30:00Z"
    assert data["dora"] == get(f"/api/dora?{module}&{period}", key).json()
    assert data["kpis"] == get(f"/api/kpis?{module}", key).json()


def test_the_usual_report_is_the_comprehensive_one_of_the_last_week(plan: Any, key: str) -> None:
    told = get(PATH, key).json()
    assert (told["kind"], told["module"]) == ("post_launch", "patient_engagement")
    assert (told["since"], told["until"]) == ("2026-02-24T00:00:00Z", "2026-03-02T13:30:00Z")
    assert 3 <= len(told["summary"]) <= 7
    names = [section["name"] for section in told["sections"]]
    assert names[0] == "decisions"
    assert names[-4:] == ["kpis", "roi", "improvements", "phase2"]


def test_a_period_is_days_or_times(plan: Any, key: str) -> None:
    told = get(f"{PATH}?kind=daily&since=2026-02-27&until=2026-03-01T06:00:00%2B01:00", key).json()
    assert (told["since"], told["until"]) == ("2026-02-27T00:00:00Z", "2026-03-01T05:00:00Z")
    # A start goes on until now; an end has the usual length before it.
    assert get(f"{PATH}?since=2026-03-01", key).json()["until"] == "2026-03-02T13:30:00Z"
    assert get(f"{PATH}?until=2026-03-01", key).json()["since"] == "2026-02-22T00:00:00Z"


@pytest.mark.parametrize(
    ("query", "field", "rule"),
    [
        ("kind=monthly", "kind", "must be one of rollout, daily, weekly, post_launch, feedback, phase2"),
        ("since=yesterday", "since", "must be a day such as"),
        ("until=2026-02-30", "until", "must be a day such as"),
        ("since=1999-01-01", "since", "must be a day such as"),
        ("since=2026-03-02&until=2026-03-01", "since", "must be before until"),
        ("since=2026-03-01&until=2026-03-01", "since", "must be before until"),
        ("since=2026-03-01&until=2026-03-03", "until", "must not lie in the future"),
        ("since=2026-03-03", "since", "must not lie in the future"),
        ("since=2024-02-28&until=2026-03-02", "since", "must be at most two years before until"),
    ],
)
def test_a_bad_parameter_is_named_with_its_rule(query: str, field: str, rule: str, key: str) -> None:
    builders.modules()
    found = fault(query, key)
    assert found["code"] == "invalid"
    assert found["fields"][field].startswith(rule)


@pytest.mark.parametrize("module", ["nope", "", "%00", "%ff"])
def test_a_module_that_is_not_there_is_404(module: str, key: str) -> None:
    builders.modules()
    assert fault(f"module={module}", key, 404)["code"] == "not_found"


def test_it_asks_for_the_read_scope() -> None:
    builders.modules()
    others = an_api_key("evaluate", "ingest", "rollout", "respond", name="other")
    assert get(PATH, others).status_code == 403
    assert Client().get(PATH).status_code == 401


def test_the_description_is_valid_and_names_every_answer() -> None:
    validate_schema(described())
    responses = described()["paths"][PATH]["get"]["responses"]
    assert set(responses) == {"200", "400", "401", "403", "404", "429"}


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_call_is_answered_otherwise_than_described(mode: GenerationMode, application: Any) -> None:
    builders.modules()
    headers = {"Authorization": f"Bearer {an_api_key('read')}"}
    operation = schemathesis.openapi.from_dict(shortened(described()))[PATH]["GET"]
    statuses = set()

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if mode == GenerationMode.POSITIVE and isinstance(case.query, dict):
            for name in ("module", "since", "until"):
                case.query.pop(name, None)
        response = case.call_and_validate(app=application, headers=headers, excluded_checks=EXCLUDED)
        statuses.add(response.status_code)

    check()
    assert statuses <= {200, 400, 404, 405}
    assert (200 if mode == GenerationMode.POSITIVE else 400) in statuses
