"""Which flags are shown for clean-up, and why."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from rollout import cleanup, phases
from rollout.models import Flag, FlagUsage, Plan
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"


def shown() -> dict[str, list[str]]:
    rows = {flag.pk: flag.key for flag in Flag.objects.all()}
    found = {rows[pk]: why for pk, why in cleanup.reasons(Flag.objects.all()).items()}
    assert set(found) == set(Flag.objects.filter(cleanup.due()).values_list("key", flat=True))
    return found


def asked_now() -> None:
    for flag in Flag.objects.all():
        FlagUsage.objects.create(flag=flag, hour=timezone.now(), variant="on", reason="SPLIT", count=1)


def test_a_new_flag_is_not_shown() -> None:
    builders.a_plan()
    assert shown() == {}


def test_a_flag_that_everybody_has_had_for_thirty_days_is_shown() -> None:
    plan = builders.a_plan()
    phases.set_percentage(plan, 100, actor=ROOT)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        asked_now()
        assert shown()[CORE] == ["on for everybody for more than 30 days"]


def test_one_that_selected_workspaces_have_is_not() -> None:
    plan = builders.a_plan_in_phase(3)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        asked_now()
        assert Plan.objects.get(pk=plan.pk).percentage == 50
        assert shown() == {}


def test_a_users_flag_at_a_hundred_percent_is_shown() -> None:
    builders.modules()
    phases.set_percentage(builders.health(), 100, actor=ROOT)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        asked_now()
        assert set(shown()) == {"health_management"}


def test_a_flag_nobody_asked_for_is_shown() -> None:
    builders.a_plan()
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        assert shown()[CORE] == ["not asked for within 30 days"]
        asked_now()
        assert shown() == {}


def test_a_flag_past_its_date_is_shown_until_it_is_archived() -> None:
    builders.a_plan()
    Flag.objects.filter(key="clinical_alerts").update(expires_on=date(2020, 1, 31))
    assert shown() == {"clinical_alerts": ["past its date, 2020-01-31"]}
    Flag.objects.filter(key="clinical_alerts").update(archived_at=timezone.now())
    assert shown() == {}
