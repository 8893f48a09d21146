"""System health: the guide's figures, what each stands on, and what is unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from monitoring import system_health, targets
from monitoring.figures import AdoptionMetrics, PerformanceMetrics, QualityMetrics
from monitoring.sources.base import SourceFailed
from monitoring.system_health import SystemHealth
from monitoring.vitals import Arms, Count, Gauges, UnitKey, Use, Vitals, Window
from rollout import cohorts, facts, phases
from rollout.models import Member, Plan
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

UNTIL = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WELL = Vitals(
    requests=10_000,
    errors=120,
    timeouts=30,
    latency_sum_ms=10_000 * 84.0,
    buckets=(4_000, 9_000, 9_800, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000),
)
PLATFORM = Gauges(readings=60, memory=61.5, cpu=33.0, disk=48.0, database_ms=4.25)
COUNTERS = {
    "appointmentsCreated": 40,
    "appointmentsDue": 200,
    "appointmentsCompleted": 150,
    "noShows": 20,
    "followupsDue": 50,
    "followupsCompleted": 45,
    "remindersSent": 1_000,
    "remindersDelivered": 985,
    "portalVisits": 77,
}


USED = Use(daily_users=3, weekly_users=4, counters=COUNTERS)


@dataclass
class Told:
    """A source that answers what it was told, and remembers what it was asked."""

    cohort: Vitals = WELL
    platform: Gauges = PLATFORM
    used: Use = USED
    active: frozenset[str] | None = frozenset({"W00000", "W00001", "W00030"})
    requests: int | None = 20_000
    failing: str = ""
    asked: list[Window] = field(default_factory=list)
    by_workspace: bool = True

    def told_until(self, now: datetime) -> datetime:
        return now

    def counts(self, window: Window) -> Mapping[UnitKey, Count]:
        return {}

    def arms(self, window: Window) -> Arms:
        if self.failing:
            raise SourceFailed(self.failing)
        self.asked.append(window)
        return Arms(self.cohort, Vitals())

    def whole(self, window: Window) -> Vitals:
        return self.cohort

    def gauges(self, window: Window) -> Gauges:
        return self.platform

    def use(self, until: datetime) -> Use:
        return self.used

    def used_since(self, since: datetime) -> frozenset[str] | None:
        return self.active

    def requests_in(self, window: Window) -> int | None:
        return self.requests


def measured(plan: Plan, told: Told) -> SystemHealth:
    return system_health.measure(plan, told, until=UNTIL)


def test_the_window_is_the_24_hours_before() -> None:
    told = Told()
    found = measured(builders.a_plan_in_phase(1), told)
    assert found.window == Window(UNTIL - DAY, UNTIL)
    assert told.asked == [found.window]


def test_vitals_that_were_read_already_are_not_read_again() -> None:
    plan, told = builders.a_plan_in_phase(1), Told()
    found = system_health.measure(plan, told, until=UNTIL, cohort=WELL)
    assert told.asked == []
    assert found == measured(plan, told)


def test_performance_is_of_sums_in_milliseconds_and_percent() -> None:
    found = measured(builders.a_plan_in_phase(1), Told()).performance
    assert (found.api_response_time, found.database_response_time) == (84.0, 4.25)
    assert (found.error_rate, found.timeout_rate) == (1.2, 0.3)
    assert (found.memory_usage, found.cpu_usage, found.disk_usage) == (61.5, 33.0, 48.0)
    assert (found.requests, found.readings) == (10_000, 60)


def test_adoption_counts_those_of_the_cohort_who_used_it() -> None:
    found = measured(builders.a_plan_in_phase(1), Told()).adoption
    assert (found.enabled_workspaces, found.total_active_workspaces) == (4, 2)
    assert (found.daily_active_users, found.weekly_active_users) == (3, 4)
    assert (found.appointments_created_today, found.follow_ups_completed_today) == (40, 45)
    assert (found.reminders_delivered_today, found.patient_portal_usage) == (985, 77)


def test_quality_is_in_percent_of_what_was_due_or_sent() -> None:
    found = measured(builders.a_plan_in_phase(1), Told()).quality
    assert (found.appointment_completion_rate, found.no_show_rate) == (75.0, 10.0)
    assert (found.follow_up_completion_rate, found.reminder_delivery_success_rate) == (90.0, 98.5)
    assert (found.appointments_due, found.follow_ups_due, found.reminders_sent) == (200, 50, 1_000)
    assert found.user_satisfaction_score is None


def test_enabled_users_are_the_active_members_of_the_cohort() -> None:
    plan = builders.a_plan_in_phase(1)
    assert system_health.enabled_users(plan) == 4
    for workspace, member, active in (
        ("W00000", "ada", True),
        ("W00001", "ada", True),
        ("W00001", "bob", True),
        ("W00002", "eve", False),
        ("W00004", "joe", True),
    ):
        Member.objects.create(workspace_id=workspace, member=member, role="pharmacist", active=active)
    # Ada works in two workspaces; Eve left; Joe's does not have the module. Each unnamed one is a person.
    assert system_health.enabled_users(plan) == 4 + 2
    phases.set_percentage(plan, 0, actor=ROOT)
    assert system_health.enabled_users(builders.engagement()) == 0


def test_enabled_users_of_a_user_module_are_the_known_ones_within_its_share() -> None:
    builders.modules()
    builders.workspaces(["A"])
    Member.objects.bulk_create(
        Member(workspace_id="A", member=f"user-{number}", role="pharmacist") for number in range(200)
    )
    plan = builders.health()
    assert system_health.enabled_users(plan) == 0
    phases.set_percentage(plan, 25, actor=ROOT)
    found = measured(builders.health(), Told(active=frozenset({"", "A"}))).adoption
    assert found.enabled_users == cohorts.shares(facts.state_of(plan.module)).enabled > 0
    assert (found.enabled_workspaces, found.total_active_workspaces) == (None, 1)


@pytest.mark.parametrize("started", [False, True])
def test_nothing_measured_is_unknown_and_not_zero(started: bool) -> None:
    plan = builders.a_plan_in_phase(1) if started else builders.a_plan()
    silent = Told(Vitals(), Gauges(), Use(), None, None)
    found = measured(plan, silent)
    assert found.performance == PerformanceMetrics()
    assert found.quality == QualityMetrics()
    enabled = 4 if started else 0
    assert found.adoption == AdoptionMetrics(enabled_workspaces=enabled, enabled_users=enabled)


def test_a_source_that_does_not_answer_is_named() -> None:
    found = measured(builders.a_plan_in_phase(1), Told(failing="HTTP 503"))
    assert (found.fault, found.performance) == ("HTTP 503", PerformanceMetrics())
    assert found.adoption.enabled_workspaces == 4


@pytest.mark.parametrize(
    ("used", "active"),
    [(None, None), (frozenset(), 0), (frozenset({"W00030"}), 0), (frozenset({"W00003"}), 1)],
)
def test_active_workspaces(used: frozenset[str] | None, active: int | None) -> None:
    found = measured(builders.a_plan_in_phase(1), Told(active=used)).adoption
    assert found.total_active_workspaces == active


def test_nobody_is_active_where_nobody_has_it_and_nobody_knows_where_nothing_was_told() -> None:
    draft, begun = measured(builders.a_plan(), Told()), Told(Vitals(), requests=None)
    assert draft.adoption.total_active_workspaces is None
    phases.run(builders.engagement(), 1, actor=ROOT)
    assert measured(builders.engagement(), begun).adoption.total_active_workspaces is None


def test_a_metric_meets_its_target_below_it_and_is_unknown_without_data() -> None:
    found = PerformanceMetrics(
        requests=10, api_response_time_p95=499.9, error_rate=1.0, readings=5, memory_usage=95.0
    )
    states = {each.target.name: (each.standing, each.count) for each in targets.measured(found)}
    assert states == {
        "api_response_time_p95": ("met", 10),
        "database_response_time": ("unknown", 5),
        "error_rate": ("missed", 10),
        "timeout_rate": ("unknown", 10),
        "memory_usage": ("missed", 5),
    }


def test_a_healthy_module_loses_points_only_for_what_it_lacks() -> None:
    found = measured(builders.a_plan_in_phase(1), Told()).score
    assert [(each.group, each.points) for each in found.deductions] == [("quality", 15)]
    assert found.value == 85
    assert found.unknown == ("user satisfaction",)


def test_the_score_of_a_bad_day() -> None:
    slow = Vitals(requests=1_000, errors=60, latency_sum_ms=501_000.0, buckets=(0,) * 4 + (1_000,) * 5)
    told = Told(slow, used=Use(daily_users=1, counters={"appointmentsDue": 10, "appointmentsCompleted": 7}))
    found = measured(builders.a_plan_in_phase(1), told).score
    # 20 for the mean and 25 for the errors meet the group's limit of 30.
    assert {each.group: each.points for each in found.deductions[1:]} == {
        "performance": 10,
        "adoption": 15,
        "quality": 15,
    }
    assert found.value == 100 - 30 - 15 - 15


def test_a_silent_module_scores_100_with_everything_unknown() -> None:
    found = measured(builders.a_plan(), Told(Vitals(), Gauges(), Use(), None, None)).score
    assert (found.value, found.deductions, len(found.unknown)) == (100, (), 5)
