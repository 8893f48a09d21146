"""Nothing that the portal did goes untold; an audit trail that was changed rings."""

from datetime import timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.utils import timezone

from monitoring import health, slots, tasks
from monitoring.alerts import responding, sweeping
from monitoring.models import Alert, HealthCheck
from monitoring.slots import HOUR
from monitoring.watching import checks, stops
from operations.models import AuditEvent
from rollout import phases
from tests import builders
from tests.audit_tables import unprotected
from tests.builders import ROOT
from tests.monitoring.traffic import failing, flow

pytestmark = pytest.mark.django_db
EVERYBODY = builders.numbered(40)


def a_stop(*, heard: bool) -> HealthCheck:
    """A plan whose cohort fails, stopped by its check, which raises its alerts or cannot."""
    now = slots.newest(timezone.now())
    with time_machine.travel(now - timedelta(days=2), tick=False):
        plan = builders.a_plan(eligible=40)
        phases.run(plan, 1, actor=ROOT)
    flow(plan.module, EVERYBODY, now - 60 * HOUR, now - 48 * HOUR)
    flow(plan.module, EVERYBODY, now - 6 * HOUR, now, errors=failing(EVERYBODY[:4], 50, now - 6 * HOUR))
    if heard:
        return health.check(builders.engagement(), actor=ROOT)
    with patch.object(checks, "take", side_effect=RuntimeError("no room")):
        return health.check(builders.engagement(), actor=ROOT)


def test_a_stop_that_could_raise_no_alert_is_told_all_the_same_and_once() -> None:
    check = a_stop(heard=False)
    assert (check.action, Alert.objects.exclude(level="info").count()) == ("paused", 0)
    assert [stops.tell(), stops.tell()] == [1, 0]
    alert = Alert.objects.get(source="portal", level="error")
    assert (alert.title, alert.health_check) == (
        "The portal has paused the plan of Patient Engagement",
        check,
    )
    assert alert.summary == check.summary
    responding.resolve(alert, actor=ROOT)
    assert stops.tell() == 0


def test_one_that_raised_its_alert_is_not_told_twice() -> None:
    a_stop(heard=True)
    assert Alert.objects.filter(source="health").exists()
    assert stops.tell() == 0


def test_a_changed_trail_is_critical_and_over_when_it_verifies_again() -> None:
    builders.modules()
    assert "intact" in tasks.verify_audit()
    assert not Alert.objects.exists()
    event = AuditEvent.objects.order_by("pk").last()
    assert event is not None
    was = event.actor
    with unprotected():
        AuditEvent.objects.filter(pk=event.pk).update(actor="mallory")
    assert "BROKEN, 1 faults" in tasks.verify_audit()
    alert = Alert.objects.get()
    assert (alert.level, alert.escalation, alert.state) == ("critical", 2, "open")
    with unprotected():
        AuditEvent.objects.filter(pk=event.pk).update(actor=was)
    tasks.verify_audit()
    sweeping.sweep()
    alert.refresh_from_db()
    assert alert.state == "resolved"
