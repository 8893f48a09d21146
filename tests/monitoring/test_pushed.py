"""Pushed vitals: sums over hourly rows, of who has the module and of who could have it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from monitoring import membership
from monitoring.models import CounterHour, DailyUser, GaugeReading
from monitoring.sources.pushed import PushedSource
from monitoring.vitals import Count, UnitKey, Window
from rollout.models import Plan, Workspace
from tests import builders
from tests.monitoring.traffic import failing, flow

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = Window(NOON - 24 * HOUR, NOON)


@pytest.fixture
def plan() -> Plan:
    with time_machine.travel(NOON - timedelta(days=6), tick=False):
        return builders.a_plan_in_phase(1, eligible=20)


def source(plan: Plan) -> PushedSource:
    return PushedSource(plan)


def test_the_control_is_eligible_and_not_enrolled(plan: Plan) -> None:
    Workspace.objects.filter(pk="W00010").update(tier="basic")
    found = membership.of_plan(plan)
    assert set(found.cohort) == {"W00000", "W00001"}
    assert found.control == set(builders.numbered(18, 2)) - {"W00010"}


def test_counts_are_summed_by_workspace_over_whole_hours(plan: Plan) -> None:
    flow(plan.module, ["W00000", "W00005"], NOON - 4 * HOUR, NOON + HOUR)
    found = source(plan).counts(Window(NOON - 3 * HOUR, NOON))
    assert found == {UnitKey("W00000"): Count(300, 3), UnitKey("W00005"): Count(300, 3)}


def test_the_arms_are_summed_apart_and_strangers_left_out(plan: Plan) -> None:
    Workspace.objects.filter(pk="W00010").update(tier="basic")
    everybody = builders.numbered(20)
    flow(
        plan.module,
        everybody,
        NOON - 2 * HOUR,
        NOON,
        errors=failing(["W00000"], 40, NOON - HOUR),
        milliseconds=250,
    )
    found = source(plan).arms(DAY)
    assert found.cohort.total == Count(400, 43)
    assert found.control.total == Count(17 * 200, 34)
    assert found.cohort.mean_ms == 250
    assert found.cohort.buckets == (0, 0, 0, 400, 400, 400, 400, 400, 400)
    assert found.cohort.p95_ms == pytest.approx(295)


def test_no_hour_at_all_is_not_the_same_as_no_request(plan: Plan) -> None:
    assert source(plan).requests_in(DAY) is None
    flow(plan.module, ["W00000"], NOON - HOUR, NOON)
    plan.module.workspacehour_set.update(requests=0, errors=0)
    assert source(plan).requests_in(DAY) == 0


def test_gauges_are_of_the_platform(plan: Plan) -> None:
    for number, database in enumerate([10.0, 20.0, 30.0, None]):
        GaugeReading.objects.create(
            module=builders.module("health_management"),
            at=NOON - (number + 1) * HOUR / 10,
            memory=60 + number,
            database_ms=database,
            database_failures=number,
        )
    found = source(plan).gauges(Window(NOON - HOUR, NOON))
    assert (found.readings, found.memory, found.cpu) == (4, 61.5, None)
    assert (found.database_ms, found.database_p95_ms, found.database_failures) == (20.0, 30.0, 6)


def test_users_are_distinct_over_workspaces_and_days(plan: Plan) -> None:
    used = [(0, "W00000", 1), (0, "W00001", 1), (1, "W00000", 1), (1, "W00000", 2), (6, "W00001", 3)]
    strangers = [(0, "W00009", 9), (7, "W00000", 4)]
    for back, workspace, user in used + strangers:
        DailyUser.objects.create(
            module=plan.module, day=NOON.date() - timedelta(days=back), workspace=workspace, user=user
        )
    found = source(plan).use(NOON)
    assert (found.daily_users, found.weekly_users) == (2, 3)


def test_without_any_user_their_number_is_unknown(plan: Plan) -> None:
    assert source(plan).use(NOON).daily_users is None


def test_counters_of_the_cohort_are_summed_over_a_day(plan: Plan) -> None:
    for hours, workspace, value in [
        (1, "W00000", 3),
        (23, "W00001", 4),
        (25, "W00000", 100),
        (1, "W00009", 9),
    ]:
        CounterHour.objects.create(
            module=plan.module,
            hour=NOON - hours * HOUR,
            workspace=workspace,
            name="portalVisits",
            value=value,
        )
    assert source(plan).use(NOON).counters == {"portalVisits": 7}


def test_use_is_remembered_by_workspace(plan: Plan) -> None:
    flow(plan.module, ["W00000"], NOON - 5 * HOUR, NOON)
    assert source(plan).used_since(NOON - HOUR) == {"W00000"}
    assert source(plan).used_since(NOON) == frozenset()


def test_arms_of_a_user_module_come_from_its_samples() -> None:
    builders.modules()
    plan = builders.health()
    flow(plan.module, ["W1", ""], NOON - HOUR, NOON, arm="on")
    flow(plan.module, ["W1"], NOON - HOUR, NOON, arm="off")
    found = source(plan)
    assert found.arms(DAY).cohort.requests == 200
    assert found.arms(DAY).control.requests == 100
    assert set(found.counts(DAY)) == {UnitKey("W1", "on"), UnitKey("", "on"), UnitKey("W1", "off")}
    assert found.used_since(NOON - HOUR) == {"W1", ""}
