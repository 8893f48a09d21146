"""Choosing where a plan's vitals come from."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from monitoring import plan_sources
from monitoring.models import Baseline, BaselineSet, VitalsSource
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from rollout.models import Plan
from tests.builders import ROOT, a_person, a_plan, acting, health, modules

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server(settings: Any) -> None:
    settings.PROMETHEUS_URL = "http://127.0.0.1:9090"


def configured(plan: Plan, **values: Any) -> VitalsSource:
    return plan_sources.configure(plan, actor=ROOT, **values)


def faults(plan: Plan, **values: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as invalid:
        configured(plan, **values)
    return invalid.value.fields


def a_baseline(plan: Plan) -> None:
    now = timezone.now()
    BaselineSet.objects.create(plan=plan, since=now, until=now, fleet_requests=9, fleet_errors=1)
    Baseline.objects.create(plan=plan, workspace="W1", requests=9, errors=1, dispersion=0)


def test_prometheus_needs_no_more_than_its_kind_for_a_usual_service() -> None:
    plan = a_plan(0)
    source = configured(plan, kind="prometheus")
    assert (source.requests, source.latency) == ("http_requests_total", "http_request_duration_seconds")
    assert (source.workspace_label, source.version) == ("workspace", 1)
    event = AuditEvent.objects.get(action="plan.source_configured")
    assert event.data["before"] == {"kind": "pushed"}
    assert event.data["after"] == {"kind": "prometheus"}


def test_what_is_not_named_stays_and_what_is_empty_goes() -> None:
    plan = a_plan(0)
    configured(plan, memory=" memory_percent ", counters={"visits": "visits_total"})
    source = configured(plan, latency="")
    assert (source.memory, source.counters) == ("memory_percent", {"visits": "visits_total"})
    assert (source.latency, source.version) == ("", 2)


def test_the_same_again_is_no_change() -> None:
    plan = a_plan(0)
    configured(plan, kind="prometheus")
    assert configured(plan, kind="prometheus").version == 1
    assert AuditEvent.objects.filter(action="plan.source_configured").count() == 1


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("kind", "graphite", "must be one of pushed, prometheus"),
        ("speed", "up", "must be one of kind, workspace_label"),
        ("requests", "", "must not be empty"),
        ("errors", "rate(x[5m])", "no range"),
        ("latency", "x_seconds_bucket", "own name: x_seconds"),
        ("memory", "up)", "without its"),
        ("workspace_label", "le", "label's name"),
        ("used", "x" * 501, "at most 500"),
        ("cpu", 5, "must be a text"),
        ("counters", [], "must be an object"),
        ("counters", {"visits": "a b"}, "visits must be one metric"),
        ("counters", {"visits": 5}, "visits must be a text"),
        ("counters", {"x" * 61: "a"}, "names of 1 to 60"),
    ],
)
def test_each_bad_field_is_named_with_its_rule(field: str, value: object, rule: str) -> None:
    found = faults(a_plan(0), **{field: value, "timeouts": "("})
    assert set(found) == {field, "timeouts"}
    assert rule in found[field]
    assert not VitalsSource.objects.exists()


def test_prometheus_needs_a_server(settings: Any) -> None:
    settings.PROMETHEUS_URL = ""
    assert faults(a_plan(0), kind="prometheus") == {
        "kind": "needs the setting PROMETHEUS_URL: the server to ask"
    }


def test_labels_and_the_database_are_told_one_way_each() -> None:
    plan = a_plan(0)
    assert "arm_label" in faults(plan, kind="prometheus", workspace_label="arm")
    assert "database_ms" in faults(plan, kind="prometheus", database_ms="a", database_latency="b")


def test_a_user_module_needs_its_arms() -> None:
    modules()
    assert "arm_label" in faults(health(), kind="prometheus", arm_label="")
    assert configured(health(), kind="prometheus", workspace_label="").workspace_label == ""


def test_a_stale_form_is_refused() -> None:
    plan = a_plan(0)
    configured(plan, version=0, kind="prometheus")
    with pytest.raises(Refused, match="changed since"):
        configured(plan, version=0, memory="up")
    assert configured(plan, version=1, memory="up").version == 2


def test_baselines_of_another_measure_are_dropped() -> None:
    plan = a_plan(0)
    a_baseline(plan)
    configured(plan, memory="memory_percent")
    assert BaselineSet.objects.exists()
    configured(plan, errors='http_requests_total{status=~"4..|5.."}')
    assert not BaselineSet.objects.exists()
    assert not Baseline.objects.exists()
    assert AuditEvent.objects.filter(action="plan.source_configured").latest("id").data["baselines_dropped"]


@pytest.mark.parametrize("group", ["Product manager", "Administrator"])
def test_who_runs_plans_may_choose(group: str) -> None:
    ada = acting(a_person(group=group))
    assert plan_sources.configure(a_plan(0), actor=ada, memory="up").memory == "up"


@pytest.mark.parametrize("group", ["Viewer", "Support", "Release manager"])
def test_others_may_look(group: str) -> None:
    ada = acting(a_person(group=group))
    assert ada.may("monitoring.view_vitalssource")
    with pytest.raises(Forbidden):
        plan_sources.configure(a_plan(0), actor=ada, memory="up")


@pytest.mark.parametrize("values", [{"kind": "other"}, {"requests": ""}, {"errors": ""}])
def test_the_database_knows_the_rules_too(values: dict[str, str]) -> None:
    plan = a_plan(0)
    with pytest.raises(IntegrityError), transaction.atomic():
        VitalsSource.objects.create(plan=plan, **values)
