"""What alerts tell of deployments, once each, and for as long as it stands."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from monitoring import deployment_news
from monitoring.alerts import responding, sweeping
from monitoring.models import Alert
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

TITLE = "1.0.2 to production"
LEVELS = {"deployed": "info", "failed": "error", "rolled_back": "error", "stuck": "critical"}


@pytest.fixture(autouse=True)
def modules() -> None:
    builders.modules()


def told(what: str, key: str = "7") -> None:
    getattr(deployment_news, what)(builders.module(), TITLE, "How it went.", key=key)


def in_hours(hours: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False)


@pytest.mark.parametrize(("what", "level"), LEVELS.items())
def test_each_is_told_once_however_often_it_is_said(what: str, level: str) -> None:
    told(what)
    told(what)

    alert = Alert.objects.get()
    assert (alert.level, alert.count, alert.state) == (level, 1, "open")
    assert (alert.module, alert.source) == (builders.module(), "portal")
    assert TITLE in alert.title
    assert alert.summary == "How it went."


@pytest.mark.parametrize("what", LEVELS)
def test_what_somebody_resolved_does_not_come_back(what: str) -> None:
    told(what)
    responding.resolve(Alert.objects.get(), actor=ROOT)
    told(what)

    assert Alert.objects.get().state == "resolved"


@pytest.mark.parametrize(
    ("what", "state"), [("deployed", "resolved"), ("failed", "resolved"), ("stuck", "open")]
)
def test_events_are_over_after_a_day_and_trouble_is_not(what: str, state: str) -> None:
    told(what)
    with in_hours(25):
        sweeping.sweep()

    assert Alert.objects.get().state == state


def test_trouble_is_over_when_the_version_before_is_back() -> None:
    told("rolled_back")
    told("stuck")
    told("stuck", key="8")
    deployment_news.over(builders.module(), key="7")
    sweeping.sweep()

    assert Alert.objects.open().get().title == f"The rollback is stuck: {TITLE}"
    assert Alert.objects.exclude(resolved_at=None).count() == 2
    deployment_news.over(builders.module(), key="9")


def test_a_deployment_is_no_part_of_its_modules_incident_and_its_rollback_is() -> None:
    told("deployed")
    told("rolled_back")

    assert Alert.objects.get(level="info").group_key == "deployed:7"
    assert Alert.objects.get(level="error").group_key == "patient_engagement"
