"""Checks at once, and a check beside a verb: one row a slot, and nobody stopped for what no longer runs."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from monitoring import examining, health, slots
from monitoring.alerts import sweeping
from monitoring.models import Alert, HealthCheck
from monitoring.slots import HOUR
from monitoring.watching import lapsing
from operations.errors import Refused
from rollout import phases
from rollout.models import Plan, Verdict
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.monitoring.traffic import failing, flow

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

EVERYBODY = builders.numbered(40)


@pytest.fixture
def broken() -> Plan:
    """A running plan whose cohort fails half of its requests, since two days."""
    now = slots.newest(timezone.now())
    with time_machine.travel(now - timedelta(days=2), tick=False):
        plan = builders.a_plan(eligible=40)
        phases.run(plan, 1, actor=ROOT)
    flow(plan.module, EVERYBODY, now - 60 * HOUR, now - 48 * HOUR)
    flow(plan.module, EVERYBODY, now - 6 * HOUR, now, errors=failing(EVERYBODY[:4], 50, now - 6 * HOUR))
    return builders.engagement()


def test_of_many_checks_at_once_one_is_written_and_acts(broken: Plan) -> None:
    found = at_once(*[partial(health.check, broken, actor=ROOT)] * 6)
    assert {check.pk for check in found if isinstance(check, HealthCheck)} == {HealthCheck.objects.get().pk}
    assert len(found) == 6
    assert Verdict.objects.count() == 1
    stopped = builders.engagement()
    assert (stopped.status, stopped.runs.filter(operation="pause").count()) == (Plan.Status.PAUSED, 1)
    breach = Alert.objects.get(source="health")
    assert (breach.count, breach.health_check) == (1, HealthCheck.objects.get())


def test_a_plan_that_changed_while_it_was_measured_is_not_stopped(broken: Plan) -> None:
    finding = examining.examine(broken, keep=True)
    assert finding.check.result == "breach"
    phases.set_percentage(broken, 5, actor=ROOT)
    written = health.record(finding, actor=ROOT)
    assert (written.action, written.plan_version) == ("", broken.version)
    assert Alert.objects.get(source="health").done.startswith("Nothing yet: the plan changed after")
    assert builders.engagement().status == Plan.Status.RUNNING


def test_a_check_beside_a_rollback_leaves_the_rollback_standing(broken: Plan) -> None:
    found = at_once(
        partial(health.check, broken, actor=ROOT), partial(phases.roll_back, broken, actor=ROOT, target=0)
    )
    assert not [each for each in found if isinstance(each, Refused)]
    stopped = builders.engagement()
    assert (stopped.status, stopped.percentage) == (Plan.Status.ROLLED_BACK, 0)
    assert HealthCheck.objects.count() == 1


def test_a_check_beside_sweeps_and_lapsing_raises_its_alerts_once(broken: Plan) -> None:
    others = (sweeping.sweep, partial(lapsing.lapse, health.watched()))
    found = at_once(*[partial(health.check, broken, actor=ROOT)] * 2, *others * 3)
    assert None not in found
    raised = list(Alert.objects.order_by("source").values_list("source", "count", "resolved_at"))
    assert raised == [("health", 1, None), ("rule", 1, None)]
