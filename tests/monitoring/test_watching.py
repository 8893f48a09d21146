"""Health checks raise alerts: what for, of which level, in which words, and when they are over."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring import alert_rules, health
from monitoring.alerts import responding, sweeping
from monitoring.alerts.signals import Signal
from monitoring.levels import CRITICAL, ERROR, WARNING
from monitoring.models import Alert, GaugeReading, HealthCheck, LastUse, Notice
from monitoring.slots import HOUR
from monitoring.sources.base import SourceFailed
from monitoring.watching import checks
from operations.models import Window
from rollout import phases, plans
from rollout.models import Enrolment, Plan
from tests import builders
from tests.builders import ROOT
from tests.monitoring.traffic import Failing, failing, flow, healthy

pytestmark = pytest.mark.django_db

BEGUN = datetime(2026, 5, 4, 9, tzinfo=UTC)
# Of 30 workspaces in the order of their ids, the first tenth is the cohort.
EVERYBODY = builders.numbered(30)
COHORT = EVERYBODY[:3]


@pytest.fixture
def plan() -> Plan:
    """Phase 1 began at nine, after twelve healthy hours."""
    with time_machine.travel(BEGUN, tick=False):
        plan = builders.a_plan(eligible=30)
        flow(plan.module, EVERYBODY, BEGUN - 12 * HOUR, BEGUN)
        phases.run(plan, 1, actor=ROOT)
    return builders.engagement()


def at(hours: float) -> time_machine.travel:
    """Ten minutes past the hour, so many hours after the plan began."""
    return time_machine.travel(BEGUN + hours * HOUR + timedelta(minutes=10), tick=False)


def traffic(since: float, until: float, errors: Failing = healthy, **how: int) -> None:
    module = builders.module()
    flow(module, EVERYBODY, BEGUN + since * HOUR, BEGUN + until * HOUR, errors=errors, **how)  # type: ignore[arg-type]


def check(hours: float) -> HealthCheck:
    """The check of that hour, after the sweeps of the hour before it."""
    with at(hours):
        sweeping.sweep()
        return health.check(builders.engagement(), actor=ROOT)


def readings(hour: float, **values: float) -> None:
    """What the platform told of itself in the hour that ends then."""
    for minute in (10, 30, 50):
        GaugeReading.objects.create(
            module=builders.module(),
            at=BEGUN + (hour - 1) * HOUR + timedelta(minutes=minute),
            **values,
        )


def alert(source: str, cause: str) -> Alert | None:
    """The newest alert of a cause."""
    signal = Signal(source=source, cause=cause, firing=True, module=builders.module())
    return Alert.objects.filter(fingerprint=signal.fingerprint).first()


def raised(source: str, cause: str) -> Alert:
    found = alert(source, cause)
    assert found is not None, list(Alert.objects.all())
    return found


def kinds() -> list[tuple[str, str]]:
    return [(notice.kind, notice.alert.title) for notice in Notice.objects.order_by("pk")]


def test_a_healthy_day_raises_nothing(plan: Plan) -> None:
    traffic(20, 26)
    for hours in (24, 25, 26):
        check(hours)
    assert not Alert.objects.exists()


def test_a_hard_stop_is_critical_and_says_what_the_portal_did(plan: Plan) -> None:
    traffic(0, 2, failing(COHORT, 60, BEGUN))
    found = check(2)
    breach = raised("health", "breach")
    assert (found.result, found.plan.pk) == ("breach", plan.pk)
    assert (breach.level, breach.state) == (CRITICAL, "open")
    assert breach.title == "Patient Engagement fails for many who have it"
    assert breach.summary == found.summary
    assert breach.affected == "3 workspaces with the feature (10 % of 30)"
    assert breach.done.startswith("The portal paused the plan at 2026-05-04 11:10 UTC: nobody new gets")
    assert "`manage.py rollout resume 10`" in breach.advice
    assert (breach.health_check, breach.group_key) == (found, "patient_engagement")
    assert breach.due_at == BEGUN + 2 * HOUR + timedelta(minutes=15)


def test_another_breach_is_an_error_and_one_check_raises_one_incident(plan: Plan) -> None:
    traffic(20, 24)
    check(24)
    traffic(24, 25, failing(COHORT, 30, BEGUN))
    found = check(25)
    assert (found.result, found.action) == ("breach", "paused")
    breach, rate = raised("health", "breach"), raised("rule", "error_rate")
    assert (breach.level, breach.title) == (ERROR, "Patient Engagement does harm")
    # 30 % for the first hour: critical when the next one shows the same.
    assert (rate.level, rate.title) == (ERROR, "30 % of requests fail in Patient Engagement")
    assert {each.group_key for each in Alert.objects.all()} == {"patient_engagement"}
    assert Alert.objects.count() == 2


def test_a_breach_that_goes_on_is_counted_worsens_and_keeps_what_was_done(plan: Plan) -> None:
    traffic(20, 24)
    check(24)
    traffic(24, 27, failing(COHORT, 30, BEGUN))
    for hours in (25, 26, 27):
        check(hours)
    breach, rate = raised("health", "breach"), raised("rule", "error_rate")
    assert (breach.level, breach.count, rate.level, rate.count) == (CRITICAL, 3, CRITICAL, 3)
    assert breach.done.startswith("The portal paused the plan at 2026-05-05 10:10")
    assert breach.health_check == HealthCheck.objects.first()
    assert "In the hour before, 30 %." in rate.summary
    told = [kind for kind, _ in kinds()]
    assert (told.count("fired"), told.count("worse")) == (2, 2)


def test_two_clear_checks_end_what_a_breach_raised(plan: Plan) -> None:
    """The hard stop sees an hour of trouble in three checks, the error rate in one."""
    traffic(20, 24)
    check(24)
    traffic(24, 25, failing(COHORT, 30, BEGUN))
    assert check(25).result == "breach"
    traffic(25, 30)
    with at(25.5):
        phases.resume(builders.engagement(), 10, actor=ROOT)
    assert [check(hours).result for hours in (26, 27)] == ["breach", "breach"]
    assert raised("rule", "error_rate").state == "open"
    assert check(28).result == "hold"
    assert raised("rule", "error_rate").state == "resolved"
    assert raised("health", "breach").state == "open"
    check(29)
    assert raised("health", "breach").state == "open"
    with at(29.1):
        sweeping.sweep()
    assert {(each.state, each.resolved_by) for each in Alert.objects.all()} == {("resolved", "")}
    assert [kind for kind, _ in kinds()].count("resolved") == 2


def test_a_cause_that_is_back_at_the_second_check_was_never_over(plan: Plan) -> None:
    traffic(20, 24)
    traffic(24, 25, failing(COHORT, 5, BEGUN))
    traffic(25, 26)
    traffic(26, 27, failing(COHORT, 5, BEGUN))
    for hours in (24, 25, 26, 27):
        check(hours)
    with at(28.5):
        sweeping.sweep()
    rate = raised("rule", "error_rate")
    assert (rate.level, rate.state, rate.count, rate.reopened) == (WARNING, "open", 2, 0)


def test_between_the_lines_an_alert_stays_what_it_is(plan: Plan) -> None:
    """Of 300 requests 5 % ring; 2 % do not, and are not clear either."""
    traffic(20, 24)
    check(24)
    traffic(24, 25, failing(COHORT, 5, BEGUN))
    traffic(25, 28, failing(COHORT, 2, BEGUN))
    for hours in (25, 26, 27, 28):
        check(hours)
    with at(28.5):
        sweeping.sweep()
    rate = raised("rule", "error_rate")
    assert (rate.state, rate.count) == ("open", 1)
    assert Alert.objects.count() == 1


def test_what_the_whole_platform_shows_is_an_error_that_blames_nobody(plan: Plan) -> None:
    traffic(20, 24)
    check(24)
    traffic(24, 25, failing(EVERYBODY, 50, BEGUN))
    assert check(25).cause == "platform"
    incident, rate = raised("health", "platform_incident"), raised("rule", "error_rate")
    assert (incident.level, incident.title) == (
        ERROR,
        "The whole platform is ill, and not because of Patient Engagement",
    )
    assert incident.summary.startswith("The whole platform is ill (3 of 3 workspaces with the feature are")
    assert incident.done == "Nothing was paused or rolled back. The gate of the next phase is closed."
    assert (
        incident.affected
        == rate.affected
        == ("The whole platform: 30 workspaces, with the feature and without it")
    )
    assert rate.title == "50 % of requests fail on the whole platform"
    assert alert("health", "breach") is None
    traffic(25, 29)
    for hours in (26, 27, 28, 29):
        check(hours)
    assert raised("health", "platform_incident").state == "open"
    with at(29.1):
        sweeping.sweep()
    assert raised("health", "platform_incident").state == "resolved"


def test_four_checks_of_silence_raise_an_error_and_say_that_automatic_mode_stopped(plan: Plan) -> None:
    with at(0.5):
        plans.configure(plan, actor=ROOT, automatic=True)
    for hours in (4, 5, 6):
        check(hours)
    assert not Alert.objects.exists()
    check(7)
    silence = raised("health", "silence")
    assert (silence.level, silence.title) == (ERROR, "Nothing is known of the health of Patient Engagement")
    assert "stopped automatic mode" in silence.done
    assert "Switch automatic mode on again" in silence.advice
    traffic(7, 10)
    for hours in (8, 9):
        check(hours)
    with at(9.1):
        sweeping.sweep()
    assert raised("health", "silence").state == "resolved"


def test_silence_ends_no_breach(plan: Plan) -> None:
    traffic(20, 24)
    check(24)
    traffic(24, 25, failing(COHORT, 30, BEGUN))
    check(25)
    for hours in range(49, 53):
        check(hours)
    with at(54):
        sweeping.sweep()
    assert {each.state for each in Alert.objects.all()} == {"open"}
    assert raised("health", "silence").done == ""


@pytest.mark.parametrize(
    ("values", "cause", "level"),
    [
        ({"memory": 91.0}, "memory", ERROR),
        ({"database_failures": 2}, "database_failures", CRITICAL),
    ],
)
def test_the_platforms_own_readings_ring(
    plan: Plan, values: dict[str, float], cause: str, level: str
) -> None:
    traffic(20, 26)
    readings(24, **dict.fromkeys(values, 0))
    check(24)
    assert not Alert.objects.exists()
    readings(25, **values)
    check(25)
    assert raised("rule", cause).level == level
    # Nothing is read in the next hour: that is not the end of it.
    check(26)
    with at(28):
        sweeping.sweep()
    assert raised("rule", cause).state == "open"


def test_slow_responses_ring_by_their_percentile(plan: Plan) -> None:
    traffic(20, 24)
    traffic(24, 25, milliseconds=700)
    check(25)
    assert (raised("rule", "response_time").level, Alert.objects.count()) == (WARNING, 1)
    traffic(25, 26, milliseconds=1_500)
    check(26)
    assert raised("rule", "response_time").level == ERROR


class TestAdoption:
    """Asked for from the sixth day on, and told of when it was missing for a day."""

    @pytest.fixture(autouse=True)
    def unused(self, plan: Plan) -> None:
        traffic(150, 180)
        LastUse.objects.all().delete()
        LastUse.objects.create(module=plan.module, workspace="W00010", hour=BEGUN + 179 * HOUR)
        assert Enrolment.objects.open().count() == 3

    def use(self) -> None:
        LastUse.objects.create(module=builders.module(), workspace=COHORT[0], hour=BEGUN + 160 * HOUR)

    def test_it_fires_after_24_hours(self) -> None:
        for hours in (151, 163, 174):
            check(hours)
        pending = raised("rule", "adoption")
        assert (pending.state, pending.count) == ("pending", 3)
        assert not Notice.objects.exists()
        check(175)
        adoption = raised("rule", "adoption")
        assert (adoption.state, adoption.level) == ("open", WARNING)
        assert adoption.title == "Only 0 % use Patient Engagement"
        self.use()
        check(176)
        with at(177.5):
            sweeping.sweep()
        assert raised("rule", "adoption").state == "open"
        with at(200.1):
            sweeping.sweep()
        assert raised("rule", "adoption").state == "resolved"

    def test_a_check_that_finds_enough_begins_the_day_anew(self) -> None:
        check(151)
        self.use()
        check(152)
        assert not Alert.objects.exists()

    def test_a_check_that_knows_nothing_begins_the_day_anew(self) -> None:
        check(170)
        assert raised("rule", "adoption").state == "pending"
        check(185)
        assert alert("rule", "adoption") is None


def test_a_breach_of_a_plan_that_a_person_paused_says_why_nothing_was_done(plan: Plan) -> None:
    traffic(0, 3, failing(COHORT, 60, BEGUN))
    with at(1.5):
        phases.pause(builders.engagement(), actor=ROOT, reason="Lunch")
    check(2)
    assert check(3).result == "breach"
    assert raised("health", "breach").done == "Nothing: the plan is paused already."


def test_a_rollback_names_both_percentages(plan: Plan) -> None:
    with at(0.2):
        phases.set_percentage(plan, 20, actor=ROOT)
        plans.configure(builders.engagement(), actor=ROOT, breach_policy=Plan.BreachPolicy.ROLL_BACK)
    traffic(0, 3, failing(EVERYBODY[:6], 60, BEGUN))
    check(2)
    check(3)
    breach = raised("health", "breach")
    assert "rolled the plan back" in breach.done
    assert breach.done.endswith("from 20 % to 10 %.")


def test_a_plan_that_reaches_nobody_raises_nothing(plan: Plan) -> None:
    with at(0.2):
        phases.set_percentage(plan, 0, actor=ROOT)
    for hours in (1, 2, 3, 4, 5):
        assert check(hours).result == "unknown"
    assert not Alert.objects.exists()


def test_an_alert_that_cannot_be_raised_leaves_the_check_and_its_pause(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    traffic(20, 24)
    check(24)
    traffic(24, 26, failing(COHORT, 30, BEGUN))

    def broken(signals: object) -> None:
        """The second row breaks a rule of the database, with the first one written."""
        for _ in range(2):
            Alert.objects.create(
                fingerprint="half", source="rule", level=ERROR, urgency=80, first_seen=BEGUN, last_seen=BEGUN
            )

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(checks, "take", broken)
        assert check(25).action == "paused"
    assert builders.engagement().status == Plan.Status.PAUSED
    assert "could not be raised" in caplog.text
    assert not Alert.objects.exists()
    check(26)
    breach = raised("health", "breach")
    assert (breach.level, breach.done) == (CRITICAL, "Nothing: the plan is paused already.")


@pytest.mark.parametrize("fault", [SourceFailed("HTTP 503"), ZeroDivisionError()])
def test_a_rule_that_fails_leaves_the_verdict_its_pause_and_its_alert(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def broken(evidence: object, scope: object) -> None:
        raise fault

    monkeypatch.setattr(alert_rules, "readings", broken)
    traffic(20, 24)
    check(24)
    traffic(24, 25, failing(COHORT, 30, BEGUN))
    assert check(25).action == "paused"
    assert [each.source for each in Alert.objects.all()] == ["health"]


def test_the_same_slot_raises_once_whoever_asks(plan: Plan) -> None:
    traffic(20, 25, failing(COHORT, 30, BEGUN + 24 * HOUR))
    check(24)
    check(25)
    check(25.5)
    assert {each.count for each in Alert.objects.all()} == {1}


def test_judging_alone_raises_nothing(plan: Plan) -> None:
    traffic(20, 25, failing(COHORT, 30, BEGUN + 24 * HOUR))
    with at(25):
        assert health.judge(builders.engagement()).result == "breach"
    assert not Alert.objects.exists()


def test_maintenance_mutes_what_checks_raise(plan: Plan) -> None:
    Window.objects.create(
        kind="maintenance", title="Move", starts_at=BEGUN, ends_at=BEGUN + 30 * HOUR, created_by="ada"
    )
    traffic(20, 25, failing(COHORT, 30, BEGUN + 24 * HOUR))
    check(24)
    check(25)
    assert {each.state for each in Alert.objects.all()} == {"silenced"}
    assert not Notice.objects.exists()


def test_what_a_person_resolved_comes_back_with_the_next_check_that_shows_it(plan: Plan) -> None:
    traffic(20, 24)
    traffic(24, 26, failing(COHORT, 5, BEGUN))
    check(24)
    check(25)
    with at(25.5):
        responding.resolve(raised("rule", "error_rate"), actor=ROOT)
    check(26)
    rate = raised("rule", "error_rate")
    assert (rate.state, rate.reopened) == ("open", 1)


def test_a_check_makes_few_queries_for_alerts(plan: Plan) -> None:
    """One to count the critical ones for the score, one for what is open; a storm of them adds a few."""
    traffic(20, 25)
    traffic(25, 27, failing(COHORT, 30, BEGUN))

    def queries(hours: float) -> int:
        with at(hours), CaptureQueriesContext(connection) as captured:
            health.check(builders.engagement(), actor=ROOT)
        return sum('"monitoring_alert' in each["sql"] for each in captured)

    assert queries(24) == queries(25) == 2
    assert queries(26) <= 8
    assert Alert.objects.count() == 2
    assert queries(27) <= 9


def test_a_module_of_users_rings_by_its_arms_and_by_what_its_phase_asks_of_the_database(plan: Plan) -> None:
    with at(0):
        phases.set_percentage(builders.health(), 25, actor=ROOT)
    module = builders.module("health_management")
    for arm, errors in (("on", failing(COHORT, 9, BEGUN)), ("off", healthy)):
        flow(module, COHORT, BEGUN + 2 * HOUR, BEGUN + 5 * HOUR, arm=arm, errors=errors)
    for minute in (5, 15):
        GaugeReading.objects.create(
            module=module, at=BEGUN + 4 * HOUR + minute * timedelta(minutes=1), database_ms=150
        )
    with at(5):
        health.check(builders.health(), actor=ROOT)
    found = {each.labels["rule"]: each for each in Alert.objects.filter(module=module, source="rule")}
    assert set(found) == {"error_rate", "database_p95"}
    rate, database = found["error_rate"], found["database_p95"]
    assert (rate.level, rate.title) == (ERROR, "9 % of requests fail in Health Management")
    assert rate.affected == "The users with the feature (25 % of all)"
    assert "--module health_management" in rate.advice
    assert (database.level, database.title) == (WARNING, "The database is slow: p95 150 ms")
    assert {each.group_key for each in found.values()} == {"health_management"}
