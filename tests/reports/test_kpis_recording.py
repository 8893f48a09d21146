"""The history: one reading of each measured KPI and local day, however often the job runs."""

from datetime import UTC, datetime

import pytest
import time_machine

from operations.actor import Actor, Door
from operations.models import AuditEvent
from reports import tasks
from reports.kpis import board, entering, history, recording, setting
from reports.models import Kpi, KpiReading
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.reports import kpi_world as world
from tests.reports.kpi_world import BEGAN, DAY, HOUR, NOW, Response

pytestmark = pytest.mark.django_db
BEAT = Actor(door=Door.BEAT, label="record-kpis")
YESTERDAY = NOW.date() - DAY
MIDNIGHT = NOW.replace(hour=0, minute=0)


def a_plan_with_yesterday() -> Plan:
    plan = world.a_plan_of_four()
    workspace = world.cohort()[0]
    world.hour(plan, workspace, MIDNIGHT - 2 * HOUR, Response(100, errors=5))
    world.hour(plan, workspace, NOW - HOUR, Response(100, errors=50))
    world.reading(plan, MIDNIGHT - 3 * HOUR, memory=66.0)
    return plan


def readings(plan: Plan) -> dict[str, tuple[float, str]]:
    found = KpiReading.objects.filter(kpi__module=plan.module, day=YESTERDAY)
    return {key: (value, source) for key, value, source in found.values_list("kpi__key", "value", "source")}


def test_a_day_is_measured_up_to_its_own_end_once():
    with time_machine.travel(NOW, tick=False):
        plan = a_plan_with_yesterday()
        said = recording.record_due(NOW, actor=BEAT)
        found = readings(plan)
        assert found["api_errors"] == (5.0, "measured")
        assert found["memory"] == (66.0, "measured")
        assert any(text.startswith("Patient Engagement: ") for text in said)
        assert recording.record_due(NOW, actor=BEAT) == []
        assert recording.record_due(NOW + 5 * HOUR, actor=BEAT) == []
        assert readings(plan) == found


def test_running_it_for_the_same_day_again_leaves_the_same_rows():
    with time_machine.travel(NOW, tick=False):
        plan = a_plan_with_yesterday()
        first = recording.record(plan.module, YESTERDAY, actor=BEAT)
        rows = list(KpiReading.objects.order_by("pk").values())
        world.hour(plan, world.cohort()[0], MIDNIGHT - 5 * HOUR, Response(100, errors=10))
        assert recording.record(plan.module, YESTERDAY, actor=BEAT) == first
        assert list(KpiReading.objects.order_by("pk").values()) == rows


def test_what_somebody_entered_for_the_day_stays():
    with time_machine.travel(NOW, tick=False):
        plan = a_plan_with_yesterday()
        entering.enter(plan.module, "api_errors", 0.4, day=YESTERDAY, actor=ROOT)
        recording.record_due(NOW, actor=BEAT)
        assert readings(plan)["api_errors"] == (0.4, "entered")


def test_a_day_that_the_job_missed_for_one_module_is_made_up_for_that_one():
    with time_machine.travel(NOW, tick=False):
        plan = a_plan_with_yesterday()
        recording.record_due(NOW, actor=BEAT)
        KpiReading.objects.filter(kpi__module=plan.module).delete()
        assert len(recording.record_due(NOW, actor=BEAT)) == 1


def test_a_bound_that_decides_nothing_is_no_reading():
    with time_machine.travel(NOW, tick=False):
        plan = a_plan_with_yesterday()
        recording.record_due(NOW, actor=BEAT)
        assert not {"uptime", "requests_per_second"} & readings(plan).keys()
        KpiReading.objects.all().delete()
        world.hour(plan, world.cohort()[1], MIDNIGHT - 9 * HOUR, Response(10, errors=9))
        recording.record_due(NOW, actor=BEAT)
        assert readings(plan)["uptime"] == (50.0, "measured")


def test_a_day_begins_at_the_portal_s_midnight(settings):
    settings.TIME_ZONE = "America/New_York"
    # 22:30 on the 17th in New York: the last full day is the 16th.
    now = datetime(2026, 3, 18, 2, 30, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        plan = world.a_plan_of_four()
        # 23:00 on the 16th, and 01:00 on the 17th.
        world.hour(plan, world.cohort()[0], datetime(2026, 3, 17, 3, tzinfo=UTC), Response(100, errors=10))
        world.hour(plan, world.cohort()[0], datetime(2026, 3, 17, 5, tzinfo=UTC), Response(100, errors=90))
        recording.record_due(now, actor=BEAT)
    found = KpiReading.objects.get(kpi__key="api_errors")
    assert (f"{found.day}", found.value) == ("2026-03-16", 10.0)


def test_memory_before_the_rollout_is_kept_before_its_readings_are_forgotten():
    with time_machine.travel(NOW, tick=False):
        plan = a_plan_with_yesterday()
        for days, memory in ((1, 50.0), (6, 60.0), (8, 99.0)):
            world.reading(plan, BEGAN - days * DAY, memory=memory)
        recording.record_due(NOW, actor=BEAT)
        row = Kpi.objects.get(key="memory_increase", module=plan.module)
        assert (row.baseline, row.baseline_by) == (55.0, "beat:record-kpis")
        assert AuditEvent.objects.filter(action="kpi.baseline_set").count() == 1
        assert KpiReading.objects.get(kpi=row).value == 66.0
        found = next(
            each for each in board.lines_of(plan.module, now=NOW) if each.entry.key == "memory_increase"
        )
        assert found.change == pytest.approx(20)


def test_a_baseline_that_a_person_set_is_not_measured_over():
    with time_machine.travel(NOW, tick=False):
        plan = a_plan_with_yesterday()
        world.reading(plan, BEGAN - DAY, memory=50.0)
        setting.set_baseline(plan.module, "memory_increase", 61.0, actor=ROOT)
        recording.record_due(NOW, actor=BEAT)
        assert Kpi.objects.get(key="memory_increase", module=plan.module).baseline == 61.0


def test_the_job_says_what_it_did_and_nothing_when_there_was_nothing_to_do():
    with time_machine.travel(NOW, tick=False):
        builders.modules()
        assert "Patient Engagement" in tasks.record_kpis()
        assert tasks.record_kpis() == ""


def test_history_is_of_the_days_that_are_asked_for_the_oldest_first():
    with time_machine.travel(NOW, tick=False):
        builders.modules()
        module = builders.module()
        for ago in (0, 29, 30, 89, 90):
            entering.enter(module, "uptime", 90 + ago / 10, day=NOW.date() - ago * DAY, actor=ROOT)
        row = Kpi.objects.get(key="uptime")
        assert [each.value for each in history.of_kpi(row.pk, now=NOW, days=30)] == [92.9, 90.0]
        assert len(history.of_kpi(row.pk, now=NOW, days=90)) == 4
        assert [*history.of_module(module, now=NOW)] == ["uptime"]
        assert len(history.days_of(NOW, 30)) == 30
        assert history.days_of(NOW, 30)[-1] == NOW.date()
