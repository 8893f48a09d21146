"""A health check: one row a slot, the verdict for the gate, and what the portal does about a breach."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from monitoring import health, reviews
from monitoring.examining import Finding, examine
from monitoring.models import BaselineSet, HealthCheck, Look, WorkspaceHour
from monitoring.slots import HOUR
from operations.actor import Actor, Door
from operations.errors import Forbidden, Refused
from operations.models import AuditEvent
from rollout import automatic, gates, phases, plans
from rollout.models import Plan, Verdict
from tests import builders
from tests.builders import ROOT
from tests.monitoring.traffic import Failing, failing, flow, healthy

pytestmark = pytest.mark.django_db

BEGUN = datetime(2026, 5, 4, 9, tzinfo=UTC)
DAY = timedelta(days=1)
# Of 30 workspaces in the order of their ids, the first tenth is the cohort.
EVERYBODY = builders.numbered(30)
COHORT = EVERYBODY[:3]


@pytest.fixture
def plan() -> Plan:
    """Phase 1 began at nine, after two healthy weeks (two hours of traffic a day)."""
    with time_machine.travel(BEGUN, tick=False):
        plan = builders.a_plan(eligible=30)
        for back in range(1, 15):
            flow(plan.module, EVERYBODY, BEGUN - back * DAY, BEGUN - back * DAY + 2 * HOUR)
        phases.run(plan, 1, actor=ROOT)
    return builders.engagement()


def at(hours: float) -> time_machine.travel:
    """Ten minutes past the hour, so many hours after the plan began."""
    return time_machine.travel(BEGUN + hours * HOUR + timedelta(minutes=10), tick=False)


def traffic(plan: Plan, since: float, until: float, errors: Failing = healthy) -> None:
    flow(plan.module, EVERYBODY, BEGUN + since * HOUR, BEGUN + until * HOUR, errors=errors)


def check(hours: float, *, actor: Actor = ROOT) -> HealthCheck:
    with at(hours):
        return health.check(builders.engagement(), actor=actor)


def test_a_healthy_day_passes_and_opens_the_gate(plan: Plan) -> None:
    traffic(plan, 0, 24)
    found = check(24)
    assert (found.result, found.action, found.cause) == ("pass", "", "")
    assert found.slot == BEGUN + DAY
    with at(24):
        assert gates.latest_verdict(plan) == found.verdict
        assert {reason.code for reason in gates.may_run(builders.engagement(), 2)} == {"soak"}
    assert (found.verdict.measured_at, found.verdict.plan_version) == (found.slot, plan.version)
    assert found.details["cohort"]["units"] == 3
    assert found.details["control"]["requests"] == 27 * 24 * 100
    assert found.look.number == 1


def test_a_slot_has_one_check_whoever_asks(plan: Plan) -> None:
    traffic(plan, 0, 24)
    first = check(24)
    assert check(24.5, actor=Actor(door=Door.BEAT, label="other", grants=None)) == first
    assert (HealthCheck.objects.count(), Verdict.objects.count(), Look.objects.count()) == (1, 1, 1)


def test_before_the_first_look_the_gate_is_held(plan: Plan) -> None:
    traffic(plan, 0, 12)
    found = check(12)
    assert found.result == "hold"
    assert not Look.objects.exists()


def test_what_was_measured_before_the_share_changed_opens_nothing(plan: Plan) -> None:
    traffic(plan, 0, 168)
    with at(168):
        builders.a_verdict(plan)
        phases.run(plan, 2, actor=ROOT)
    assert check(168.5).result == "hold"


def test_a_feature_that_breaks_its_cohort_is_paused_within_two_checks(plan: Plan) -> None:
    traffic(plan, 0, 24)
    check(24)
    traffic(plan, 24, 26, failing(COHORT, 50, BEGUN))
    found = [check(25), check(26)]
    assert found[-1].result == "breach" or found[0].result == "breach"
    breach = next(each for each in found if each.result == "breach")
    assert (breach.action, breach.cause) == ("paused", "feature")
    stopped = builders.engagement()
    assert stopped.status == Plan.Status.PAUSED
    event = AuditEvent.objects.get(action="rollout.paused")
    assert (event.actor, event.on_behalf_of) == ("health-check", "command:root")
    assert event.reason.text == breach.summary
    assert stopped.runs.filter(verdict=breach.verdict, operation="pause").exists()


def test_a_platform_that_is_ill_as_a_whole_is_held_and_not_stopped(plan: Plan) -> None:
    traffic(plan, 0, 24)
    check(24)
    traffic(plan, 24, 28, failing(EVERYBODY, 50, BEGUN))
    found = [check(hours) for hours in (25, 26, 27, 28)]
    assert {each.result for each in found} == {"hold"}
    assert {each.cause for each in found} == {"platform"}
    assert "not the cause" in found[-1].summary
    assert builders.engagement().status == Plan.Status.RUNNING


def test_without_baselines_the_control_still_tells_the_feature_from_the_platform(plan: Plan) -> None:
    WorkspaceHour.objects.all().delete()
    traffic(plan, 0, 24)
    assert check(24).result == "pass"
    traffic(plan, 24, 25, failing(EVERYBODY, 30, BEGUN))
    found = check(25)
    assert (found.result, found.cause) == ("hold", "platform")
    traffic(plan, 25, 26, failing(COHORT, 30, BEGUN))
    found = check(26)
    assert (found.result, found.cause, found.action) == ("breach", "feature", "paused")


def test_the_policy_may_be_to_roll_back(plan: Plan) -> None:
    with at(0.5):
        plans.configure(plan, actor=ROOT, breach_policy=Plan.BreachPolicy.ROLL_BACK)
    traffic(plan, 0, 3, failing(COHORT, 60, BEGUN))
    breach = next(each for each in (check(2), check(3)) if each.result == "breach")
    assert breach.action == "rolled_back"
    stopped = builders.engagement()
    assert (stopped.status, stopped.percentage) == (Plan.Status.ROLLED_BACK, 0)


def test_a_breach_of_a_plan_that_is_paused_already_does_nothing_more(plan: Plan) -> None:
    traffic(plan, 0, 4, failing(COHORT, 60, BEGUN))
    check(2)
    check(3)
    assert builders.engagement().status == Plan.Status.PAUSED
    again = check(4)
    assert (again.result, again.action) == ("breach", "")


def test_silence_is_unknown_and_never_stops_the_plan(plan: Plan) -> None:
    found = [check(hours) for hours in range(1, 6)]
    assert {(each.result, each.action) for each in found} == {("unknown", "")}
    assert (found[-1].rollout_score, found[-1].post_launch_score) == (100, 100)
    assert "adoption" in found[-1].details["unknown"]["rollout"]
    assert builders.engagement().status == Plan.Status.RUNNING


def test_after_four_unknown_checks_automatic_mode_stops(plan: Plan) -> None:
    with at(0.5):
        plans.configure(plan, actor=ROOT, automatic=True)
    actions = [check(hours).action for hours in range(1, 6)]
    assert actions == ["", "", "", "automatic_stopped", ""]
    assert not builders.engagement().automatic
    event = AuditEvent.objects.filter(action="plan.configured").latest("pk")
    assert "Nothing is known" in event.reason.text


def test_hours_that_were_as_quiet_a_week_before_stop_nothing(plan: Plan) -> None:
    with at(0.5):
        plans.configure(plan, actor=ROOT, automatic=True)
    # Two weeks of baseline have traffic from nine to eleven: in the evening nothing is expected.
    traffic(plan, 0, 4)
    found = [check(hours) for hours in range(8, 14)]
    assert {each.result for each in found} == {"unknown"}
    assert builders.engagement().automatic


def test_after_a_gap_only_the_newest_slot_is_checked(plan: Plan) -> None:
    traffic(plan, 0, 24)
    check(3)
    found = check(9)
    assert found.missed == 5
    assert list(plan.checks.values_list("slot", flat=True)) == [BEGUN + 9 * HOUR, BEGUN + 3 * HOUR]


def test_looks_come_once_a_day_and_the_gate_reads_the_last(plan: Plan) -> None:
    traffic(plan, 0, 50)
    for hours in (24, 30, 48, 50):
        check(hours)
    assert list(plan.looks.values_list("number", "slot")) == [(2, BEGUN + 2 * DAY), (1, BEGUN + DAY)]
    assert check(50).details["look"]["number"] == 2


def test_a_share_that_changes_every_few_hours_does_not_put_looks_off_for_ever(plan: Plan) -> None:
    traffic(plan, 0, 50)
    for hours in (10, 20, 30, 40):
        with at(hours + 0.5):
            phases.set_percentage(builders.engagement(), 11 + hours // 10, actor=ROOT)
    check(47)
    assert not Look.objects.exists()
    check(48)
    assert Look.objects.get().number == 1


def test_baselines_are_taken_once_and_kept_when_the_hours_are_gone(plan: Plan) -> None:
    traffic(plan, 0, 24)
    check(23)
    taken = BaselineSet.objects.get()
    assert (taken.since, taken.until) == (BEGUN - 14 * DAY, BEGUN)
    assert taken.fleet_requests == 30 * 14 * 2 * 100
    WorkspaceHour.objects.filter(hour__lt=BEGUN).delete()
    assert check(24).result == "pass"
    assert BaselineSet.objects.get() == taken


def test_judging_alone_writes_nothing(plan: Plan) -> None:
    traffic(plan, 0, 24)
    with at(24):
        assert health.judge(plan).result == "pass"
    assert not HealthCheck.objects.exists()
    assert not BaselineSet.objects.exists()
    assert not Look.objects.exists()


def test_a_plan_that_has_not_begun_has_nothing_to_check() -> None:
    plan = builders.a_plan(eligible=3)
    with pytest.raises(Refused, match="has not begun"):
        health.check(plan, actor=ROOT)
    assert health.due() == []


def test_everything_due_is_checked_once(plan: Plan) -> None:
    with at(1):
        assert [each.plan for each in health.check_due(actor=ROOT)] == [plan]
        assert health.check_due(actor=ROOT) == []


def test_a_plan_is_due_once_a_full_hour_of_it_is_over(plan: Plan) -> None:
    with at(0.5):
        assert health.due() == []
    with at(1):
        assert health.due() == [plan]


def test_a_plan_that_fails_does_not_keep_the_others(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    with at(0):
        phases.run(builders.health(), 1, actor=ROOT)
    with at(1):

        def broken(each: Plan, *, keep: bool) -> Finding:
            if each.module.key == "health_management":
                raise ZeroDivisionError
            return examine(each, keep=keep)

        monkeypatch.setattr(health, "examine", broken)
        with pytest.raises(ZeroDivisionError):
            health.check_due(actor=ROOT)
        assert [check.plan for check in HealthCheck.objects.all()] == [plan]


def test_who_may_only_look_does_not_check(plan: Plan) -> None:
    viewer = builders.acting(builders.a_person("vera", group="Viewer"))
    with at(1), pytest.raises(Forbidden):
        health.check(plan, actor=viewer)


def test_automatic_mode_runs_the_next_phase_and_stops_at_the_check_two_hours_later(plan: Plan) -> None:
    with at(0.5):
        plans.configure(plan, actor=ROOT, automatic=True)
    traffic(plan, 0, 168)
    check(24)
    check(168)
    with at(168.05):
        assert automatic.step() == ["Patient Engagement: phase 2 was run"]
    traffic(plan, 168, 171, failing(EVERYBODY[:8], 60, BEGUN + 168 * HOUR))
    check(170)
    check(171)
    with at(171):
        automatic.step()
    assert builders.engagement().status == Plan.Status.PAUSED


def test_a_person_may_vouch_for_what_nobody_rated(plan: Plan) -> None:
    with at(0):
        builders.open_gate(plan)
        phases.run(plan, 2, actor=ROOT)
    traffic(plan, 0, 26)
    assert "rating" in check(25).summary
    with at(25.5):
        reviews.tick(plan, "satisfaction", actor=ROOT, note="Every pharmacist we asked is happy")
    assert check(26).result == "pass"
