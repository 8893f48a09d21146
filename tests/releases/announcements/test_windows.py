"""Maintenance is announced by the clock, once, and its announcement follows it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from operations import windows
from operations.errors import Refused
from operations.models import AuditEvent, Window
from releases.announcements import due, publishing
from releases.announcements.windows import announce_due
from releases.models import Announcement
from tests.at_once import at_once
from tests.builders import ROOT
from tests.releases.announcements.builders import (
    HOUR,
    MINUTE,
    a_window,
    addressed,
    announce,
    mailed,
    people,
)

pytestmark = pytest.mark.django_db


def test_maintenance_is_announced_half_an_hour_before_it_begins_and_once() -> None:
    people("A", "ann@example.org")
    window = a_window(after=HOUR)
    assert announce_due(timezone.now()) == []
    with time_machine.travel(window.starts_at - 30 * MINUTE, tick=False):
        assert announce_due(timezone.now()) == ["announced Maintenance: Upgrade"]
        assert announce_due(timezone.now()) == []
        assert addressed("Planned maintenance: Upgrade") == ["ann@example.org"]
    found = publishing.of_window(window)
    assert found is not None
    assert (found.state, found.starts_at, found.ends_at) == ("published", window.starts_at, window.ends_at)
    window.refresh_from_db()
    assert window.announced_at == window.starts_at - 30 * MINUTE
    event = AuditEvent.objects.get(action="announcement.published")
    assert (event.door, event.actor) == ("beat", "announcements")


def test_a_freeze_is_announced_by_nobody() -> None:
    a_window(kind="freeze")
    assert announce_due(timezone.now()) == []


def test_maintenance_that_begins_at_once_is_shown_and_mailed_to_nobody() -> None:
    people("A", "ann@example.org")
    window = a_window(after=-MINUTE)
    announce_due(timezone.now())
    windows.end(window, actor=ROOT)
    assert announce_due(timezone.now()) == ["completed the announcement of Maintenance: Upgrade"]
    assert mailed() == []


def test_who_was_told_of_a_window_hears_that_it_was_moved_and_that_it_is_over() -> None:
    people("A", "ann@example.org")
    window = a_window()
    announce_due(timezone.now())
    windows.reschedule(window, window.starts_at + HOUR, window.starts_at + 2 * HOUR, actor=ROOT)
    assert announce_due(timezone.now()) == ["changed the announcement of Maintenance: Upgrade"]
    assert announce_due(timezone.now()) == []
    with time_machine.travel(window.starts_at + 90 * MINUTE, tick=False):
        windows.extend(window, window.starts_at + 3 * HOUR, actor=ROOT)
        announce_due(timezone.now())
    with time_machine.travel(window.starts_at + 3 * HOUR, tick=False):
        assert announce_due(timezone.now()) == ["completed the announcement of Maintenance: Upgrade"]
        assert announce_due(timezone.now()) == []
        subjects = [subject for _, subject in mailed()]
    assert sorted(subjects) == ["Changed: Upgrade"] * 2 + ["Done: Upgrade", "Planned maintenance: Upgrade"]
    assert due.settle(timezone.now()) == []


def test_who_was_told_of_a_window_hears_that_it_is_cancelled() -> None:
    people("A", "ann@example.org")
    window = a_window()
    announce_due(timezone.now())
    windows.end(window, actor=ROOT)
    assert announce_due(timezone.now()) == ["cancelled the announcement of Maintenance: Upgrade"]
    assert announce_due(timezone.now()) == []
    assert addressed("Cancelled: Upgrade") == ["ann@example.org"]


def test_of_what_was_cancelled_in_time_nobody_hears_anything() -> None:
    people("A", "ann@example.org")
    windows.end(a_window(after=2 * HOUR), actor=ROOT)
    assert announce_due(timezone.now()) == []
    assert mailed() == []


def test_a_person_may_announce_a_window_days_before_and_then_the_clock_does_not() -> None:
    people("A", "ann@example.org")
    window = a_window(after=48 * HOUR)
    announce(kind="maintenance", title="Two days ahead", window=window)
    window.refresh_from_db()
    assert window.state == "announced"
    with time_machine.travel(window.starts_at - MINUTE, tick=False):
        assert announce_due(timezone.now()) == []
    assert len(mailed()) == 1
    with pytest.raises(Refused, match="is announced"):
        announce(window=window)


def test_one_that_a_person_prepared_goes_out_half_an_hour_before_at_the_latest() -> None:
    window = a_window(after=2 * HOUR)
    mine = announce(kind="maintenance", title="Mine", window=window, at=timezone.now() + 110 * MINUTE)
    with time_machine.travel(window.starts_at - 25 * MINUTE, tick=False):
        assert announce_due(timezone.now()) == ["announced Maintenance: Upgrade"]
    assert list(Announcement.objects.current()) == [mine]


def test_one_that_was_not_out_yet_when_its_window_was_cancelled_never_goes_out() -> None:
    people("A", "ann@example.org")
    window = a_window(after=2 * HOUR)
    announce(kind="maintenance", window=window, at=timezone.now() + HOUR)
    windows.end(window, actor=ROOT)
    announce_due(timezone.now())
    assert Announcement.objects.get().state == "cancelled"
    assert mailed() == []


def test_the_times_of_a_windows_announcement_are_the_windows() -> None:
    window = a_window()
    announcement = announce(kind="maintenance", window=window, starts_at=timezone.now())
    assert announcement.starts_at == window.starts_at
    with pytest.raises(Refused, match="reschedule it"):
        publishing.change(announcement, actor=ROOT, ends_at=timezone.now() + 9 * HOUR)
    assert publishing.change(announcement, actor=ROOT, text="Else").text == "Else"


def test_of_a_window_that_is_over_nothing_can_be_announced() -> None:
    window = windows.end(a_window(), actor=ROOT)
    with pytest.raises(Refused, match="is cancelled"):
        announce(window=window)


def test_a_night_on_which_the_clocks_change_is_announced_half_an_hour_before_in_real_time() -> None:
    """In London on 29 March 2026 one o'clock is followed by two o'clock: 02:10 is ten minutes past."""
    zone = ZoneInfo("Europe/London")
    with time_machine.travel(datetime(2026, 3, 28, 12, tzinfo=UTC), tick=False):
        begins = datetime(2026, 3, 29, 2, 10, tzinfo=zone)
        window = windows.plan("maintenance", "Upgrade", starts_at=begins, ends_at=begins + HOUR, actor=ROOT)
    for at, said in (
        (datetime(2026, 3, 29, 0, 39, tzinfo=UTC), []),
        (datetime(2026, 3, 29, 0, 40, tzinfo=UTC), ["announced Maintenance: Upgrade"]),
    ):
        with time_machine.travel(at, tick=False):
            assert announce_due(at) == said
    assert Window.objects.get(pk=window.pk).starts_at == datetime(2026, 3, 29, 1, 10, tzinfo=UTC)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_announce_change_and_complete_once() -> None:
    people("A", "ann@example.org")
    window, now = a_window(), timezone.now()

    def both() -> list[str]:
        found = at_once(lambda: announce_due(now), lambda: announce_due(now))
        return [line for each in found if isinstance(each, list) for line in each]

    assert both() == ["announced Maintenance: Upgrade"]
    windows.extend(window, window.starts_at + 5 * HOUR, actor=ROOT)
    assert both() == ["changed the announcement of Maintenance: Upgrade"]
    windows.end(window, actor=ROOT)
    assert both() == ["cancelled the announcement of Maintenance: Upgrade"]
    assert sorted(subject.partition(":")[0] for _, subject in mailed()) == [
        "Cancelled",
        "Changed",
        "Planned maintenance",
    ]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_person_and_the_clock_announce_one_window_once() -> None:
    people("A", "ann@example.org")
    window, now = a_window(), timezone.now()
    at_once(lambda: announce_due(now), lambda: announce(kind="maintenance", window=window))
    assert Announcement.objects.count() == 1
    assert len(mailed()) == 1
