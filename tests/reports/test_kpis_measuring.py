"""What the portal measures, against the same worked out in plain Python over what the product sent."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from reports.kpis import measuring
from reports.kpis.measuring import MEASURES, Measured
from rollout.models import Enrolment, Plan
from tests import builders
from tests.feedback.builders import a_ticket, in_quarantine
from tests.reports import kpi_world as world
from tests.reports.kpi_world import BOUNDS, DAY, HOUR, NOW, Response

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def measured(plan: Plan, *names: str) -> dict[str, Measured]:
    return measuring.measure(plan.module, names or MEASURES, now=NOW)


def told_hours(plan: Plan) -> list[tuple[str, int, Response]]:
    """What the product sends: workspace, hours ago, response. The fifth has no module, and is worse."""
    with_module, without = world.cohort()[:2], "W00004"
    return [
        (with_module[0], 1, Response(900, errors=4, timeouts=2, milliseconds=90)),
        (with_module[0], 20, Response(100, errors=0, milliseconds=250)),
        (with_module[1], 3, Response(60, errors=3, timeouts=1, milliseconds=900)),
        (with_module[1], 50, Response(700, errors=600, milliseconds=4000)),
        (without, 1, Response(3600, errors=400, milliseconds=30)),
        (without, 160, Response(10, errors=1)),
    ]


def p95_by_hand(responses: list[Response]) -> float:
    """The 95th percentile within the histogram, as Prometheus interpolates it."""
    counts = [sum(each.requests for each in responses if each.milliseconds <= bound) for bound in BOUNDS]
    rank, lower, below = 0.95 * sum(each.requests for each in responses), 0, 0
    for bound, upto in zip(BOUNDS, counts, strict=True):
        if upto >= rank:
            return lower + (bound - lower) * (rank - below) / (upto - below)
        lower, below = bound, upto
    raise AssertionError


def test_the_api_s_figures_are_those_of_who_has_the_module_over_a_day():
    plan = world.a_plan_of_four()
    hours = told_hours(plan)
    for workspace, ago, told in hours:
        world.hour(plan, workspace, NOW - ago * HOUR, told)
    theirs = [told for workspace, ago, told in hours if workspace != "W00004" and ago <= 24]
    requests = sum(told.requests for told in theirs)
    found = measured(plan)
    assert found["api_p95"].value == pytest.approx(p95_by_hand(theirs))
    mean = sum(told.requests * told.milliseconds for told in theirs) / requests
    assert found["api_mean"].value == pytest.approx(mean)
    assert found["error_rate"].value == pytest.approx(100 * sum(told.errors for told in theirs) / requests)
    assert found["timeout_rate"].value == pytest.approx(
        100 * sum(told.timeouts for told in theirs) / requests
    )
    assert {found[name].n for name in ("api_p95", "api_mean", "error_rate")} == {requests}


def test_the_system_s_error_rate_is_everybody_s():
    plan = world.a_plan_of_four()
    hours = told_hours(plan)
    for workspace, ago, told in hours:
        world.hour(plan, workspace, NOW - ago * HOUR, told)
    day = [told for _, ago, told in hours if ago <= 24]
    requests = sum(told.requests for told in day)
    expected = Measured(100 * sum(told.errors for told in day) / requests, requests)
    assert measured(plan)["whole_error_rate"] == expected


def test_the_busiest_hour_and_the_hours_served_are_those_of_a_week():
    plan = world.a_plan_of_four()
    hours = told_hours(plan)
    for workspace, ago, told in hours:
        world.hour(plan, workspace, NOW - ago * HOUR, told)
    world.hour(plan, "W00004", NOW - 8 * DAY, Response(10**6, errors=10**6))
    by_hour: dict[int, list[Response]] = {}
    for _, ago, told in hours:
        by_hour.setdefault(ago, []).append(told)
    most = max(sum(told.requests for told in each) for each in by_hour.values())
    failing = [
        ago
        for ago, each in by_hour.items()
        if 2 * sum(told.errors for told in each) >= sum(told.requests for told in each)
    ]
    found = measured(plan, "busiest_hour", "hours_served")
    assert found["busiest_hour"] == Measured(most / 3600, len(by_hour))
    assert failing == [50]
    assert found["hours_served"].value == pytest.approx(100 * (len(by_hour) - 1) / len(by_hour))


def test_the_platform_s_figures_are_means_of_its_readings_of_a_day():
    plan = world.a_plan_of_four()
    memory, database = [60.0, 70.0, 95.0], [20.0, 30.0, 100.0]
    for number, (used, took) in enumerate(zip(memory, database, strict=True)):
        at = NOW - (number + 1) * HOUR
        world.reading(plan, at, memory=used, cpu=used / 2, database_ms=took, database_failures=number)
    world.reading(plan, NOW - 2 * DAY, memory=1.0, cpu=1.0, database_ms=1.0, database_failures=50)
    found = measured(plan)
    assert found["memory"].value == pytest.approx(sum(memory) / 3)
    assert found["cpu"].value == pytest.approx(sum(memory) / 6)
    assert found["database_mean"].value == pytest.approx(sum(database) / 3)
    assert found["database_p95"].value == max(database)
    assert found["database_failures"].value == 0 + 1 + 2
    assert found["memory"].n == 3


def test_critical_reports_are_a_week_s_and_open_ones_whatever_their_age():
    plan = world.a_plan_of_four()
    about = {"module": plan.module.key, "severity": "critical"}
    a_ticket(**about, received_at=NOW - 6 * DAY)
    a_ticket(**about, received_at=NOW - 8 * DAY)
    a_ticket(**about, received_at=NOW - DAY, category="feature_request")
    a_ticket(module=plan.module.key, severity="high", received_at=NOW - DAY)
    a_ticket(severity="critical", received_at=NOW - DAY)
    in_quarantine(**about)
    found = measured(plan, "critical_reports", "open_critical", "support_requests")
    assert found["critical_reports"].value == 1
    assert found["open_critical"].value == 2
    assert found["support_requests"].value == 4


def test_satisfaction_is_the_mean_of_a_week_s_ratings_and_unknown_of_four():
    plan = world.a_plan_of_four()
    for rating in (5, 4, 4, 3):
        a_ticket(module=plan.module.key, satisfaction_rating=rating, received_at=NOW - DAY)
    four = measured(plan, "satisfaction")["satisfaction"]
    assert (four.value, four.n) == (None, 4)
    assert "Too few ratings" in four.unknown
    a_ticket(module=plan.module.key, satisfaction_rating=1, received_at=NOW - DAY)
    five = measured(plan, "satisfaction")["satisfaction"]
    assert (five.value, five.n) == (3.4, 5)


def test_adoption_is_of_the_workspaces_that_have_had_the_module_for_five_days():
    plan = world.a_plan_of_four()
    first, second, third, fourth = world.cohort()
    Enrolment.objects.filter(workspace=fourth).update(entered_at=NOW - 2 * DAY)
    for workspace, ago in (
        (first, 20 * HOUR),
        (second, 6 * DAY),
        (third, 8 * DAY),
        (fourth, HOUR),
        ("W00004", HOUR),
    ):
        world.used(plan, workspace, NOW - ago)
    world.hour(plan, first, NOW - 2 * HOUR, Response(10))
    found = measured(plan, "workspace_adoption", "active_workspaces")
    assert found["workspace_adoption"] == Measured(100 * 2 / 3, 3)
    # Within a day: the first and the fourth; of the four that have it.
    assert found["active_workspaces"] == Measured(2, 4)


def test_shares_of_people_are_distinct_users_of_those_who_have_the_module():
    plan = world.a_plan_of_four()
    workspace = world.cohort()[0]
    for name in ("ann", "bob", "cyd", "dan"):
        world.person(workspace, name)
    for number, days_ago in ((1, 0), (2, 0), (2, 1), (3, 5), (4, 20)):
        world.user(plan, workspace, number, days_ago)
    world.user(plan, "W00004", 9, 0)
    # Four named ones, and an unnamed pharmacist in each of the four workspaces.
    people = 4 + 4
    found = measured(plan, "daily_share", "weekly_share", "monthly_share")
    assert found["daily_share"] == Measured(100 * 2 / people, people)
    assert found["weekly_share"] == Measured(100 * 3 / people, people)
    assert found["monthly_share"] == Measured(100 * 4 / people, people)


def test_more_users_than_the_portal_knows_are_unknown_and_not_above_a_hundred_percent():
    plan = world.a_plan_of_four()
    for number in range(5):
        world.user(plan, world.cohort()[0], number, 0)
    found = measured(plan, "daily_share")["daily_share"]
    assert found.value is None
    assert "let the product send all members" in found.unknown


def test_counters_make_the_day_s_numbers_and_rates():
    plan = world.a_plan_of_four()
    first, second = world.cohort()[:2]
    sent = {
        "appointmentsCreated": 7,
        "appointmentsDue": 10,
        "appointmentsCompleted": 8,
        "noShows": 1,
        "followupsDue": 4,
        "followupsCompleted": 3,
        "remindersSent": 20,
        "remindersDelivered": 19,
    }
    for name, value in sent.items():
        world.count(plan, first, name, value, NOW - 2 * HOUR)
        world.count(plan, second, name, 2 * value, NOW - 5 * HOUR)
        world.count(plan, "W00004", name, 1000, NOW - 2 * HOUR)
    found = measured(plan)
    assert found["appointments_created"].value == 3 * 7
    assert found["followups_completed"].value == 3 * 3
    assert found["appointment_completion"] == Measured(80, 30)
    assert found["no_shows"] == Measured(10, 30)
    assert found["followup_completion"] == Measured(75, 12)
    assert found["reminder_delivery"] == Measured(95, 60)


def test_engagement_compares_workspaces_with_themselves_before_the_rollout():
    plan = world.a_plan_of_four()
    first, second, third, fourth = world.cohort()
    Enrolment.objects.filter(workspace=fourth).update(entered_at=NOW - 3 * DAY)
    for workspace, value in ((first, 60), (second, 30), (third, 15), (fourth, 999), ("W00004", 999)):
        world.count(plan, workspace, "appointmentsCreated", value, NOW - 30 * HOUR)
        world.count(plan, workspace, "followupsCompleted", value // 3, NOW - 100 * HOUR)
        world.count(plan, workspace, "portalVisits", 500, NOW - 30 * HOUR)
        world.count(plan, workspace, "appointmentsCreated", 777, NOW - 8 * DAY)
    for days_ago in range(1, 11):
        world.count_day(plan, first, "appointmentsCreated", 4, days_ago)
        world.count_day(plan, second, "followupsCompleted", 2, days_ago)
        world.count_day(plan, "W00004", "appointmentsCreated", 50, days_ago)
    world.count_day(plan, first, "appointmentsCreated", 9999, 29)
    found = measured(plan, "interactions")["interactions"]
    assert found.n == 3
    assert found.value == pytest.approx((60 + 30 + 15 + 20 + 10 + 5) / (3 * 7))
    assert found.baseline == pytest.approx((4 + 2) * 10 / (3 * 10))


def test_engagement_has_no_baseline_of_fewer_than_seven_days():
    plan = world.a_plan_of_four()
    world.count(plan, world.cohort()[0], "appointmentsCreated", 5, NOW - HOUR)
    for days_ago in range(1, 7):
        world.count_day(plan, world.cohort()[0], "appointmentsCreated", 4, days_ago)
    found = measured(plan, "interactions")["interactions"]
    assert (found.value is not None, found.baseline) == (True, None)


def test_engagement_waits_until_a_workspace_has_had_the_module_for_a_week():
    plan = world.a_plan_of_four()
    Enrolment.objects.update(entered_at=NOW - 6 * DAY)
    found = measured(plan, "interactions")["interactions"]
    assert (found.value, found.unknown) == (None, "No workspace has had the module for 7 days.")


def test_records_per_user_and_retention_are_of_the_arm_that_is_on():
    builders.modules()
    plan = builders.health()
    for number, days_ago in ((1, 8), (2, 9), (3, 13), (4, 14), (1, 0), (3, 6), (5, 1)):
        world.user(plan, "", number, days_ago, arm="on")
    world.user(plan, "", 2, 0, arm="off")
    world.count(plan, "", "health_records_created_total", 12, NOW - DAY, arm="on")
    world.count(plan, "", "health_records_created_total", 99, NOW - DAY, arm="off")
    world.count(plan, "", "health_records_created_total", 99, NOW - 8 * DAY, arm="on")
    found = measured(plan, "records_per_user", "retention")
    # Users of the last 7 days: 1, 3 and 5. Of the week before, 1, 2 and 3, came again 1 and 3.
    assert found["records_per_user"] == Measured(12 / 3, 3)
    assert found["retention"] == Measured(100 * 2 / 3, 3)


def test_nothing_that_the_product_sends_is_guessed():
    plan = world.a_plan_of_four()
    found = measured(plan)
    tickets = {"critical_reports", "open_critical", "support_requests"}
    assert {name for name, each in found.items() if each.value is not None} <= tickets | {"active_workspaces"}
    for name, each in found.items():
        assert (each.value is None) is bool(each.unknown), name
    Plan.objects.all().delete()
    assert {each.unknown for each in measured(plan).values()} == {measuring.NO_PLAN}


def test_a_source_that_does_not_answer_is_named_and_tickets_are_told_all_the_same(monkeypatch):
    from monitoring.sources.base import SourceFailed
    from monitoring.sources.pushed import PushedSource

    def fail(*args: object) -> None:
        raise SourceFailed("The server did not answer.")

    for name in ("arms", "gauges", "use", "used_since"):
        monkeypatch.setattr(PushedSource, name, fail)
    found = measured(world.a_plan_of_four())
    for name in ("api_p95", "memory", "database_failures", "workspace_adoption", "daily_share"):
        assert found[name].unknown == "The server did not answer.", name
    assert found["critical_reports"].value == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(django_assert_max_num_queries):
    plan = world.a_plan_of_four()
    for workspace, ago, told in told_hours(plan):
        world.hour(plan, workspace, NOW - ago * HOUR, told)
    for number in range(30):
        world.user(plan, world.cohort()[0], number, number % 7)
    with django_assert_max_num_queries(38):
        measured(plan)


def test_until_a_moment_that_is_over_only_what_was_then_counts():
    plan = world.a_plan_of_four()
    workspace = world.cohort()[0]
    world.hour(plan, workspace, NOW - 30 * HOUR, Response(100, errors=10))
    world.hour(plan, workspace, NOW - 2 * HOUR, Response(100, errors=90))
    until = NOW.replace(minute=0) - timedelta(hours=14)
    found = measuring.measure(plan.module, ["error_rate"], now=until, until=until)
    assert found["error_rate"] == Measured(10, 100)
