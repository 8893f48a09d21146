"""What is told and asks for nothing: milestones, maintenance; and alerts that end with their plan."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from monitoring import circumstances, health, system_health, tasks
from monitoring.alerts import responding, sweeping
from monitoring.levels import CRITICAL, ERROR
from monitoring.models import Alert, Notice
from monitoring.plan_sources import source_of
from monitoring.watching import lapsing, news, standing
from operations import windows
from operations.models import Window
from rollout import automatic, phases, plans
from rollout.models import Phase, Plan
from tests import builders
from tests.builders import ROOT
from tests.monitoring import seeds
from tests.monitoring.alarms import an_alert

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def clock() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def later(after: timedelta) -> time_machine.travel:
    return time_machine.travel(NOW + after, tick=False)


class TestMilestones:
    def test_a_phase_is_told_of_once(self) -> None:
        plan = builders.a_plan_in_phase(1)
        assert news.tell() == 1
        told = Alert.objects.get()
        assert (told.source, told.level, told.module) == ("portal", "info", plan.module)
        assert told.title == "Patient Engagement is in phase 1 (Initial)"
        assert told.summary == "From 0 % to 10 %: 4 workspaces more have it, 0 lost it. Run by command:root."
        assert (told.escalation, told.state) == (0, "open")
        assert news.tell() == 0
        with later(DAY + MINUTE):
            sweeping.sweep()
            assert news.tell() == 0
        told.refresh_from_db()
        assert (told.state, told.count, Notice.objects.count()) == ("resolved", 1, 1)

    def test_it_is_no_part_of_the_modules_incident(self) -> None:
        plan = builders.a_plan_in_phase(1)
        an_alert(module=plan.module)
        news.tell()
        assert Alert.objects.get(level="info").group_key.startswith("milestone:")

    def test_automatic_mode_and_the_end_are_milestones_as_well(self) -> None:
        plan = builders.a_plan_in_phase(3)
        plans.configure(plan, actor=ROOT, automatic=True)
        builders.open_gate(builders.engagement())
        assert automatic.step() == ["Patient Engagement: phase 4 was run"]
        builders.open_gate(builders.engagement())
        phases.complete(builders.engagement(), actor=ROOT)
        assert news.tell() == 5
        assert Alert.objects.filter(title="The rollout of Patient Engagement is complete").exists()
        told = Alert.objects.get(title="Patient Engagement is in phase 4 (Complete)")
        assert told.summary.endswith("Run by the portal's automatic mode.")

    def test_what_a_person_changed_by_hand_is_no_milestone(self) -> None:
        plan = builders.a_plan_in_phase(1)
        phases.set_percentage(plan, 20, actor=ROOT)
        phases.pause(builders.engagement(), actor=ROOT)
        phases.resume(builders.engagement(), 20, actor=ROOT)
        phases.roll_back(builders.engagement(), actor=ROOT)
        assert news.tell() == 1

    def test_what_is_older_than_a_day_is_no_news(self) -> None:
        builders.a_plan_in_phase(1)
        with later(DAY):
            assert news.tell() == 0


class TestMaintenance:
    def planned(self, minutes: float, kind: str = "maintenance") -> None:
        begins = NOW + minutes * MINUTE
        windows.plan(kind, "Move to new disks", starts_at=begins, ends_at=begins + HOUR, actor=ROOT)

    def test_it_is_told_of_half_an_hour_before(self) -> None:
        self.planned(31)
        assert news.tell() == 0
        with later(MINUTE):
            assert news.tell() == 1
            assert news.tell() == 0
        told = Alert.objects.get()
        assert (told.level, told.module, told.title) == (
            "info",
            None,
            "Maintenance begins at 2026-03-02 14:01 UTC",
        )
        assert told.summary.startswith(
            "Move to new disks: from 2026-03-02 14:01 UTC until 2026-03-02 15:01 UTC."
        )
        with later(40 * MINUTE):
            assert news.tell() == 0

    def test_a_freeze_and_a_window_that_is_on_are_none(self) -> None:
        self.planned(10, kind="freeze")
        windows.plan("maintenance", "Now", starts_at=NOW, ends_at=None, actor=ROOT)
        assert news.tell() == 0

    def test_one_that_was_cancelled_is_taken_back(self) -> None:
        self.planned(20)
        news.tell()
        windows.end(Window.objects.get(), actor=ROOT)
        assert news.tell() == 0
        told = Alert.objects.get()
        assert told.state == "resolved"
        assert told.events.latest("pk").text == "The maintenance was cancelled."
        assert news.tell() == 0
        assert told.events.count() == 2


class TestLapsing:
    def raised(self, source: str = "rule", **values: object) -> Alert:
        module = builders.module()
        return an_alert("error_rate", source=source, module=module, labels={"rule": "error_rate"}, **values)

    @pytest.mark.parametrize("source", ["rule", "health"])
    def test_alerts_of_a_plan_that_is_all_off_are_resolved_and_say_why(self, source: str) -> None:
        plan = builders.a_plan_in_phase(1)
        alert = self.raised(source)
        assert tasks.lapse_alerts() == ""
        phases.set_percentage(plan, 0, actor=ROOT)
        assert tasks.lapse_alerts() == "1 alerts lapsed"
        alert.refresh_from_db()
        assert (alert.state, alert.resolved_by) == ("resolved", "")
        assert alert.events.get(kind="resolved").text == "Nobody has the module any more: it is not checked."

    def test_so_are_those_of_one_that_was_rolled_back_to_nobody_or_archived(self) -> None:
        plan = builders.a_plan_in_phase(1)
        phases.roll_back(plan, actor=ROOT, target=0)
        self.raised()
        assert lapsing.lapse(health.watched()) == 1
        plans.archive(builders.engagement(), actor=ROOT)
        self.raised("health")
        assert lapsing.lapse(health.watched()) == 1

    def test_a_paused_plan_and_a_silent_source_keep_theirs(self) -> None:
        plan = builders.a_plan_in_phase(1)
        phases.pause(plan, actor=ROOT)
        self.raised()
        with later(DAY):
            assert lapsing.lapse(health.watched()) == 0

    def test_one_whose_for_is_running_is_dropped(self) -> None:
        builders.a_plan()
        self.raised(hold_for=DAY)
        assert lapsing.lapse(health.watched()) == 0
        assert not Alert.objects.exists()

    def test_what_others_raised_stays(self) -> None:
        builders.a_plan()
        for source in ("alertmanager", "person", "product", "portal"):
            self.raised(source)
        assert lapsing.lapse(health.watched()) == 0


class TestCalm:
    """SPEC 3.1: no critical alert in 24 hours; SPEC 4.2: 15 points for each open one."""

    @pytest.fixture
    def plan(self) -> Plan:
        plan = builders.a_plan_in_phase(3)
        seeds.a_check(plan, slot=NOW.replace(minute=0) - HOUR)
        return builders.engagement()

    def trouble(self, plan: Plan) -> str | None:
        phase = Phase.objects.get(plan=plan, number=3)
        return circumstances.trouble(plan, phase, NOW.replace(minute=0))

    def test_no_alert_is_calm(self, plan: Plan) -> None:
        an_alert(level=ERROR, module=plan.module)
        assert self.trouble(plan) == ""

    def test_an_open_critical_alert_is_trouble_and_so_is_one_of_the_last_day(self, plan: Plan) -> None:
        alert = an_alert(level=CRITICAL, module=plan.module, title="Data lost")
        said = "critical alert since 2026-03-02 13:30 UTC: Data lost"
        assert self.trouble(plan) == said
        responding.resolve(alert, actor=ROOT)
        assert self.trouble(plan) == said
        Alert.objects.update(resolved_at=NOW - DAY - HOUR)
        assert self.trouble(plan) == ""

    def test_it_is_trouble_also_where_no_check_can_tell(self, plan: Plan) -> None:
        plan.checks.all().delete()
        assert self.trouble(plan) is None
        an_alert(level=CRITICAL, module=plan.module)
        assert self.trouble(plan)

    def test_whose_alert_concerns_a_module(self, plan: Plan) -> None:
        an_alert("outbox", source="portal", level=CRITICAL)
        an_alert("other", level=CRITICAL, module=builders.health().module)
        an_alert("pending", level=CRITICAL, module=plan.module, hold_for=HOUR)
        assert self.trouble(plan) == ""
        responding.raise_alert(actor=ROOT, title="Break-in", level=CRITICAL)
        assert self.trouble(plan)
        assert standing.open_critical(plan.module) == 0

    def test_each_open_one_costs_the_score_15_points(self, plan: Plan) -> None:
        def measured() -> system_health.SystemHealth:
            return system_health.measure(plan, source_of(plan), until=NOW)

        assert (measured().score.value, measured().critical_errors) == (100, 0)
        an_alert("a", level=CRITICAL, module=plan.module)
        second = an_alert("b", level=CRITICAL, module=plan.module)
        assert (measured().score.value, measured().critical_errors) == (70, 2)
        assert [each.rule for each in measured().score.deductions] == ["2 critical errors"]
        responding.resolve(second, actor=ROOT)
        assert measured().score.value == 85
