"""Subscribing to reports: who may, what is refused, and what the trail tells of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent
from reports.models import Subscription
from reports.subscriptions import subscribing
from reports.subscriptions.drafts import Draft
from tests import builders
from tests.builders import ROOT
from tests.reports.example_subscriptions import a_draft, a_subscription

pytestmark = pytest.mark.django_db

MONDAY_NOON = datetime.fromisoformat("2026-03-09T12:00:00+00:00")


@pytest.fixture(autouse=True)
def module() -> None:
    builders.modules()


def last_event() -> AuditEvent:
    return AuditEvent.objects.latest("pk")


def test_a_subscription_goes_out_first_at_its_next_time() -> None:
    with time_machine.travel(MONDAY_NOON, tick=False):
        added = subscribing.add(a_draft(weekday=0, hour=7), actor=ROOT)
    added.refresh_from_db()
    assert added.next_at == MONDAY_NOON + timedelta(days=7, hours=-5)
    assert (added.active, added.version, added.created_by) == (True, 1, "command:root")
    event = last_event()
    assert event.action == "subscription.added"
    assert event.data["recipients"] == ["cto@example.org"]


def test_the_hour_is_that_of_the_portals_time_zone(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Athens"
    with time_machine.travel(MONDAY_NOON, tick=False):
        added = subscribing.add(a_draft(weekday=0, hour=7), actor=ROOT)
    assert added.next_at == MONDAY_NOON + timedelta(days=7, hours=-7)


@pytest.mark.parametrize(
    ("given", "place", "rule"),
    [
        ({"recipients": []}, "recipients", "must name at least one mail address"),
        ({"recipients": [" ", ""]}, "recipients", "must name at least one mail address"),
        ({"recipients": ["a@example.org", "nobody@"]}, "recipients", "'nobody@' is no mail address"),
        ({"recipients": ["x", "y z"]}, "recipients", "'x', 'y z' are no mail addresses"),
        (
            {"recipients": ["a@b.org\nBcc: c@d.org"]},
            "recipients",
            r"'a@b.org\nBcc: c@d.org' is no mail address",
        ),
        (
            {"recipients": ["Ada <ada@example.org>"]},
            "recipients",
            "'Ada <ada@example.org>' is no mail address",
        ),
        (
            {"recipients": [f"p{number}@example.org" for number in range(51)]},
            "recipients",
            "must name at most 50 mail addresses, and names 51",
        ),
        ({"kind": "monthly"}, "kind", "must be one of rollout, daily, weekly, post_launch, feedback, phase2"),
        ({"weekday": None}, "weekday", "must be given: a weekly summary goes out once a week"),
        ({"kind": "daily"}, "weekday", "must be empty: a daily summary goes out every day"),
        ({"weekday": 7}, "weekday", "must be 0 (Monday) to 6 (Sunday)"),
        ({"hour": 24}, "hour", "must be 0 to 23"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(given: dict[str, Any], place: str, rule: str) -> None:
    with pytest.raises(Invalid) as refusal:
        subscribing.add(a_draft(**given), actor=ROOT)
    assert refusal.value.fields == {place: rule}
    assert not Subscription.objects.exists()


def test_fifty_addresses_are_taken_and_each_once() -> None:
    fifty = [f"p{number}@example.org" for number in range(50)]
    added = subscribing.add(a_draft(recipients=[*fifty, " P7@Example.org "]), actor=ROOT)
    assert added.recipients == fifty


def test_a_change_moves_the_next_time_and_tells_what_was() -> None:
    subscription = a_subscription(weekday=0, hour=7)
    with time_machine.travel(MONDAY_NOON, tick=False):
        draft = a_draft(weekday=None, kind="daily", hour=18, recipients=["new@example.org"])
        subscribing.change(subscription, draft, actor=ROOT, version=1)
    subscription.refresh_from_db()
    assert subscription.next_at == MONDAY_NOON + timedelta(hours=6)
    assert (subscription.kind, subscription.version) == ("daily", 2)
    assert last_event().data["was_recipients"] == ["cto@example.org"]
    assert last_event().data["recipients"] == ["new@example.org"]


def test_a_change_that_changes_nothing_is_refused() -> None:
    subscription = a_subscription()
    with pytest.raises(Refused, match="says this already"):
        subscribing.change(subscription, a_draft(), actor=ROOT)


def test_a_paused_subscription_goes_on_at_its_next_time_and_not_before() -> None:
    with time_machine.travel(MONDAY_NOON - timedelta(days=30), tick=False):
        subscription = a_subscription()
        subscribing.pause(subscription, actor=ROOT)
    with time_machine.travel(MONDAY_NOON, tick=False):
        assert not Subscription.objects.due(timezone.now()).exists()
        resumed = subscribing.resume(subscription, actor=ROOT)
    assert resumed.next_at > MONDAY_NOON
    assert [event.action for event in AuditEvent.objects.order_by("-pk")[:2]] == [
        "subscription.resumed",
        "subscription.paused",
    ]


def test_pausing_and_resuming_twice_is_refused() -> None:
    subscription = a_subscription()
    with pytest.raises(Refused, match="in force already"):
        subscribing.resume(subscription, actor=ROOT)
    subscribing.pause(subscription, actor=ROOT)
    with pytest.raises(Refused, match="paused already"):
        subscribing.pause(subscription, actor=ROOT)


def test_what_was_decided_on_an_old_picture_is_refused() -> None:
    subscription = a_subscription()
    subscribing.pause(subscription, actor=ROOT, version=1)
    with pytest.raises(Refused, match="look again"):
        subscribing.change(subscription, a_draft(hour=9), actor=ROOT, version=1)
    with pytest.raises(Refused, match="look again"):
        subscribing.remove(subscription, actor=ROOT, version=1)


def test_one_that_was_removed_is_not_found() -> None:
    subscription = a_subscription()
    subscribing.remove(Subscription.objects.get(), actor=ROOT)
    assert last_event().action == "subscription.removed"
    with pytest.raises(NotFound):
        subscribing.pause(subscription, actor=ROOT)


def test_a_dry_run_writes_nothing() -> None:
    subscription, events = a_subscription(), AuditEvent.objects.count()
    subscribing.add(a_draft(), actor=ROOT, dry_run=True)
    subscribing.change(subscription, a_draft(hour=9), actor=ROOT, dry_run=True)
    subscribing.pause(subscription, actor=ROOT, dry_run=True)
    subscription.refresh_from_db()
    assert (subscription.hour, subscription.active, subscription.version) == (7, True, 1)
    assert (Subscription.objects.count(), AuditEvent.objects.count()) == (1, events)


@pytest.mark.parametrize("group", ["Viewer", "Support", "Release manager", "CTO"])
def test_who_only_reads_reports_subscribes_nobody(group: str) -> None:
    subscription, actor = a_subscription(), builders.acting(builders.a_person(group=group))
    for act in (
        lambda: subscribing.add(a_draft(), actor=actor),
        lambda: subscribing.change(subscription, a_draft(hour=9), actor=actor),
        lambda: subscribing.pause(subscription, actor=actor),
        lambda: subscribing.remove(subscription, actor=actor),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_draft_names_a_module_of_its_own() -> None:
    other = builders.module("health_management")
    draft = a_draft()
    added = subscribing.add(Draft(draft.kind, other, draft.recipients, draft.weekday, draft.hour), actor=ROOT)
    assert str(added) == "Weekly summary of Health Management, every Monday at 7:00"
