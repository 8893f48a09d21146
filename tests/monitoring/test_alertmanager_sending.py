"""What the portal pushes to Alertmanager, and what it says when that fails."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from monitoring.alertmanager import sending
from monitoring.alertmanager.sending import Pushed, Refused, push
from monitoring.alerts import responding, silencing, sweeping
from monitoring.exchange import NoAnswer
from monitoring.models import Alert
from operations.models import ScheduledJob
from operations.schedule import Job, run_due
from ops_portal.schedule import JOBS
from tests import builders
from tests.builders import ROOT
from tests.monitoring.played_server import OK, PlayedServer
from tests.monitoring.test_alertmanager_webhook import send
from tests.monitoring.webhook import an_alert

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
JOB: Job = next(job for job in JOBS if job.name == "push-alerts")


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alertmanager(settings: Any) -> Iterator[PlayedServer]:
    """One that takes everything."""
    played = PlayedServer(OK)
    settings.ALERTMANAGER_URL = f"http://ada:p%40ss@{played.address}/am/"
    settings.PORTAL_URL = "https://portal.example.org"
    yield played
    played.close()


def raised(title: str = "Data lost", **values: Any) -> Alert:
    return responding.raise_alert(actor=ROOT, title=title, level="critical", **values)


def told(played: PlayedServer) -> Any:
    """What the last push sent."""
    return json.loads(played.asked.partition("\r\n\r\n")[2])


def test_an_open_alert_is_sent_with_an_end_that_the_next_push_moves(alertmanager: PlayedServer) -> None:
    builders.modules()
    alert = raised(module=builders.module(), summary="of Ada Lovelace")
    assert push() == Pushed(1, 0)
    assert alertmanager.asked.startswith("POST /am/api/v2/alerts HTTP/1.1")
    assert "Authorization: Basic YWRhOnBAc3M=" in alertmanager.asked
    (sent,) = told(alertmanager)
    assert sent == {
        "labels": {
            "alertname": "OpsPortalPerson",
            "severity": "critical",
            "source": "person",
            "ops_portal_alert": str(alert.pk),
            "module": "patient_engagement",
        },
        # What a person typed may be about a patient, and stays here.
        "annotations": {"summary": "Data lost"},
        "startsAt": NOW.isoformat(),
        "endsAt": (NOW + 5 * MINUTE).isoformat(),
        "generatorURL": f"https://portal.example.org/admin/monitoring/alert/{alert.pk}/change/",
    }


def test_a_resolved_alert_is_sent_with_its_end_for_a_quarter_of_an_hour(
    alertmanager: PlayedServer, clock: Any
) -> None:
    responding.resolve(raised(), actor=ROOT)
    clock.shift(14 * MINUTE)
    assert push() == Pushed(0, 1)
    assert told(alertmanager)[0]["endsAt"] == NOW.isoformat()
    clock.shift(MINUTE)
    assert push() == Pushed(0, 0)
    assert told(alertmanager) == []


def test_what_nobody_is_told_of_is_not_sent(alertmanager: PlayedServer) -> None:
    silencing.silence(actor=ROOT, until=NOW + 60 * MINUTE, reason="known", alert=raised())
    assert push() == Pushed(0, 0)
    silencing.silence(actor=ROOT, until=NOW + 60 * MINUTE, reason="known", level="critical")
    raised("Another")
    assert push() == Pushed(0, 0)


def test_what_came_from_alertmanager_does_not_go_back(alertmanager: PlayedServer) -> None:
    send(an_alert(NOW))
    assert push() == Pushed(0, 0)


def test_many_alerts_go_in_several_requests(
    alertmanager: PlayedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_AT_ONCE", 2)
    for number in range(5):
        raised(f"Alert {number}")
    assert push() == Pushed(5, 0)
    assert [each["annotations"]["summary"] for each in told(alertmanager)] == ["Alert 4"]


def test_a_push_that_takes_too_long_ends_before_its_lease(
    alertmanager: PlayedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(sending, "PUSH_SECONDS", -1)
    for number in range(2):
        raised(f"Alert {number}")
    with pytest.raises(NoAnswer, match="did not take all alerts"):
        push()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("HTTP/1.1 401 No\r\n\r\n", "answered 401: check the user and password in ALERTMANAGER_URL"),
        ("HTTP/1.1 302 Go\r\nLocation: http://example.org/\r\n\r\n", "answered 302, a redirect"),
        ('HTTP/1.1 400 No\r\n\r\n"bad\nlabel"', 'answered 400: "bad label"'),
        ("HTTP/1.1 503 Busy\r\n\r\n", "answered 503: no reason given"),
        ("SSH-2.0-OpenSSH\r\n", "Alertmanager cannot be reached: BadStatusLine"),
    ],
)
def test_an_answer_that_is_none_fails_and_says_why_without_the_password(
    settings: Any, answer: str, words: str
) -> None:
    played = PlayedServer(answer)
    settings.ALERTMANAGER_URL = f"http://ada:secret@{played.address}"
    with pytest.raises((NoAnswer, Refused)) as failed:
        push()
    assert words in str(failed.value)
    assert "secret" not in str(failed.value)
    played.close()


def tick(clock: Any, minutes: int) -> None:
    """What the schedule does in these minutes."""
    for _ in range(2 * minutes):
        run_due([JOB])
        sweeping.sweep()
        clock.shift(MINUTE / 2)


def test_five_minutes_without_alertmanager_raise_an_alert_that_ends_when_it_answers(
    settings: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALERTMANAGER_URL = "http://ada:secret@127.0.0.1:9"
    tick(clock, 5)
    assert not Alert.objects.open().exists()
    assert "cannot be reached" in ScheduledJob.objects.get(pk="push-alerts").last_error
    tick(clock, 2)
    alert = Alert.objects.open().get()
    assert (alert.source, alert.level) == (Alert.Source.PORTAL, "error")
    assert (alert.first_seen, alert.summary) == (NOW, "Alertmanager cannot be reached: Connection refused.")
    back = PlayedServer(OK)
    settings.ALERTMANAGER_URL = f"http://{back.address}"
    tick(clock, 2)
    alert.refresh_from_db()
    assert alert.state == "resolved"
    # How Alertmanager could not be reached is nothing to tell it.
    assert told(back) == []
    back.close()
    assert "secret" not in caplog.text


def test_a_restart_of_alertmanager_raises_nothing(settings: Any, clock: Any) -> None:
    played = PlayedServer(OK)
    settings.ALERTMANAGER_URL = "http://127.0.0.1:9"
    tick(clock, 4)
    settings.ALERTMANAGER_URL = f"http://{played.address}"
    tick(clock, 1)
    settings.ALERTMANAGER_URL = "http://127.0.0.1:9"
    tick(clock, 4)
    assert not Alert.objects.open().exists()
    played.close()


def test_without_its_address_nothing_is_sent_and_what_was_said_of_it_ends(settings: Any, clock: Any) -> None:
    settings.ALERTMANAGER_URL = "http://127.0.0.1:9"
    tick(clock, 7)
    assert Alert.objects.open().exists()
    settings.ALERTMANAGER_URL = ""
    tick(clock, 2)
    assert not Alert.objects.open().exists()
    assert JOB.run() == ""
