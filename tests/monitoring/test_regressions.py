"""What speaks against a deployment: triggers over all traffic after it, and what stands now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from monitoring import regressions
from monitoring.alerts import responding
from monitoring.judging import whole
from monitoring.levels import CRITICAL, ERROR
from monitoring.models import GaugeReading, VitalsSource
from monitoring.slots import HOUR
from monitoring.vitals import Gauges, Vitals
from rollout import parts, phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.monitoring.traffic import failing, flow

pytestmark = pytest.mark.django_db

TEN = datetime(2026, 5, 12, 10, tzinfo=UTC)
EVERYBODY = builders.numbered(20)
KEY = "release_1.0.2"


@pytest.fixture
def plan() -> Plan:
    """A release's plan at 25 %; the whole module's has not begun."""
    with time_machine.travel(TEN - timedelta(days=2), tick=False):
        builders.a_plan(eligible=20)
        made = parts.create(
            builders.module(),
            key=KEY,
            name="Release 1.0.2",
            percentages=[25, 100],
            dwell=timedelta(days=1),
            actor=ROOT,
        )
        phases.run(made, 1, actor=ROOT)
    return Plan.objects.select_related("module").get(pk=made.pk)


def traffic(since: float, until: float, **values: Any) -> None:
    flow(builders.module(), EVERYBODY, TEN + since * HOUR, TEN + until * HOUR, **values)


def found(plan: Plan, hours: float, minutes: int = 10) -> dict[str, bool]:
    """Regressions of a deployment at ten, so many hours and minutes later, and whether each is new."""
    now = TEN + hours * HOUR + timedelta(minutes=minutes)
    with time_machine.travel(now, tick=False):
        return {each.name: each.is_new for each in regressions.since(plan, TEN)}


def gauge(hours: float, **values: float) -> None:
    GaugeReading.objects.create(module=builders.module("health_management"), at=TEN + hours * HOUR, **values)


def test_all_traffic_counts_whoever_has_the_release(plan: Plan) -> None:
    traffic(-1, 0)
    traffic(0, 1, errors=failing(EVERYBODY, 10, TEN))

    assert found(plan, 1) == {"errors_over_5_percent": True}
    with time_machine.travel(TEN + HOUR + timedelta(minutes=10), tick=False):
        [told] = regressions.since(plan, TEN)
    assert told.message == (
        "From 10:00 to 11:00 UTC 10 % of 2,000 requests failed (at most 5 %), and not in the hour before."
    )


def test_traffic_of_those_who_are_not_eligible_counts_too(plan: Plan) -> None:
    flow(builders.module(), ["stranger"], TEN, TEN + HOUR, errors=failing(["stranger"], 30, TEN))

    assert found(plan, 1) == {"errors_over_5_percent": True}


def test_what_the_hour_before_showed_as_well_is_not_new(plan: Plan) -> None:
    traffic(-1, 1, errors=failing(EVERYBODY, 10, TEN - HOUR))

    assert found(plan, 1) == {"errors_over_5_percent": False}


def test_only_full_hours_after_the_deployment_count(plan: Plan) -> None:
    traffic(-1, 1, errors=failing(EVERYBODY, 10, TEN))

    assert found(plan, 1, minutes=9) == {}
    assert found(plan, 0, minutes=30) == {}
    with time_machine.travel(TEN + HOUR + timedelta(minutes=10), tick=False):
        assert regressions.since(plan, TEN + timedelta(minutes=1)) == ()


def test_what_is_over_is_over(plan: Plan) -> None:
    traffic(-1, 3, errors=lambda workspace, hour: 10 if hour == TEN else 1)

    assert found(plan, 2) == {}


def test_few_requests_prove_nothing(plan: Plan) -> None:
    flow(builders.module(), EVERYBODY[:1], TEN, TEN + HOUR, errors=failing(EVERYBODY, 8, TEN))

    assert found(plan, 1) == {}


def test_slow_responses_a_failing_database_and_full_memory_are_regressions(plan: Plan) -> None:
    traffic(-1, 0)
    traffic(0, 1, milliseconds=4000)
    gauge(-0.5, memory=70, database_failures=0)
    gauge(0.5, memory=97, database_failures=2)

    assert found(plan, 1) == {
        "p95_over_2000_ms": True,
        "database_failures": True,
        "memory_over_95_percent": True,
    }


def test_nothing_measured_is_no_regression(plan: Plan) -> None:
    assert found(plan, 5) == {}


def test_both_arms_of_a_module_of_users_count() -> None:
    builders.modules()
    plan = builders.health()
    for arm, errors in (("on", 12), ("off", 9)):
        flow(plan.module, ["W1"], TEN, TEN + HOUR, arm=arm, errors=failing(["W1"], errors, TEN))

    assert found(plan, 1) == {"errors_over_5_percent": True}


def test_a_source_that_fails_is_no_regression_and_speaks_against_deploying(plan: Plan) -> None:
    VitalsSource.objects.create(plan=builders.engagement(), kind="prometheus")

    assert found(plan, 1) == {}
    [said] = regressions.standing(builders.module())
    assert "The source of the vitals failed" in said


def test_nothing_stands_against_deploying_where_all_is_well(plan: Plan) -> None:
    traffic(0, 1)

    with time_machine.travel(TEN + HOUR + timedelta(minutes=10), tick=False):
        assert regressions.standing(plan.module) == ()


def test_a_trigger_over_the_last_hour_stands_against_deploying(plan: Plan) -> None:
    traffic(0, 1, errors=failing(EVERYBODY, 10, TEN))

    with time_machine.travel(TEN + HOUR + timedelta(minutes=10), tick=False):
        assert regressions.standing(plan.module) == (
            "From 10:00 to 11:00 UTC 10 % of 2,000 requests failed (at most 5 %).",
        )


@pytest.mark.parametrize("module_key", ["patient_engagement", ""])
def test_a_critical_alert_of_the_module_or_of_everybody_stands_against_deploying(
    plan: Plan, module_key: str
) -> None:
    module = builders.module(module_key) if module_key else None
    responding.raise_alert(title="Data is lost", level=CRITICAL, module=module, actor=ROOT)

    for each in (builders.module(), plan.module):
        [said] = regressions.standing(each)
        assert said.endswith("Data is lost.")
    assert len(regressions.standing(builders.module("health_management"))) == (0 if module_key else 1)


def test_a_lesser_alert_does_not(plan: Plan) -> None:
    responding.raise_alert(title="It is slow", level=ERROR, module=builders.module(), actor=ROOT)

    assert regressions.standing(plan.module) == ()


def test_what_is_not_measured_breaks_nothing() -> None:
    assert whole.broken(Vitals(), Gauges()) == ()


def test_lines_are_crossed_from_above_alone() -> None:
    assert whole.broken(Vitals(requests=100, errors=5), Gauges(memory=95, database_failures=0)) == ()
    names = [each.name for each in whole.broken(Vitals(requests=99, errors=99), Gauges(memory=95.1))]
    assert names == ["memory_over_95_percent"]
