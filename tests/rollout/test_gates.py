from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from operations import windows
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from rollout import approvals, automatic, gates, phases, plans
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def codes(plan: Plan, number: int, actor: Actor | None = None) -> list[str]:
    return [reason.code for reason in gates.may_run(plan, number, actor=actor)]


def soaked(plan: Plan) -> Plan:
    Plan.objects.filter(pk=plan.pk).update(share_changed_at=timezone.now() - timedelta(days=8))
    return builders.engagement()


def test_phase_one_of_a_fresh_plan_needs_no_verdict() -> None:
    assert codes(builders.a_plan(), 1) == []


def test_a_later_phase_waits_for_the_soak_and_a_verdict() -> None:
    assert codes(builders.a_plan_in_phase(1), 2) == ["soak", "verdict_missing"]


def test_the_soak_lasts_seven_days_to_the_second() -> None:
    plan = builders.a_plan_in_phase(1)
    assert plan.share_changed_at is not None
    over = plan.share_changed_at + timedelta(days=7)
    with time_machine.travel(over - timedelta(seconds=1), tick=False):
        assert "soak" in codes(plan, 2)
    with time_machine.travel(over, tick=False):
        assert "soak" not in codes(plan, 2)


def test_the_soak_starts_again_with_every_change() -> None:
    plan = soaked(builders.a_plan_in_phase(1))
    assert "soak" not in codes(plan, 2)
    phases.set_percentage(plan, 12, actor=ROOT)
    assert "soak" in codes(builders.engagement(), 2)


@pytest.mark.parametrize(("minutes", "expected"), [(74, []), (75, []), (76, ["verdict_stale"])])
def test_a_verdict_counts_for_75_minutes(minutes: int, expected: list[str]) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        plan = soaked(builders.a_plan_in_phase(1))
        builders.a_verdict(plan, age=timedelta(minutes=minutes))
        assert codes(plan, 2) == expected


@pytest.mark.parametrize("result", ["hold", "breach", "unknown"])
def test_only_a_pass_opens_the_gate(result: str) -> None:
    plan = soaked(builders.a_plan_in_phase(1))
    builders.a_verdict(plan, "pass", age=timedelta(minutes=5))
    builders.a_verdict(plan, result)
    assert codes(plan, 2) == [f"verdict_{result}"]
    with pytest.raises(Refused, match=f"a {result} for the test"):
        phases.run(plan, 2, actor=ROOT)


def test_a_verdict_on_an_earlier_version_does_not_open_the_gate() -> None:
    plan = soaked(builders.a_plan_in_phase(1))
    builders.a_verdict(plan)
    plans.configure(plan, actor=ROOT, needs_approval=False, automatic=True)
    assert codes(builders.engagement(), 2) == ["verdict_outdated"]


def test_the_next_phase_is_the_only_one_that_may_run() -> None:
    plan = builders.a_plan_in_phase(1)
    builders.open_gate(plan)
    assert codes(builders.engagement(), 3) == ["not_the_next_phase"]
    assert codes(builders.engagement(), 1) == ["not_the_next_phase"]
    assert codes(builders.engagement(), 2) == []


@pytest.mark.parametrize("kind", ["freeze", "maintenance"])
def test_a_window_closes_the_gate_while_it_is_on(kind: str) -> None:
    plan = builders.a_plan_in_phase(1)
    now = timezone.now()
    windows.plan(kind, "Stocktake", starts_at=now, ends_at=now + timedelta(hours=2), actor=ROOT)
    builders.open_gate(plan)
    assert codes(builders.engagement(), 2) == [kind]
    with time_machine.travel(now + timedelta(hours=2), tick=False):
        assert kind not in codes(builders.engagement(), 2)


def test_a_share_that_drifted_more_than_five_points_holds() -> None:
    plan = builders.a_plan_in_phase(1, eligible=100)
    builders.open_gate(plan)
    builders.workspaces([f"A{number}" for number in range(5)])
    assert codes(builders.engagement(), 2) == []
    builders.workspaces([f"B{number}" for number in range(5)])
    assert codes(builders.engagement(), 2) == ["drift"]


def test_an_override_opens_what_time_and_evidence_closed_and_stays_on_the_record() -> None:
    plan = builders.a_plan_in_phase(1)
    outcome = phases.run(plan, 2, actor=ROOT, override="The vendor's fix is in; Ada, 12 March")
    assert outcome.run is not None
    assert outcome.run.overridden == ["soak", "verdict_missing"]
    event = AuditEvent.objects.get(action="rollout.phase_run", data__phase=2)
    assert event.data["overridden"] == ["soak", "verdict_missing"]
    assert str(event.reason) == "The vendor's fix is in; Ada, 12 March"


def test_an_override_does_not_open_state_order_or_approval() -> None:
    plan = builders.a_plan_in_phase(1)
    with pytest.raises(Refused, match="not the next one"):
        phases.run(plan, 3, actor=ROOT, override="hurry")
    plans.configure(plan, actor=ROOT, needs_approval=True)
    with pytest.raises(Refused, match="second person"):
        phases.run(builders.engagement(), 2, actor=ROOT, override="hurry")
    phases.pause(builders.engagement(), actor=ROOT)
    with pytest.raises(Refused, match="paused"):
        phases.run(builders.engagement(), 2, actor=ROOT, override="hurry")


def test_an_override_asks_for_its_permission() -> None:
    plan = builders.a_plan_in_phase(1)
    key = Actor(door=Door.API, label="key", grants=frozenset({phases.RUN}))
    with pytest.raises(Forbidden, match="override_gate"):
        phases.run(plan, 2, actor=key, override="hurry")


def test_whoever_runs_a_phase_does_not_approve_it() -> None:
    ada = builders.acting(builders.a_person("ada"))
    grace = builders.acting(builders.a_person("grace"))
    plan = builders.a_plan()
    plans.configure(plan, actor=ROOT, needs_approval=True)
    plan = builders.engagement()
    approvals.approve(plan, actor=ada)
    with pytest.raises(Refused, match="second person"):
        phases.run(plan, 1, actor=ada)
    phases.run(plan, 1, actor=grace)
    assert AuditEvent.objects.filter(action="rollout.phase_approved", actor="ada").count() == 1


def test_an_approval_is_for_the_plan_as_it_stood() -> None:
    plan = builders.a_plan()
    plans.configure(plan, actor=ROOT, needs_approval=True)
    approvals.approve(builders.engagement(), actor=builders.acting(builders.a_person("ada")))
    plans.configure(builders.engagement(), actor=ROOT, name="Renamed")
    with pytest.raises(Refused, match="second person"):
        phases.run(builders.engagement(), 1, actor=ROOT)


def test_a_label_approves_nothing() -> None:
    plan = builders.a_plan()
    plans.configure(plan, actor=ROOT, needs_approval=True)
    nobody = Actor(door=Door.COMMAND, label="root", on_behalf_of="grace", grants=None)
    with pytest.raises(Forbidden, match="only a person"):
        approvals.approve(builders.engagement(), actor=nobody)


def test_a_verdict_names_the_rule_it_breaks() -> None:
    plan = builders.a_plan_in_phase(1)
    with pytest.raises(Invalid, match="result"):
        builders.a_verdict(plan, "splendid")
    with pytest.raises(Invalid, match="measured_at"):
        builders.a_verdict(plan, age=timedelta(minutes=-1))


def an_automatic_plan() -> Plan:
    plan = builders.a_plan_in_phase(1)
    plans.configure(plan, actor=ROOT, automatic=True)
    return builders.engagement()


def test_automatic_mode_waits_for_the_gate_and_then_runs_the_next_phase() -> None:
    plan = an_automatic_plan()
    assert automatic.step() == []
    builders.open_gate(plan)
    assert automatic.step() == ["Patient Engagement: phase 2 was run"]
    plan = builders.engagement()
    assert plan.percentage == 25
    assert plan.recheck_at is not None
    assert automatic.step() == []
    event = AuditEvent.objects.filter(action="rollout.phase_run").latest("id")
    assert (event.door, event.actor) == ("beat", "automatic-mode")


@pytest.mark.parametrize(
    ("result", "status"), [("breach", Plan.Status.PAUSED), ("pass", Plan.Status.RUNNING)]
)
def test_automatic_mode_looks_again_after_two_hours(result: str, status: str) -> None:
    plan = an_automatic_plan()
    builders.open_gate(plan)
    automatic.step()
    plan = builders.engagement()
    builders.a_verdict(plan, "breach")
    assert automatic.step() == []
    with time_machine.travel(timezone.now() + timedelta(hours=2, minutes=1), tick=False):
        builders.a_verdict(plan, result)
        automatic.step()
    plan = builders.engagement()
    assert plan.status == status
    assert plan.recheck_at is None


def test_setting_to_zero_ends_automatic_mode() -> None:
    an_automatic_plan()
    phases.set_percentage(builders.engagement(), 0, actor=ROOT)
    assert not builders.engagement().automatic
