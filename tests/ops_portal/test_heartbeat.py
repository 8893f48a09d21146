"""The sign of life: given while all is on time, withheld while anything is late, and given again after."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from monitoring import dead_man, health, slots
from monitoring.alerts.announcing import announce
from monitoring.alerts.signals import take
from monitoring.models import Alert, Notice
from operations import outbox
from operations.models import OutboxMessage, ScheduledJob
from ops_portal import heartbeat
from tests import builders
from tests.builders import ROOT
from tests.monitoring.announcing_world import a_route, fire
from tests.monitoring.played_server import OK, PlayedServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[PlayedServer]:
    server = PlayedServer(OK)
    settings.HEARTBEAT_URL = f"http://{server.address}/ping/0b5f-secret?from=portal"
    yield server
    server.close()


def beats(receiver: PlayedServer) -> bool:
    """Run the job once; whether the receiver was asked."""
    receiver.asked = ""
    heartbeat.send()
    return bool(receiver.asked)


def announced() -> OutboxMessage:
    """A message about an alert that waits in the outbox."""
    a_route()
    with time_machine.travel(timezone.now() - timedelta(minutes=1)):
        fire(level="critical")
    announce()
    return OutboxMessage.objects.get()


def test_it_asks_the_address_as_it_stands(receiver: PlayedServer) -> None:
    assert beats(receiver)
    assert receiver.asked.startswith("POST /ping/0b5f-secret?from=portal HTTP/1.1\r\n")


@pytest.mark.parametrize("path", ["", "/", "/ping/", "/ping"])
def test_a_slash_at_the_end_stays_as_it_is(receiver: PlayedServer, path: str, settings: Any) -> None:
    settings.HEARTBEAT_URL = f"http://{receiver.address}{path}?a=1"
    assert beats(receiver)
    assert receiver.asked.startswith(f"POST {path or '/'}?a=1 HTTP/1.1\r\n")


def test_without_an_address_nothing_is_asked_of_anybody(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert heartbeat.send() == ""


def test_it_stops_while_a_check_is_late_and_comes_back(receiver: PlayedServer) -> None:
    hour = slots.newest(timezone.now())
    with time_machine.travel(hour - slots.HOUR, tick=False):
        plan = builders.a_plan_in_phase(1)
    with time_machine.travel(hour + timedelta(minutes=24), tick=False):
        assert beats(receiver)
    with time_machine.travel(hour + timedelta(minutes=26), tick=False):
        assert not beats(receiver)
        assert heartbeat.send() == "no heartbeat: a health check is late"
        health.check(plan, actor=ROOT)
        assert beats(receiver)


def test_it_stops_while_the_dead_man_rings(receiver: PlayedServer) -> None:
    take([dead_man.SILENCE])
    assert not beats(receiver)
    Alert.objects.update(resolved_at=timezone.now(), next_at=None, clears_at=None)
    Notice.objects.update(gathered_at=timezone.now())
    assert beats(receiver)


def test_it_stops_while_nobody_ticks(receiver: PlayedServer) -> None:
    row = ScheduledJob.objects.create(pk=dead_man.TICK_JOB, due_at=timezone.now())
    for minutes, alive in ((9, True), (11, False)):
        row.last_done_at = timezone.now() - timedelta(minutes=minutes)
        row.save()
        assert beats(receiver) is alive


def test_it_stops_while_an_alert_waits_to_be_announced(receiver: PlayedServer) -> None:
    fire()
    assert beats(receiver)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert not beats(receiver)


def test_it_stops_while_a_message_hangs_and_comes_back(receiver: PlayedServer) -> None:
    announced()
    assert beats(receiver)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert not beats(receiver)
        outbox.deliver_due({"channel": lambda message: None})
        assert beats(receiver)


def test_it_stops_while_a_message_fails_and_comes_back(receiver: PlayedServer) -> None:
    message = announced()

    def fail(_: OutboxMessage) -> None:
        raise ConnectionError

    outbox.deliver_due({"channel": fail})
    assert not beats(receiver)
    OutboxMessage.objects.update(due_at=timezone.now())
    outbox.deliver_due({"channel": lambda message: None})
    assert beats(receiver)
    OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=None, dead_at=timezone.now())
    assert not beats(receiver)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert beats(receiver)


def test_a_message_about_something_else_may_fail(receiver: PlayedServer) -> None:
    outbox.put("mail", {})
    OutboxMessage.objects.update(last_error="refused", attempts=3)
    assert beats(receiver)


@pytest.mark.parametrize(
    "answer",
    ["HTTP/1.1 500 Broken\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "no HTTP"],
)
def test_a_receiver_that_fails_is_logged_without_its_address(
    answer: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = PlayedServer(answer)
    settings.HEARTBEAT_URL = f"http://{server.address}/0b5f-secret"
    assert heartbeat.send() == ""
    server.close()
    assert "the heartbeat failed" in caplog.text
    assert "secret" not in caplog.text


def test_a_receiver_that_says_nothing_is_left_in_time(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert heartbeat.WHOLE_SECONDS == 10
    monkeypatch.setattr(heartbeat, "WHOLE_SECONDS", 0.2)
    server = PlayedServer()
    settings.HEARTBEAT_URL = f"http://{server.address}/"
    assert heartbeat.send() == ""
    server.close()
    assert "did not answer within 0.2 seconds" in caplog.text


def test_it_asks_little_of_the_database(receiver: PlayedServer, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        assert heartbeat.why_not() == []
