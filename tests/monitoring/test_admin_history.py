"""A plan's health over time."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from monitoring.admin import history, strips
from monitoring.models import HealthCheck
from rollout.models import PhaseRun, Plan
from tests import builders
from tests.monitoring import seeds
from tests.monitoring.seeds import HOUR

pytestmark = pytest.mark.django_db


def a_plan_since(**ago: int) -> Plan:
    """A plan in phase 1 that began so long ago."""
    plan = builders.a_plan_in_phase(1)
    began = timezone.now() - timedelta(**ago)
    Plan.objects.filter(pk=plan.pk).update(started_at=began)
    PhaseRun.objects.filter(plan=plan).update(at=began)
    return builders.engagement()


def shown(client: Client, plan: Plan, span: str = "") -> Any:
    response = client.get(reverse("admin:rollout_plan_health", args=[plan.pk]), {"span": span})
    assert response.status_code == 200
    return response


def test_a_missing_hour_is_a_gap_in_every_picture_and_never_made_up() -> None:
    plan = a_plan_since(days=3)
    seeds.a_past(plan, 24, without=[5, 6])
    response = shown(builders.signed_in("Viewer"), plan, "day")
    text = response.content.decode()
    assert "22 of 24 hours had a check" in text
    assert "2 had none" in text
    assert "22 pass, 2 without a check" in text
    for chart in response.context["charts"]:
        values = json.loads(chart.data)["datasets"][0]["data"]
        assert [at for at, value in enumerate(values) if value is None] == [17, 18]
        assert '"spanGaps": false' in chart.options


def test_the_hours_before_the_plan_began_are_no_gaps() -> None:
    plan = a_plan_since(hours=6)
    seeds.a_past(plan, 5)
    found = history.of_plan(plan, "week")
    assert found.hours - found.checks <= 1
    assert len(found.points) <= 6


@pytest.mark.parametrize(("days", "step"), [(2, 1), (20, 3), (300, 48)])
def test_a_long_past_is_thinned_to_at_most_200_points_in_three_queries(days: int, step: int) -> None:
    plan = a_plan_since(days=days)
    newest = seeds.newest_slot()
    seeds.checks(plan, [(newest - ago * HOUR, "pass", {}) for ago in range(0, days * 24, 24)])
    with CaptureQueriesContext(connection) as queries:
        found = history.of_plan(plan, "all")
    assert len(queries) == 3
    assert len(found.points) <= history.MOST_POINTS
    assert found.step == step
    assert found.checks == days


def test_a_point_of_many_hours_shows_the_worst_of_them() -> None:
    plan = a_plan_since(days=20)
    seeds.a_past(plan, 20 * 24)
    bad = HealthCheck.objects.filter(plan=plan).order_by("slot")[100]
    HealthCheck.objects.filter(pk=bad.pk).update(result="breach", rollout_score=7)
    [point] = [point for point in history.of_plan(plan, "all").points if point.result == "breach"]
    assert point.rollout_score == 7
    assert abs(point.at - bad.slot) <= 2 * HOUR


def test_changes_and_pauses_are_marked_where_they_happened() -> None:
    plan = a_plan_since(days=3)
    seeds.a_past(plan, 48)
    seeds.a_run(plan, timezone.now() - timedelta(hours=30), 10, 25, 90)
    seeds.a_run(plan, timezone.now() - timedelta(hours=10), 25, 10, 91)
    response = shown(builders.signed_in("Viewer"), plan, "all")
    marks = {
        each["label"]: [at for at, value in enumerate(each["data"]) if value]
        for each in json.loads(response.context["charts"][0].data)["datasets"]
        if each["type"] == "bar"
    }
    points = response.context["history"].points
    assert len(marks["Share changed"]) == 2
    [rolled_back] = marks["Paused or rolled back"]
    assert abs(points[rolled_back].at - (timezone.now() - timedelta(hours=10))) <= HOUR
    assert "10 % to 25 %" in response.content.decode()


def test_the_table_has_the_numbers_of_the_charts_and_leads_to_each_check() -> None:
    plan = a_plan_since(days=3)
    check = seeds.a_check(plan, "hold")
    text = shown(builders.signed_in("Viewer"), plan, "day").content.decode()
    assert reverse("admin:monitoring_healthcheck_change", args=[check.pk]) in text
    assert "92 / 85" in text
    assert "0.93 %" in text


def test_a_plan_that_has_not_begun_says_so_and_one_without_checks_shows_its_gaps() -> None:
    client = builders.signed_in("Viewer")
    assert "has not begun" in shown(client, builders.a_plan()).content.decode()
    plan = builders.health()
    Plan.objects.filter(pk=plan.pk).update(started_at=timezone.now() - timedelta(hours=5))
    assert "hours had a check" in shown(client, plan).content.decode()


def test_what_was_never_measured_is_said_instead_of_an_empty_chart() -> None:
    plan = a_plan_since(days=3)
    seeds.a_check(plan, details=seeds.details(adoption=None))
    response = shown(builders.signed_in("Viewer"), plan, "day")
    assert [chart.empty for chart in response.context["charts"]] == [False, False, True]
    assert "Not measured in this span." in response.content.decode()


def test_a_result_is_told_apart_by_height_as_well() -> None:
    assert len(set(strips.HEIGHTS.values())) == len(strips.HEIGHTS)
