"""A message that cannot be delivered raises an alert, which goes to everybody but that receiver."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.alerts import dead_letters, responding, sweeping
from monitoring.alerts.announcing import announce
from monitoring.models import Alert, Route
from operations import channels, outbox
from operations.channels import Note
from operations.models import Channel, OutboxMessage
from tests.builders import ROOT
from tests.monitoring.announcing_world import (
    SOON,
    a_channel,
    a_contact,
    a_route,
    clock,
    fire,
    ripen,
    said,
)

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SECRET = "slack://T0KEN/SECRET/xyz"
NOTE = Note(subject="Report", text="Weekly", event="report", data={})


@pytest.fixture
def now() -> Iterator[Any]:
    with clock() as traveller:
        yield traveller


def alerts() -> list[Alert]:
    return list(Alert.objects.filter(source="portal").order_by("pk"))


def gives_up(message: OutboxMessage) -> None:
    raise outbox.Undeliverable("The receiver answered 404 at slack://T0KEN/SECRET/xyz")


def fails(message: OutboxMessage) -> None:
    raise ConnectionError("refused by https://hooks.example.org/services/T0KEN")


def arrives(message: OutboxMessage) -> None:
    pass


def deliver(by: Any) -> None:
    outbox.deliver_due({"channel": by, "mail": by})


def test_all_is_well(now: Any) -> None:
    a_route()
    fire()
    ripen(now)
    deliver(arrives)
    assert dead_letters.watch() == (0, 0)
    assert alerts() == []


def test_what_was_given_up_raises_one_alert_that_names_the_channel_and_no_secret(now: Any) -> None:
    slack = a_channel("Slack", address=SECRET)
    a_route(slack)
    a_route(a_channel("mail"))
    channels.send(slack, NOTE)
    deliver(gives_up)
    assert dead_letters.watch() == (1, 0)
    [alert] = alerts()
    assert (alert.level, alert.title) == ("error", "Messages to the channel Slack do not arrive")
    assert alert.labels == {"lane": f"channel:{slack.pk}"}
    assert "1 message was given up" in alert.summary
    assert "The receiver answered 404" in alert.summary
    assert "SECRET" not in alert.summary + alert.affected + alert.advice + alert.title
    now.shift(MINUTE)
    dead_letters.watch()
    [alert] = alerts()
    assert alert.count == 1
    ripen(now)
    assert said(alert) == [("mail", "fired")]


def test_the_only_channel_being_dead_nobody_is_told_but_the_alert_stands(now: Any) -> None:
    slack = a_channel("Slack", address=SECRET)
    a_route(slack)
    channels.send(slack, NOTE)
    deliver(gives_up)
    dead_letters.watch()
    assert ripen(now) == (0, 0)
    assert Alert.objects.open().count() == 1


def test_it_clears_when_the_lane_delivers_again(now: Any) -> None:
    slack = a_channel("Slack", address=SECRET)
    channels.send(slack, NOTE)
    deliver(gives_up)
    dead_letters.watch()
    now.shift(MINUTE)
    channels.send(slack, NOTE)
    deliver(arrives)
    assert dead_letters.watch() == (0, 1)
    now.shift(10 * MINUTE)
    assert dead_letters.watch() == (0, 0)
    sweeping.sweep()
    assert [alert.state for alert in alerts()] == ["resolved"]


def test_a_message_about_an_alert_that_failed_three_times_raises_one(now: Any) -> None:
    a_route(a_channel("Slack", address=SECRET))
    fire(level="warning")
    ripen(now)
    for attempt in range(3):
        deliver(fails)
        assert dead_letters.watch() == (int(attempt == 2), 0)
        now.shift(5 * MINUTE)
    [alert] = alerts()
    assert "1 message about alerts did not arrive since" in alert.summary
    assert "T0KEN" not in alert.summary


def test_another_message_may_fail_oftener(now: Any) -> None:
    channels.send(a_channel(), NOTE)
    for _ in range(5):
        deliver(fails)
        now.shift(HOUR)
    assert dead_letters.watch() == (0, 0)


def test_one_about_a_critical_alert_may_wait_five_minutes(now: Any) -> None:
    a_contact(2, "Grace")
    fire(level="critical")
    ripen(now)
    now.shift(4 * MINUTE)
    assert dead_letters.watch() == (0, 0)
    now.shift(MINUTE)
    assert dead_letters.watch() == (1, 0)
    [alert] = alerts()
    assert alert.title == "Messages to Grace by mail do not arrive"
    assert alert.labels == {"lane": "mail:grace@example.org"}


def test_a_disabled_channel_that_somebody_relies_on_raises_one(now: Any) -> None:
    slack, unused = a_channel("Slack", address=SECRET), a_channel("unused")
    route = a_route(slack)
    for channel in (slack, unused):
        channels.send(channel, NOTE)
        channels.disable(channel, actor=ROOT, reason="Moved")
    deliver(gives_up)
    assert dead_letters.watch() == (1, 0)
    [alert] = alerts()
    assert "The channel is disabled since 2026-11-21 13:00 UTC: Moved" in alert.summary
    Route.objects.filter(pk=route.pk).update(enabled=False)
    assert dead_letters.watch() == (0, 1)


def test_what_a_person_settled_is_raised_again_by_new_failures_alone(now: Any) -> None:
    slack = a_channel("Slack", address=SECRET)
    channels.send(slack, NOTE)
    deliver(gives_up)
    dead_letters.watch()
    now.shift(MINUTE)
    [alert] = alerts()
    responding.resolve(alert, actor=ROOT)
    now.shift(MINUTE)
    assert dead_letters.watch() == (0, 0)
    channels.send(slack, NOTE)
    deliver(gives_up)
    assert dead_letters.watch() == (1, 0)
    assert [each.state for each in alerts()] == ["open"]


def test_the_messages_of_a_removed_channel_are_nobodys_concern(now: Any) -> None:
    slack = a_channel("Slack", address=SECRET)
    channels.send(slack, NOTE)
    channels.remove(slack, actor=ROOT)
    deliver(gives_up)
    assert dead_letters.watch() == (0, 0)


def test_the_number_of_queries_does_not_depend_on_the_number_of_lanes_or_messages(now: Any) -> None:
    counts = []
    for number in (2, 5, 20):
        for each in range(number):
            channel = a_channel(f"channel {number} {each}")
            a_route(channel)
            for _ in range(3):
                channels.send(channel, NOTE)
        OutboxMessage.objects.filter(dead_at=None).update(dead_at=timezone.now(), last_error="No")
        with CaptureQueriesContext(connection) as queries:
            dead_letters.watch()
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
        now.shift(MINUTE)
    # The first round found no alert to change.
    assert counts[1] == counts[2] <= 25
    assert Channel.objects.count() == 27 == len(alerts())


def test_lanes_that_fail_together_are_one_message(now: Any) -> None:
    a_route(a_channel("other"))
    for number in range(3):
        channels.send(a_channel(f"dead {number}"), NOTE)
    deliver(gives_up)
    dead_letters.watch()
    now.shift(SOON)
    assert announce() == (1, 3)
