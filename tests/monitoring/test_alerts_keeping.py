"""Alerts are kept for two years with their stories; notices go when they have done their work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.alerts import keeping, responding
from monitoring.models import Alert, AlertEvent, Notice
from tests.builders import ROOT
from tests.monitoring.alarms import later, raised

pytestmark = pytest.mark.django_db


def test_what_is_old_and_over_goes_and_what_is_open_stays() -> None:
    over, open_one = raised(title="Over"), raised(title="Open")
    responding.resolve(over, actor=ROOT)
    with later(days=729):
        assert keeping.purge() == {}
    with later(days=731):
        assert keeping.purge() == {"alerts": 1}
    assert list(Alert.objects.all()) == [open_one]
    assert not AlertEvent.objects.filter(alert=over.pk).exists()


def test_a_notice_goes_a_month_after_it_was_gathered_and_never_before() -> None:
    waiting, gathered = raised(title="Waiting"), raised(title="Gathered")
    Notice.objects.filter(alert=gathered).update(gathered_at=timezone.now() - timedelta(days=31))
    assert keeping.purge() == {"notices": 1}
    assert Notice.objects.get().alert == waiting
