"""The dead man's switch: it rings when nobody checks plans any more, once, and never for a planned stop."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from monitoring import dead_man, health
from monitoring.alerts import responding, sweeping
from monitoring.models import Alert, HealthCheck
from operations.models import ScheduledJob
from rollout import phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.monitoring import alarms

pytestmark = pytest.mark.django_db

# The first full hour after it is over at eleven, and checked from ten past.
BEGAN = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
FIRST_DUE = datetime(2026, 5, 4, 10, 10, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SILENCE, STANDSTILL = "No health check for 2 hours", "Scheduled work stands still"


@pytest.fixture
def plan() -> Plan:
    with time_machine.travel(BEGAN, tick=False):
        return builders.a_plan_in_phase(1)


def look(moment: datetime, *, looked: datetime | None = None) -> str:
    """One run of the job at a moment, and of the sweep after it; `looked` is when it ran before that."""
    looked = looked or moment - MINUTE
    with time_machine.travel(moment, tick=False):
        ScheduledJob.objects.update_or_create(
            pk=dead_man.JOB, defaults={"due_at": moment, "last_done_at": looked}
        )
        said = dead_man.look()
        sweeping.sweep()
    return said


def check(plan: Plan, moment: datetime) -> HealthCheck:
    with time_machine.travel(moment, tick=False):
        return health.check(plan, actor=ROOT)


def ticked(moment: datetime) -> None:
    ScheduledJob.objects.update_or_create(
        pk=dead_man.TICK_JOB, defaults={"due_at": moment, "last_done_at": moment}
    )


def open_titles() -> list[str]:
    return list(Alert.objects.open().order_by("title").values_list("title", flat=True))


def test_without_a_plan_nobody_waits_for_checks() -> None:
    builders.a_plan()
    assert look(FIRST_DUE + 30 * HOUR) == ""
    assert not Alert.objects.exists()


def test_it_rings_two_hours_after_a_first_check_was_due(plan: Plan) -> None:
    assert look(FIRST_DUE + 2 * HOUR - MINUTE) == ""
    assert look(FIRST_DUE + 2 * HOUR) == f"raised: {SILENCE}"
    alert = Alert.objects.get()
    assert (alert.level, alert.source, alert.title) == ("critical", "portal", SILENCE)
    assert alert.fired_at == FIRST_DUE + 2 * HOUR
    assert "No health check was ever made" in alert.summary
    for part in ("worker", "beat", "queue", "database"):
        assert part in alert.advice
    assert alarms.notices(alert) == ["fired"]


def test_it_rings_two_hours_after_the_last_check(plan: Plan) -> None:
    made = check(plan, FIRST_DUE + MINUTE)
    assert look(made.made_at + 2 * HOUR - MINUTE) == ""
    assert look(made.made_at + 2 * HOUR) == f"raised: {SILENCE}"
    assert "2026-05-04 10:11 UTC" in Alert.objects.get().summary


def test_it_rings_once_however_many_look(plan: Plan) -> None:
    rung = FIRST_DUE + 2 * HOUR
    for minutes in range(5):
        look(rung + minutes * MINUTE)
        look(rung + minutes * MINUTE)
    alert = Alert.objects.get()
    assert alert.count == 1
    assert alarms.notices(alert) == ["fired"]


def test_the_next_check_clears_it(plan: Plan) -> None:
    look(FIRST_DUE + 2 * HOUR)
    assert dead_man.ringing() == FIRST_DUE + 2 * HOUR
    check(plan, FIRST_DUE + 3 * HOUR)
    assert look(FIRST_DUE + 3 * HOUR + MINUTE) == f"over: {SILENCE}"
    alert = Alert.objects.get()
    assert alert.resolved_at == FIRST_DUE + 3 * HOUR + MINUTE
    assert dead_man.ringing() is None
    assert look(FIRST_DUE + 3 * HOUR + 2 * MINUTE) == ""


def test_it_clears_when_no_plan_needs_a_check_any_more(plan: Plan) -> None:
    look(FIRST_DUE + 2 * HOUR)
    phases.set_percentage(plan, 0, actor=ROOT)
    look(FIRST_DUE + 2 * HOUR + MINUTE)
    assert open_titles() == []


def test_it_rings_again_while_its_cause_holds(plan: Plan) -> None:
    """Acknowledging stops the clock; resolving by hand does not wake the dead."""
    look(FIRST_DUE + 2 * HOUR)
    with time_machine.travel(FIRST_DUE + 2 * HOUR, tick=False):
        responding.resolve(Alert.objects.get(), actor=ROOT)
    look(FIRST_DUE + 2 * HOUR + MINUTE)
    assert open_titles() == [SILENCE]
    assert Alert.objects.get().reopened == 1


def test_checks_that_stop_again_ring_again(plan: Plan) -> None:
    look(FIRST_DUE + 2 * HOUR)
    check(plan, FIRST_DUE + 2 * HOUR + MINUTE)
    for minutes in (2, 62, 120):
        look(FIRST_DUE + 2 * HOUR + minutes * MINUTE)
        assert open_titles() == []
    look(FIRST_DUE + 4 * HOUR + MINUTE)
    assert open_titles() == [SILENCE]


def test_a_plan_that_was_off_for_days_is_not_missed_before_its_first_hour(plan: Plan) -> None:
    check(plan, FIRST_DUE)
    lifted = FIRST_DUE + timedelta(days=3)
    with time_machine.travel(FIRST_DUE + MINUTE, tick=False):
        phases.set_percentage(plan, 0, actor=ROOT)
    with time_machine.travel(lifted, tick=False):
        phases.set_percentage(builders.engagement(), 5, actor=ROOT)
        assert not health.is_late()
    assert look(lifted + 50 * MINUTE) == ""
    with time_machine.travel(lifted + HOUR, tick=False):
        assert health.due() == [plan]
    assert look(lifted + 3 * HOUR - MINUTE) == ""
    assert look(lifted + 3 * HOUR) == f"raised: {SILENCE}"


def test_after_a_planned_stop_it_waits_for_the_check_that_is_due(plan: Plan) -> None:
    check(plan, FIRST_DUE)
    back = FIRST_DUE + 10 * HOUR
    assert look(back, looked=FIRST_DUE + MINUTE) == f"waiting: {SILENCE}"
    assert open_titles() == []
    assert dead_man.ringing() is None
    check(plan, back + MINUTE)
    look(back + MINUTE)
    assert not Alert.objects.exists()


def test_after_a_stop_it_rings_when_no_check_comes_within_five_minutes(plan: Plan) -> None:
    back = FIRST_DUE + 10 * HOUR
    look(back, looked=FIRST_DUE)
    for minutes in range(1, 5):
        look(back + minutes * MINUTE)
        assert open_titles() == []
    look(back + 5 * MINUTE)
    assert open_titles() == [SILENCE]
    assert Alert.objects.get().count == 1


def test_with_its_first_start_it_waits_as_after_a_stop(plan: Plan) -> None:
    with time_machine.travel(FIRST_DUE + 3 * HOUR, tick=False):
        assert dead_man.look() == f"waiting: {SILENCE}"


def test_a_schedule_that_nobody_runs_for_ten_minutes_is_an_error() -> None:
    ticked(BEGAN)
    assert look(BEGAN + 10 * MINUTE) == ""
    assert look(BEGAN + 11 * MINUTE) == f"raised: {STANDSTILL}"
    alert = Alert.objects.get()
    assert (alert.level, alert.source) == ("error", "portal")
    assert "2026-05-04 09:30 UTC" in alert.summary
    ticked(BEGAN + 12 * MINUTE)
    look(BEGAN + 12 * MINUTE)
    assert open_titles() == []


def test_both_alerts_make_one_incident(plan: Plan) -> None:
    ticked(FIRST_DUE)
    look(FIRST_DUE + 2 * HOUR)
    assert open_titles() == [SILENCE, STANDSTILL]
    assert Alert.objects.values("group_key").distinct().count() == 1


def test_a_portal_that_never_ran_is_not_stuck() -> None:
    assert dead_man.tick() == (None, False)


def test_there_is_little_to_ask_while_all_is_well(plan: Plan, django_assert_max_num_queries: Any) -> None:
    check(plan, FIRST_DUE)
    ticked(FIRST_DUE)
    with (
        time_machine.travel(FIRST_DUE + MINUTE, tick=False),
        django_assert_max_num_queries(6),
    ):
        assert dead_man.look() == ""
