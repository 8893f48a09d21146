from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from operations import windows
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from rollout import answers, approvals, cohorts, facts, flags, gates, overrides, phases, plans, records
from rollout.cohorts import Shares
from rollout.models import Enrolment, Member, PhaseRun, Plan, Workspace
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"


def has(unit: str, flag: str = CORE) -> bool:
    return answers.explain(flag, unit).value


def who_has(flag: str = CORE) -> set[str]:
    module = builders.module()
    state = facts.state_of(module)
    found = next(each for each in state.flags if each.key == flag)
    return set(cohorts.members_with(state, found).values_list("pk", flat=True))


def shares() -> Shares:
    return cohorts.shares(facts.state_of(builders.module()))


def test_phase_one_takes_the_lowest_ids() -> None:
    plan = builders.a_plan(eligible=631)
    outcome = phases.run(plan, 1, actor=ROOT)
    assert outcome.preview.gain == 64
    assert who_has() == set(builders.numbered(64))
    assert shares() == Shares(eligible=631, enabled=64)
    assert set(Enrolment.objects.open().values_list("workspace_id", flat=True)) == who_has()


def test_a_quarter_of_631_is_158_and_contains_the_64() -> None:
    plan = builders.a_plan_in_phase(1, eligible=631)
    first = who_has()
    builders.open_gate(plan)
    phases.run(plan, 2, actor=ROOT)
    assert len(who_has()) == 158
    assert first < who_has()


def test_a_dry_run_names_who_gains_and_writes_nothing() -> None:
    plan = builders.a_plan(eligible=631)
    before = (AuditEvent.objects.count(), Plan.objects.values().get(pk=plan.pk))
    outcome = phases.run(plan, 1, actor=ROOT, dry_run=True)
    assert [unit.id for unit in outcome.preview.gaining] == builders.numbered(50)
    assert outcome.preview.gaining[0].name == "Pharmacy W00000"
    assert outcome.run is None
    assert outcome.comparison.gaining().count() == 64
    assert (AuditEvent.objects.count(), Plan.objects.values().get(pk=plan.pk)) == before
    assert not Enrolment.objects.exists()


def test_a_new_pharmacy_with_a_low_code_is_in_at_once() -> None:
    builders.a_plan_in_phase(1)
    builders.workspaces(["A0000"])
    assert has("A0000")
    records.reconcile()
    assert Enrolment.objects.open().filter(workspace="A0000").exists()


def test_a_lapsed_subscription_is_out_at_once_and_back_when_renewed() -> None:
    builders.a_plan_in_phase(1)
    lapsed = Workspace.objects.filter(pk="W00001")
    lapsed.update(status="expired")
    assert not has("W00001")
    assert "status expired" in answers.explain(CORE, "W00001").steps[-1].result
    records.reconcile()
    lapsed.update(status="active")
    assert has("W00001")
    records.reconcile()
    stays = Enrolment.objects.filter(workspace="W00001").order_by("id")
    assert [stay.left_at is None for stay in stays] == [False, True]


def test_a_workspace_without_the_right_role_is_not_eligible() -> None:
    builders.a_plan_in_phase(1)
    Member.objects.filter(workspace="W00002").update(role="assistant")
    assert not has("W00002")
    Member.objects.filter(workspace="W00002").update(role="pharmacy_manager", active=False)
    assert not has("W00002")
    Member.objects.filter(workspace="W00002").update(active=True)
    assert has("W00002")


def test_while_paused_newcomers_wait_and_a_renewed_customer_returns() -> None:
    plan = builders.a_plan_in_phase(1)
    phases.pause(plan, actor=ROOT, reason="look")
    builders.workspaces(["A0000"])
    Workspace.objects.filter(pk="W00001").update(status="expired")
    assert not has("W00001")
    records.reconcile()
    Workspace.objects.filter(pk="W00001").update(status="active")
    assert has("W00001")
    assert not has("A0000")
    assert "paused" in answers.explain(CORE, "A0000").steps[-1].result
    records.reconcile()
    assert not Enrolment.objects.filter(workspace="A0000").exists()
    assert who_has() == set(builders.numbered(4))

    phases.resume(builders.engagement(), 10, actor=ROOT)
    assert has("A0000")
    assert who_has() == {"A0000", *builders.numbered(4)}


def test_a_pause_counts_in_who_came_since_the_record_was_settled() -> None:
    plan = builders.a_plan_in_phase(1)
    builders.workspaces(["A0000"])
    phases.pause(plan, actor=ROOT)
    assert has("A0000")


def test_at_a_hundred_percent_later_customers_are_in() -> None:
    builders.a_plan_in_phase(4)
    builders.workspaces(["ZZZ"])
    assert has("ZZZ")


def test_resume_at_fifteen_lowers_or_raises_to_fifteen() -> None:
    plan = builders.a_plan_in_phase(2)
    phases.pause(plan, actor=ROOT)
    outcome = phases.resume(builders.engagement(), 15, actor=ROOT)
    assert (outcome.preview.gain, outcome.preview.lose) == (0, 4)
    assert who_has() == set(builders.numbered(6))
    plan = builders.engagement()
    assert (plan.status, plan.percentage) == (Plan.Status.RUNNING, 15)
    following = gates.next_phase(plan)
    assert following is not None
    assert following.number == 2


def test_set_zero_is_off_for_everybody_above_every_override() -> None:
    plan = builders.a_plan_in_phase(1)
    overrides.override(builders.flag(), "W00039", True, reason="pilot", actor=ROOT)
    assert has("W00039")
    outcome = phases.set_percentage(builders.engagement(), 0, actor=ROOT)
    assert outcome.preview.lose == 4
    assert {change.key: change.lose for change in outcome.preview.flags}[CORE] == 5
    assert not who_has()
    answer = answers.explain(CORE, "W00039")
    assert (answer.value, answer.reason) == (False, "DISABLED")
    assert not Enrolment.objects.open().exists()
    assert plan.module.flags.count() == 10


def test_flags_of_a_later_phase_jump_to_the_whole_cohort() -> None:
    plan = builders.a_plan_in_phase(3)
    assert not has("W00000", "clinical_alerts")
    builders.open_gate(plan)
    outcome = phases.run(plan, 4, actor=ROOT)
    changes = {change.key: change.gain for change in outcome.preview.flags}
    assert changes["clinical_alerts"] == 40
    assert changes[CORE] == 20
    assert len(who_has("clinical_alerts")) == 40


def test_in_phase_three_the_portal_is_for_selected_workspaces() -> None:
    builders.a_plan_in_phase(3)
    portal = builders.flag("patient_portal")
    assert not who_has("patient_portal")
    overrides.select(portal, ["W00003"], actor=ROOT)
    assert who_has("patient_portal") == {"W00003"}
    assert has("W00003", "patient_portal")
    with pytest.raises(Invalid, match="W00039 \\(not in the cohort\\)"):
        overrides.select(portal, ["W00039"], actor=ROOT)
    overrides.deselect(portal, ["W00003"], actor=ROOT)
    assert not who_has("patient_portal")


def test_a_flag_can_be_held_back() -> None:
    plan = builders.a_plan_in_phase(2)
    flags.hold(builders.flag("appointment_scheduling"), 10, actor=ROOT)
    assert who_has("appointment_scheduling") == set(builders.numbered(4))
    assert len(who_has()) == 10
    assert plan.percentage == 25


def test_the_record_says_who_had_a_flag_on_a_day() -> None:
    builders.a_plan_in_phase(1)
    then = timezone.now()
    with time_machine.travel(then + timedelta(days=10), tick=True):
        plan = builders.engagement()
        builders.open_gate(plan)
        phases.run(plan, 2, actor=ROOT)
        flags.kill(builders.flag("smart_reminder_system"), True, actor=ROOT)
        now = timezone.now()
        reminders = builders.flag("smart_reminder_system")
        assert records.enrolled(reminders, then).count() == 4
        assert records.enrolled(reminders, now).count() == 0
        assert records.enrolled(builders.flag(), then).count() == 4
        assert records.enrolled(builders.flag(), now).count() == 10
        assert records.enrolled(builders.flag("clinical_alerts"), now).count() == 0


def test_roll_back_goes_to_the_phase_before_and_only_resume_goes_on() -> None:
    plan = builders.a_plan_in_phase(3)
    plans.configure(plan, actor=ROOT, automatic=True)
    outcome = phases.roll_back(builders.engagement(), actor=ROOT, reason="errors")
    assert outcome.to_percentage == 25
    plan = builders.engagement()
    assert (plan.status, plan.automatic) == (Plan.Status.ROLLED_BACK, False)
    assert len(who_has()) == 10
    for forbidden in (
        lambda: phases.run(plan, 3, actor=ROOT),
        lambda: phases.set_percentage(plan, 50, actor=ROOT),
        lambda: phases.pause(plan, actor=ROOT),
        lambda: phases.complete(plan, actor=ROOT),
    ):
        with pytest.raises(Refused, match="rolled"):
            forbidden()
    phases.resume(plan, 25, actor=ROOT)
    assert builders.engagement().status == Plan.Status.RUNNING


def test_a_rollback_never_lands_higher_than_when_it_was_asked_for() -> None:
    seen = builders.a_plan_in_phase(2)
    plan = builders.engagement()
    builders.open_gate(plan)
    phases.run(plan, 3, actor=ROOT)
    outcome = phases.roll_back(seen, actor=ROOT)
    assert (outcome.from_percentage, outcome.to_percentage) == (50, 10)


def test_a_rollback_cannot_raise() -> None:
    plan = builders.a_plan_in_phase(1)
    with pytest.raises(Invalid, match="target"):
        phases.roll_back(plan, target=50, actor=ROOT)


def test_a_freeze_stops_raising_and_never_lowering() -> None:
    plan = builders.a_plan_in_phase(2)
    windows.plan("freeze", "Year end", starts_at=timezone.now(), ends_at=None, actor=ROOT)
    builders.open_gate(plan)
    with pytest.raises(Refused, match="Freeze: Year end"):
        phases.run(plan, 3, actor=ROOT)
    with pytest.raises(Refused, match="Freeze"):
        phases.set_percentage(plan, 30, actor=ROOT)
    phases.set_percentage(plan, 20, actor=ROOT)
    phases.roll_back(builders.engagement(), actor=ROOT)
    phases.set_percentage(builders.engagement(), 0, actor=ROOT)


def test_raising_by_hand_says_what_the_gate_would_have_said() -> None:
    plan = builders.a_plan_in_phase(1)
    phases.set_percentage(plan, 12, actor=ROOT)
    gate = AuditEvent.objects.filter(action="rollout.percentage_set").latest("id").data["gate"]
    assert any("7 days" in reason for reason in gate)
    assert any("no health verdict" in reason for reason in gate)


@pytest.mark.parametrize("percentage", [-1, 101, 2.5, "10", True, None])
def test_a_percentage_is_a_whole_number_from_0_to_100(percentage: object) -> None:
    plan = builders.a_plan_in_phase(1)
    for verb in (phases.set_percentage, phases.resume):
        with pytest.raises(Invalid, match="percentage"):
            verb(plan, percentage, actor=ROOT)  # type: ignore[arg-type]


def test_an_unknown_phase_names_the_known_ones() -> None:
    with pytest.raises(Invalid, match="1, 2, 3, 4"):
        phases.run(builders.a_plan(), 7, actor=ROOT)


def test_nobody_eligible_refuses_a_phase() -> None:
    with pytest.raises(Refused, match="import workspaces"):
        phases.run(builders.a_plan(eligible=0), 1, actor=ROOT)


def test_a_stale_version_is_refused_when_raising_and_not_when_lowering() -> None:
    plan = builders.a_plan_in_phase(1)
    seen = plan.version
    phases.set_percentage(plan, 20, actor=ROOT)
    plan = builders.engagement()
    with pytest.raises(Refused, match="changed since"):
        phases.set_percentage(plan, 30, actor=ROOT, version=seen)
    with pytest.raises(Refused, match="changed since"):
        phases.pause(plan, actor=ROOT, version=seen)
    phases.set_percentage(plan, 15, actor=ROOT, version=seen)


def test_complete_needs_the_last_phase_its_soak_and_a_verdict() -> None:
    plan = builders.a_plan_in_phase(3)
    with pytest.raises(Refused, match="run its last phase first"):
        phases.complete(plan, actor=ROOT)
    builders.open_gate(plan)
    phases.run(plan, 4, actor=ROOT)
    with pytest.raises(Refused, match="verdict"):
        phases.complete(builders.engagement(), actor=ROOT)
    builders.open_gate(builders.engagement())
    phases.complete(builders.engagement(), actor=ROOT)
    plan = builders.engagement()
    assert plan.status == Plan.Status.COMPLETE
    with pytest.raises(Refused, match="complete"):
        phases.run(plan, 4, actor=ROOT)
    phases.roll_back(plan, actor=ROOT)
    assert builders.engagement().percentage == 50


def test_the_last_phase_does_not_run_twice() -> None:
    plan = builders.a_plan_in_phase(4)
    builders.open_gate(plan)
    with pytest.raises(Refused, match="no phase left"):
        phases.run(plan, 4, actor=ROOT, override="again")


def test_an_archived_plan_takes_no_verb() -> None:
    plan = builders.a_plan()
    plans.archive(plan, actor=ROOT)
    for verb in (
        lambda: phases.set_percentage(plan, 0, actor=ROOT),
        lambda: phases.run(plan, 1, actor=ROOT),
        lambda: phases.roll_back(plan, actor=ROOT),
        lambda: plans.configure(plan, actor=ROOT, name="x"),
        lambda: plans.archive(plan, actor=ROOT),
    ):
        with pytest.raises(Refused, match="archived"):
            verb()


def test_setting_the_same_percentage_counts_anew_after_a_drift() -> None:
    plan = builders.a_plan_in_phase(1)
    builders.workspaces([f"A{number}" for number in range(10)])
    assert shares().enabled == 14
    phases.set_percentage(plan, 10, actor=ROOT)
    assert shares() == Shares(eligible=50, enabled=5)


VERBS: list[Callable[[Plan, Actor], object]] = [
    lambda plan, actor: phases.run(plan, 2, actor=actor),
    lambda plan, actor: phases.set_percentage(plan, 20, actor=actor),
    lambda plan, actor: phases.set_percentage(plan, 5, actor=actor),
    lambda plan, actor: phases.pause(plan, actor=actor),
    lambda plan, actor: phases.roll_back(plan, actor=actor),
    lambda plan, actor: phases.complete(plan, actor=actor),
    lambda plan, actor: approvals.approve(plan, actor=actor),
    lambda plan, actor: plans.configure(plan, actor=actor, automatic=True),
    lambda plan, actor: plans.archive(plan, actor=actor),
]


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_done_without_the_permission(verb: Callable[[Plan, Actor], object]) -> None:
    plan = builders.a_plan_in_phase(1)
    runs = PhaseRun.objects.count()
    for actor in (
        builders.acting(builders.a_person("vera", group="Viewer")),
        Actor(door=Door.API, label="key", grants=frozenset()),
    ):
        with pytest.raises(Forbidden):
            verb(plan, actor)
    assert PhaseRun.objects.count() == runs
    assert builders.engagement().version == plan.version


def test_a_release_manager_halts_but_does_not_advance() -> None:
    plan = builders.a_plan_in_phase(1)
    rita = builders.acting(builders.a_person("rita", group="Release manager"))
    with pytest.raises(Forbidden):
        phases.set_percentage(plan, 20, actor=rita)
    with pytest.raises(Forbidden):
        phases.run(plan, 2, actor=rita)
    phases.pause(plan, actor=rita)
    phases.roll_back(builders.engagement(), actor=rita)


def test_resume_above_where_it_was_asks_for_the_permission_to_raise() -> None:
    plan = builders.a_plan_in_phase(1)
    phases.pause(plan, actor=ROOT)
    key = Actor(door=Door.API, label="key", grants=frozenset({phases.RUN, phases.HALT}))
    with pytest.raises(Forbidden, match="raise_percentage"):
        phases.resume(builders.engagement(), 50, actor=key)
    phases.resume(builders.engagement(), 10, actor=key)
