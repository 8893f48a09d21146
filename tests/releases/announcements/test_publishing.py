"""The verbs of announcements: who is told, once for each state, and what is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations import channels
from operations import tasks as operations_tasks
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent, Channel, OutboxMessage
from releases.announcements import due, mails, previews, publishing
from releases.announcements.drafts import Draft
from releases.announcements.wording import Event
from releases.models import Announcement, Recipient
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.doors import every_row
from tests.releases.announcements.builders import (
    HOUR,
    MINUTE,
    a_window,
    addressed,
    an_end_of,
    announce,
    mailed,
    people,
)

pytestmark = pytest.mark.django_db


# --- to whom --------------------------------------------------------------------------------------------


def test_everybody_is_told_once_whatever_the_workspaces_they_are_in() -> None:
    people("A", "ann@example.org", "bob@example.org")
    people("B", "ANN@example.org")
    people("B", "gone@example.org", active=False)
    people("C", "")
    announce()
    assert addressed("Information: A new look") == ["ann@example.org", "bob@example.org"]


def test_a_modules_workspaces_are_those_enrolled_in_its_plan_now() -> None:
    builders.a_plan_in_phase(1)
    people("W00000", "in@example.org")
    people("W00039", "out@example.org")
    announce(audience="module", module=builders.module())
    assert [address for address, _ in mailed()] == ["in@example.org"]


def test_certain_workspaces_and_certain_roles_of_them() -> None:
    for workspace in ("A", "B"):
        people(workspace, f"boss-{workspace}@example.org".lower(), role="pharmacy_manager")
        people(workspace, f"staff-{workspace}@example.org".lower())
    announce(audience="workspaces", workspaces=["A"], roles=["pharmacy_manager"])
    assert [address for address, _ in mailed()] == ["boss-a@example.org"]


def test_without_mail_nobody_is_mailed() -> None:
    people("A", "ann@example.org")
    announce(channels=["product"])
    assert mailed() == []
    assert not Recipient.objects.exists()


def test_a_channel_of_the_portal_gets_one_message_for_each_state() -> None:
    channel = channels.add(actor=ROOT, name="team", kind="mail", address="team@example.org").channel
    announcement = announce(channels=[channel], kind="incident")
    publishing.change(announcement, actor=ROOT, title="Reminders are late")
    publishing.complete(announcement, actor=ROOT)
    sent = OutboxMessage.objects.filter(kind="channel").order_by("created_at")
    assert [message.payload["event"] for message in sent] == [
        "announcement.published",
        "announcement.changed",
        "announcement.complete",
    ]
    assert "text" not in sent[0].payload["data"]


# --- states and mails -----------------------------------------------------------------------------------


def test_who_was_told_hears_of_a_change_and_of_the_end_and_who_came_later_does_not() -> None:
    people("A", "ann@example.org")
    announcement = announce(kind="maintenance", ends_at=timezone.now() + HOUR)
    mailed()
    people("B", "late@example.org")
    announcement = publishing.change(announcement, actor=ROOT, ends_at=timezone.now() + 2 * HOUR)
    an_end_of(announcement, "complete")
    made = mailed()
    assert [subject for _, subject in made] == [
        "Planned maintenance: A new look",
        "Changed: A new look",
        "Done: A new look",
    ]
    assert {address for address, _ in made} == {"ann@example.org"}


def test_of_the_end_of_news_nobody_is_mailed() -> None:
    people("A", "ann@example.org")
    an_end_of(announce(kind="release"), "complete")
    assert addressed("Done") == []


def test_a_cancellation_says_why() -> None:
    people("A", "ann@example.org")
    announcement = announce()
    publishing.cancel(announcement, actor=ROOT, note="The supplier is late.")
    mailed()
    body = OutboxMessage.objects.get(payload__subject="Cancelled: A new look", kind=mails.TO_USER).payload[
        "body"
    ]
    assert "The supplier is late." in body
    assert AuditEvent.objects.get(action="announcement.cancelled").reason.text == "The supplier is late."


def test_nobody_is_mailed_twice_for_one_state_whoever_is_killed_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people("A", *(f"m{number}@example.org" for number in range(7)))
    monkeypatch.setattr(mails, "BATCH", 3)
    announce()
    message, plain = OutboxMessage.objects.get(kind=mails.KIND), mails._mail

    def dies(*arguments: Any) -> OutboxMessage:
        if OutboxMessage.objects.filter(kind=mails.TO_USER).exists():
            raise RuntimeError("killed")
        return plain(*arguments)

    monkeypatch.setattr(mails, "_mail", dies)
    with pytest.raises(RuntimeError):
        mails.fan_out(message)
    monkeypatch.setattr(mails, "_mail", plain)
    assert OutboxMessage.objects.filter(kind=mails.TO_USER).count() == 3
    mails.fan_out(OutboxMessage.objects.get(kind=mails.KIND))
    payload = {key: value for key, value in message.payload.items() if key != "after"}
    OutboxMessage.objects.filter(pk=message.pk).update(payload=payload)
    mails.fan_out(OutboxMessage.objects.get(kind=mails.KIND))
    assert len(set(mailed())) == len(mailed()) == 7
    assert OutboxMessage.objects.filter(kind=mails.TO_USER).values("lane").distinct().count() == 7


def test_the_mails_are_sent_by_a_job_of_their_own_and_no_alert_waits_behind_them(mailoutbox: Any) -> None:
    people("A", "ann@example.org", "bob@example.org")
    announce()
    assert not {mails.KIND, mails.TO_USER} & set(operations_tasks.DELIVERERS)
    assert mails.send_due() == (2, 0)
    assert sorted(mail.to for mail in mailoutbox) == [["ann@example.org"], ["bob@example.org"]]
    assert mails.send_due() == (0, 0)
    lanes = OutboxMessage.objects.filter(kind=mails.TO_USER).order_by("lane").values_list("lane", flat=True)
    assert list(lanes) == ["user:ann@example.org", "user:bob@example.org"]


def test_many_are_mailed_by_few_statements() -> None:
    people("A", *(f"m{number}@example.org" for number in range(500)))
    with CaptureQueriesContext(connection) as publishing_:
        announce()
    with CaptureQueriesContext(connection) as sending:
        mails.make_due()
    assert len(publishing_) < 30
    assert len(sending) < 15
    assert OutboxMessage.objects.filter(kind=mails.TO_USER).count() == 500


def test_what_is_to_go_out_later_is_told_when_its_time_has_come_and_not_before() -> None:
    people("A", "ann@example.org")
    announcement = announce(at=timezone.now() + HOUR)
    assert (announcement.state, mailed()) == ("scheduled", [])
    changed = publishing.change(announcement, actor=ROOT, title="A newer look")
    assert (changed.state, mailed(), due.settle(timezone.now())) == ("scheduled", [], [])
    with time_machine.travel(timezone.now() + HOUR, tick=False):
        assert due.settle(timezone.now()) == ["published A newer look"]
        assert due.settle(timezone.now()) == []
        assert addressed("Information: A newer look") == ["ann@example.org"]
    assert Announcement.objects.get().state == "published"


def test_what_is_cancelled_before_it_went_out_is_mailed_to_nobody() -> None:
    people("A", "ann@example.org")
    announcement = announce(at=timezone.now() + HOUR)
    with pytest.raises(Refused, match="cancel it"):
        publishing.complete(announcement, actor=ROOT)
    publishing.cancel(announcement, actor=ROOT)
    assert mailed() == []


def test_what_is_over_is_completed_by_the_clock() -> None:
    announce(ends_at=timezone.now() + HOUR)
    with time_machine.travel(timezone.now() + HOUR, tick=False):
        assert due.settle(timezone.now()) == ["completed A new look"]
    assert Announcement.objects.get().state == "complete"


def test_addresses_are_forgotten_thirty_days_after_the_end() -> None:
    people("A", "ann@example.org")
    running, over = announce(), announce(title="Over")
    an_end_of(over, "cancelled")
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        assert due.forget(timezone.now()) == 1
    assert list(Recipient.objects.values_list("announcement", flat=True)) == [running.pk]


# --- rules ----------------------------------------------------------------------------------------------


def test_with_a_key_it_is_published_once_for_all_time() -> None:
    people("A", "ann@example.org")
    first = announce(key="release-1.0.2")
    assert announce(key="release-1.0.2", title="Another") == first
    an_end_of(first, "cancelled")
    assert announce(key="release-1.0.2") == first
    assert len(addressed("Information")) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"text": "x" * 5_001}, "text"),
        ({"text": "\0"}, "text"),
        ({"kind": "party"}, "kind"),
        ({"audience": "nobody"}, "audience"),
        ({"audience": "module"}, "module"),
        ({"audience": "workspaces"}, "workspaces"),
        ({"audience": "workspaces", "workspaces": ["nowhere"]}, "workspaces"),
        ({"workspaces": ["A"]}, "workspaces"),
        ({"channels": []}, "channels"),
        ({"channels": ["pigeon"]}, "channels"),
        ({"channels": ["product"], "roles": ["pharmacist"]}, "channels"),
        ({"ends_at": timezone.now() - HOUR}, "ends_at"),
        ({"key": ""}, "key"),
    ],
)
def test_bad_input_names_the_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        announce(**given)
    assert field in caught.value.fields
    assert not Announcement.objects.exists()


def test_a_module_for_users_has_no_workspaces_to_tell() -> None:
    builders.modules()
    with pytest.raises(Invalid, match="is for users"):
        announce(audience="module", module=builders.module("health_management"))


def test_a_freeze_is_announced_to_nobody() -> None:
    with pytest.raises(Invalid, match="a freeze is the team's own"):
        announce(window=a_window(kind="freeze"))


def test_what_has_ended_or_changed_meanwhile_is_refused() -> None:
    announcement = announce()
    with pytest.raises(Refused) as caught:
        publishing.change(announcement, actor=ROOT, title="A new look")
    assert caught.value.code == "unchanged"
    publishing.change(announcement, actor=ROOT, title="Another")
    with pytest.raises(Refused) as caught:
        publishing.cancel(announcement, actor=ROOT, version=1)
    assert caught.value.code == "stale"
    publishing.cancel(announcement, actor=ROOT, version=2)
    for act in (publishing.cancel, publishing.complete):
        with pytest.raises(Refused) as caught:
            act(announcement, actor=ROOT)
        assert caught.value.code == "ended"


def test_a_product_manager_announces_and_a_release_manager_takes_it_back_as_well() -> None:
    manager = builders.acting(builders.a_person("pm", group="Product manager"))
    viewer = builders.acting(builders.a_person("vic", group="Viewer"))
    with pytest.raises(Forbidden):
        announce(actor=viewer)
    announcement = announce(actor=manager)
    with pytest.raises(Forbidden):
        publishing.cancel(announcement, actor=manager)
    releaser = builders.acting(builders.a_person("rel", group="Release manager"))
    assert publishing.cancel(announcement, actor=releaser).state == "cancelled"


def test_a_dry_run_sends_no_statement_that_writes() -> None:
    people("A", "ann@example.org")
    announcement, window = announce(kind="incident"), a_window()
    acts: tuple[Callable[[], object], ...] = (
        lambda: announce(dry_run=True),
        lambda: announce(dry_run=True, window=window),
        lambda: announce(dry_run=True, audience="workspaces", workspaces=["A"]),
        lambda: publishing.change(announcement, actor=ROOT, title="Else", dry_run=True),
        lambda: publishing.cancel(announcement, actor=ROOT, dry_run=True),
        lambda: publishing.complete(announcement, actor=ROOT, dry_run=True),
    )
    before = every_row()
    for act in acts:
        with CaptureQueriesContext(connection) as found:
            act()
        verbs = ("INSERT", "UPDATE", "DELETE")
        assert [query for query in found if query["sql"].lstrip().startswith(verbs)] == []
    assert every_row() == before


def test_a_preview_says_how_many_are_reached_and_what_they_read() -> None:
    people("A", *(f"m{number:02}@example.org" for number in range(25)))
    people("B", "m00@example.org")
    draft = Draft(kind="info", title="A new look", text="All new.", audience="everybody", channels=["mail"])
    found = previews.of_draft(draft, ROOT)
    assert (found.workspaces, found.mails, len(found.first), found.more) == (2, 25, 20, 5)
    assert found.first[0] == "m00@example.org"
    assert "All new." in found.mail.body
    announcement = announce()
    assert previews.of_event(announcement, Event.CANCELLED).mails == 25
    assert previews.of_event(announcement, Event.COMPLETE).mails == 0


def test_the_database_holds_the_rules_as_well() -> None:
    now = timezone.now()
    announcement = announce(window=a_window(), kind="maintenance")
    for broken in (
        {"kind": "party"},
        {"audience": "module"},
        {"starts_at": now, "ends_at": now - HOUR},
        {"cancelled_at": now, "completed_at": now},
        {"published_at": None, "completed_at": now},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Announcement.objects.filter(pk=announcement.pk).update(**broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        Announcement.objects.create(
            kind="info", title="x", audience="everybody", window=announcement.window, created_by="x"
        )


def test_every_verb_writes_one_event() -> None:
    announcement = announce()
    publishing.change(announcement, actor=ROOT, text="Else")
    publishing.complete(announcement, actor=ROOT)
    actions = AuditEvent.objects.filter(subject_type="releases.announcement").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "announcement.published",
        "announcement.changed",
        "announcement.completed",
    ]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_under_one_key_at_once_both_get_the_same() -> None:
    people("A", "ann@example.org")
    found = at_once(*(lambda: announce(key="once") for _ in range(4)))
    assert len({each.pk for each in found if isinstance(each, Announcement)}) == 1
    assert Announcement.objects.count() == 1
    assert len(mailed()) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_end_one_at_once_one_is_refused_and_people_hear_of_one_end() -> None:
    people("A", "ann@example.org")
    announcement = announce(kind="incident")
    found = at_once(
        lambda: publishing.cancel(announcement, actor=ROOT),
        lambda: publishing.complete(announcement, actor=ROOT),
    )
    assert sorted(type(each).__name__ for each in found) == ["Announcement", "Refused"]
    assert len(mailed()) == 2


def test_a_channel_that_an_announcement_uses_can_be_removed_afterwards() -> None:
    channel = channels.add(actor=ROOT, name="team", kind="mail", address="team@example.org").channel
    announce(channels=[channel])
    channels.remove(channel, actor=ROOT)
    assert not Channel.objects.exists()
    assert Announcement.objects.get().state == "published"


def test_the_mail_names_the_times_in_the_portals_zone_and_in_utc() -> None:
    people("A", "ann@example.org")
    with timezone.override("Europe/London"), time_machine.travel("2026-06-01T10:00:00+00:00", tick=False):
        begins = timezone.now() + HOUR
        announce(kind="maintenance", starts_at=begins, ends_at=begins + 90 * MINUTE)
        mailed()
    body = OutboxMessage.objects.get(kind=mails.TO_USER).payload["body"]
    assert "From: 2026-06-01 12:00 BST (2026-06-01 11:00 UTC)" in body
    assert "Until: 2026-06-01 13:30 BST (2026-06-01 12:30 UTC)" in body
