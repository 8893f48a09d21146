"""What nobody measured is unknown and says why: no plan, not begun, no data, a source that is silent."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from monitoring.models import VitalsSource
from reports import documents
from reports.models import Kind
from rollout.models import Module, Plan
from tests import builders
from tests.feedback.builders import a_ticket
from tests.monitoring import past, seeds
from tests.monitoring.past import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def made(kind: str, module: Module) -> dict[str, Any]:
    since, until = documents.span_of(Kind(kind), NOW, module)
    return documents.build(Kind(kind), module, since=since, until=until, now=NOW)


def figures(document: dict[str, Any], *sections: str) -> dict[str, Any]:
    return {
        figure["name"]: figure
        for section in document["sections"]
        if section["name"] in sections
        for figure in section["figures"]
    }


def every_value(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from every_value(each)
    else:
        yield value


@pytest.mark.parametrize("kind", Kind.values)
@pytest.mark.parametrize("module", ["patient_engagement", "health_management"])
def test_a_plan_that_has_not_begun_says_so(kind: str, module: str) -> None:
    builders.modules()
    document = made(kind, builders.module(module))
    assert 3 <= len(document["summary"]) <= 7
    if kind not in ("feedback", "phase2"):
        assert any("has not begun: nobody has it" in text for text in document["summary"])
    for name, figure in figures(document, "performance", "adoption", "quality").items():
        assert figure["value"] is None, name
        assert figure["unknown"], name
        assert figure["state"] == "unknown", name


@pytest.mark.parametrize("kind", Kind.values)
def test_a_module_without_a_plan_says_so(kind: str) -> None:
    module = Module.objects.create(key="telehealth", name="Telehealth")
    document = made(kind, module)
    assert 3 <= len(document["summary"]) <= 7
    if kind not in ("feedback", "phase2"):
        assert "Telehealth has no rollout plan, so nothing is rolled out." in document["summary"]
        assert document["data"]["rollout"] is None
        assert document["data"]["systemHealth"] is None
    assert figures(document, "performance").get("error_rate", {"value": None})["value"] is None


def test_everything_unknown_has_a_reason_and_no_state_of_a_known_one() -> None:
    past.a_running_plan()
    for kind in Kind.values:
        for section in made(kind, builders.module())["sections"]:
            for figure in section["figures"]:
                assert (figure["value"] is None) == bool(figure["unknown"]), figure
                if figure["value"] is None:
                    assert figure["state"] == "unknown", figure


def test_a_server_that_does_not_answer_is_named(settings: Any) -> None:
    settings.PROMETHEUS_URL = "http://127.0.0.1:9"
    plan = past.a_running_plan()
    source = VitalsSource(plan=plan, kind=VitalsSource.Kind.PROMETHEUS)
    source.requests = source.errors = "http_requests_total"
    source.save()
    document = made("weekly", plan.module)
    found = figures(document, "performance")
    assert found["error_rate"]["value"] is None
    assert "did not answer" in found["error_rate"]["unknown"]
    assert "source of the vitals did not answer" in document["summary"][0]


def test_fewer_than_five_ratings_are_no_satisfaction() -> None:
    builders.modules()
    for number in range(5):
        assert figures(made("feedback", builders.module()), "feedback")["satisfaction"]["value"] is None
        a_ticket(title=f"Title {number}", module="patient_engagement", satisfaction_rating=3)
    found = figures(made("feedback", builders.module()), "feedback")["satisfaction"]
    assert (found["value"], found["n"], found["state"], found["target"]) == (3.0, 5, "warning", "≥ 4.0")


def test_nothing_that_a_user_wrote_stands_in_a_report() -> None:
    plan = past.a_running_plan()
    for number in range(3):
        category = "feature_request" if number else "bug_report"
        a_ticket(
            title=f"Secretive title {number}",
            description="Secretive words",
            category=category,
            severity="critical",
            module="patient_engagement",
            workspace="W00000",
        )
    for kind in Kind.values:
        texts = [value for value in every_value(made(kind, plan.module)) if isinstance(value, str)]
        assert not [text for text in texts if "ecretive" in text]


def test_an_archived_plan_is_no_plan() -> None:
    plan = past.a_running_plan()
    Plan.objects.filter(pk=plan.pk).update(status="archived")
    document = made("rollout", plan.module)
    assert document["data"]["rollout"] is None


def test_the_worst_comes_first() -> None:
    plan = past.broken()
    seeds.a_check(plan, "breach", action="paused")
    document = made("post_launch", plan.module)
    assert "found a breach; the portal paused the plan" in document["summary"][0]
    suggestions = next(each for each in document["sections"] if each["name"] == "improvements")
    assert suggestions["tables"][0]["rows"][0][0] == "High error rate"
    assert "n = " in suggestions["tables"][0]["rows"][0][1]
