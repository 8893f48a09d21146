from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError
from django.utils import timezone

from operations import windows
from operations.errors import Invalid, Refused
from operations.models import AuditEvent, Window
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_a_window_is_planned_in_force_and_over() -> None:
    now = timezone.now()
    window = windows.plan("freeze", "Year end", starts_at=now + HOUR, ends_at=now + 2 * HOUR, actor=ROOT)
    assert (window.state, list(Window.objects.ahead())) == ("planned", [window])
    with time_machine.travel(now + HOUR, tick=False):
        assert (window.state, list(Window.objects.in_force())) == ("in force", [window])
    with time_machine.travel(now + 2 * HOUR, tick=False):
        assert (window.state, list(Window.objects.in_force())) == ("over", [])


def test_ending_cancels_what_is_ahead_and_ends_what_is_in_force() -> None:
    now = timezone.now()
    ahead = windows.plan("freeze", "Later", starts_at=now + HOUR, ends_at=None, actor=ROOT)
    running = windows.plan("maintenance", "Now", starts_at=now - HOUR, ends_at=None, actor=ROOT)
    assert windows.end(ahead, actor=ROOT).state == "cancelled"
    assert windows.end(running, actor=ROOT).state == "over"
    with pytest.raises(Refused, match="nothing to end"):
        windows.end(running, actor=ROOT)
    assert AuditEvent.objects.filter(action="window.ended").count() == 2


def test_bad_input_names_the_field() -> None:
    now = timezone.now()
    with pytest.raises(Invalid) as caught:
        windows.plan("party", " ", starts_at=now, ends_at=now - HOUR, actor=ROOT)
    assert set(caught.value.fields) == {"kind", "title", "ends_at"}


def test_the_database_holds_the_rule_as_well() -> None:
    now = timezone.now()
    with pytest.raises(IntegrityError):
        Window.objects.create(kind="freeze", title="x", starts_at=now, ends_at=now - HOUR)
