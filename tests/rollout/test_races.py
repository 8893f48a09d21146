"""Two connections at once: one wins, the other hears why."""

from functools import partial

import pytest

from operations.errors import Refused
from operations.models import AuditEvent
from rollout import phases
from rollout.models import Enrolment, PhaseRun, Plan
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 200


def start_again(percentage: int = 0) -> Plan:
    """The plan as a draft, or running at a percentage, with nobody's record; quicker than a new database."""
    Enrolment.objects.all().delete()
    PhaseRun.objects.all().delete()
    builders.module().flags.get(key="patient_engagement_module").spans.all().delete()
    plan = builders.engagement()
    Plan.objects.filter(pk=plan.pk).update(
        status="running" if percentage else "draft",
        percentage=percentage,
        version=1,
        cutoff_key="W00004" if percentage else "",
        cutoff_open=False,
        share_changed_at=None,
        started_at=None,
        automatic=False,
    )
    return builders.engagement()


def test_of_two_that_run_the_same_phase_one_wins() -> None:
    builders.a_plan(eligible=20)
    for _ in range(ROUNDS):
        plan = start_again()
        before = AuditEvent.objects.count()
        results = at_once(*[partial(phases.run, plan, 1, actor=ROOT)] * 2)
        refused = [result for result in results if isinstance(result, Refused)]
        assert len(refused) == 1
        assert "Phase 1 is not the next one" in refused[0].message
        assert AuditEvent.objects.count() == before + 1
        assert PhaseRun.objects.count() == 1
        assert Enrolment.objects.open().count() == 2
        assert builders.engagement().version == 2


def test_an_advance_against_a_rollback_never_ends_above_what_was_rolled_back_to() -> None:
    builders.a_plan(eligible=20)
    advanced_first = 0
    for _ in range(ROUNDS):
        plan = start_again(percentage=25)
        builders.open_gate(plan)
        plan = builders.engagement()
        results = at_once(
            partial(phases.run, plan, 3, actor=ROOT),
            partial(phases.roll_back, plan, actor=ROOT),
        )
        after = builders.engagement()
        assert (after.status, after.percentage) == (Plan.Status.ROLLED_BACK, 10)
        assert Enrolment.objects.open().count() == 2
        assert not isinstance(results[1], Refused)
        advanced_first += not isinstance(results[0], Refused)
    assert 0 < advanced_first < ROUNDS, "both orders must have been seen"


def test_a_pause_against_an_advance_leaves_one_of_the_two_states() -> None:
    builders.a_plan(eligible=20)
    for _ in range(ROUNDS // 4):
        plan = start_again(percentage=25)
        builders.open_gate(plan)
        plan = builders.engagement()
        at_once(
            partial(phases.run, plan, 3, actor=ROOT),
            partial(phases.pause, plan, actor=ROOT),
        )
        after = builders.engagement()
        assert after.status == Plan.Status.PAUSED
        assert after.percentage in (25, 50)
        assert PhaseRun.objects.count() == after.version - 1
