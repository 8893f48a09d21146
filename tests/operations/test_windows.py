"""Windows: their states, their verbs, and what a dry run leaves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations import feed, windows
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent, Change, Window
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.doors import every_row, run

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def a_window(kind: str = "maintenance", *, after: timedelta = HOUR, lasts: timedelta | None = HOUR) -> Window:
    """A window that begins `after` now."""
    begins = timezone.now() + after
    ends = begins + lasts if lasts else None
    return windows.plan(kind, "Upgrade", starts_at=begins, ends_at=ends, actor=ROOT)


def test_a_window_is_planned_in_force_and_over() -> None:
    now = timezone.now()
    window = windows.plan("freeze", "Year end", starts_at=now + HOUR, ends_at=now + 2 * HOUR, actor=ROOT)
    assert (window.state, list(Window.objects.ahead())) == ("planned", [window])
    with time_machine.travel(now + HOUR, tick=False):
        assert (window.state, list(Window.objects.in_force())) == ("in force", [window])
    with time_machine.travel(now + 2 * HOUR, tick=False):
        assert (window.state, list(Window.objects.in_force())) == ("over", [])


def test_maintenance_is_announced_half_an_hour_before_and_a_freeze_never() -> None:
    maintenance, freeze = a_window(), a_window("freeze")
    with time_machine.travel(maintenance.starts_at - 31 * MINUTE, tick=False):
        assert (maintenance.state, freeze.state) == ("planned", "planned")
        assert not Window.objects.to_show().exists()
    with time_machine.travel(freeze.starts_at - 30 * MINUTE, tick=False):
        assert (maintenance.state, freeze.state) == ("announced", "planned")
        assert list(Window.objects.to_show()) == [maintenance]
    with time_machine.travel(freeze.starts_at, tick=False):
        assert set(Window.objects.to_show()) == {maintenance, freeze}
    with time_machine.travel(freeze.ends_at, tick=False):
        assert not Window.objects.to_show().exists()


def test_maintenance_that_users_were_told_of_earlier_is_announced_from_then_on() -> None:
    window = a_window(after=48 * HOUR)
    assert windows.note_announced(window, at=timezone.now())
    assert not windows.note_announced(window, at=timezone.now())
    window.refresh_from_db()
    assert window.state == "announced"
    assert list(Window.objects.to_show()) == [window]
    assert not windows.note_announced(a_window("freeze"), at=timezone.now())


def test_ending_cancels_what_is_ahead_and_ends_what_is_in_force() -> None:
    now = timezone.now()
    ahead = windows.plan("freeze", "Later", starts_at=now + HOUR, ends_at=None, actor=ROOT)
    running = windows.plan("maintenance", "Now", starts_at=now - HOUR, ends_at=None, actor=ROOT)
    assert windows.end(ahead, actor=ROOT).state == "cancelled"
    assert windows.end(running, actor=ROOT).state == "over"
    with pytest.raises(Refused, match="nothing to end"):
        windows.end(running, actor=ROOT)
    assert AuditEvent.objects.filter(action="window.ended").count() == 2


def test_a_window_ahead_gets_other_times_and_its_record_keeps_the_old_ones() -> None:
    window = a_window()
    begins, ends = window.starts_at + 24 * HOUR, window.starts_at + 26 * HOUR
    moved = windows.reschedule(window, begins, ends, actor=ROOT, version=1)
    assert (moved.starts_at, moved.ends_at, moved.version) == (begins, ends, 2)
    event = AuditEvent.objects.get(action="window.rescheduled")
    assert event.data["was_from"] == window.starts_at.isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )


def test_what_has_begun_is_extended_and_not_rescheduled() -> None:
    window = a_window(after=-MINUTE)
    assert window.ends_at is not None
    with pytest.raises(Refused, match="can be extended or ended"):
        windows.reschedule(window, timezone.now() + HOUR, None, actor=ROOT)
    later = window.ends_at + 30 * MINUTE
    assert windows.extend(window, later, actor=ROOT).ends_at == later
    for earlier in (later, later - MINUTE):
        with pytest.raises(Refused, match="it can only end later"):
            windows.extend(window, earlier, actor=ROOT)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (
            lambda window: windows.reschedule(window, window.starts_at, window.ends_at, actor=ROOT),
            "unchanged",
        ),
        (
            lambda window: windows.reschedule(
                window, window.starts_at + HOUR, window.ends_at + HOUR, actor=ROOT, version=7
            ),
            "stale",
        ),
        (lambda window: windows.extend(window, window.ends_at + HOUR, actor=ROOT, version=7), "stale"),
        (lambda window: windows.end(window, actor=ROOT, version=7), "stale"),
    ],
)
def test_what_changes_nothing_or_was_decided_on_an_old_picture_is_refused(
    act: Callable[[Window], object], code: str
) -> None:
    window = a_window()
    with pytest.raises(Refused) as caught:
        act(window)
    assert caught.value.code == code
    window.refresh_from_db()
    assert window.version == 1


def test_nothing_of_a_window_that_is_over_can_be_changed() -> None:
    window = windows.end(a_window(), actor=ROOT)
    for act in (
        lambda: windows.end(window, actor=ROOT),
        lambda: windows.extend(window, timezone.now() + 9 * HOUR, actor=ROOT),
        lambda: windows.reschedule(window, timezone.now() + HOUR, None, actor=ROOT),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.code == "window_over"


def test_without_an_end_there_is_nothing_to_extend() -> None:
    with pytest.raises(Refused, match="until somebody ends it"):
        windows.extend(a_window(lasts=None), timezone.now() + 9 * HOUR, actor=ROOT)


def test_who_may_not_change_windows_changes_none() -> None:
    window, viewer = a_window(), builders.acting(builders.a_person("vic", group="Viewer"))
    for act in (
        lambda: windows.end(window, actor=viewer),
        lambda: windows.extend(window, timezone.now() + 9 * HOUR, actor=viewer),
        lambda: windows.reschedule(window, timezone.now(), None, actor=viewer),
        lambda: windows.plan("freeze", "x", starts_at=timezone.now(), ends_at=None, actor=viewer),
    ):
        with pytest.raises(Forbidden):
            act()


def test_bad_input_names_the_field() -> None:
    now = timezone.now()
    with pytest.raises(Invalid) as caught:
        windows.plan("party", " ", starts_at=now, ends_at=now - HOUR, actor=ROOT)
    assert set(caught.value.fields) == {"kind", "title", "ends_at"}
    with pytest.raises(Invalid) as caught:
        windows.reschedule(a_window(), now + HOUR, now + HOUR, actor=ROOT)
    assert set(caught.value.fields) == {"ends_at"}


def test_the_database_holds_the_rules_as_well() -> None:
    now = timezone.now()
    for broken in (
        {"ends_at": now - HOUR},
        {"announced_at": now},
        {"kind": "party"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Window.objects.create(**{"kind": "freeze", "title": "x", "starts_at": now, **broken})


def test_every_change_is_told_to_those_who_remember_windows() -> None:
    window = a_window()
    windows.extend(window, timezone.now() + 9 * HOUR, actor=ROOT)
    windows.reschedule(window, timezone.now() + HOUR, None, actor=ROOT)
    windows.note_announced(window, at=timezone.now())
    windows.end(window, actor=ROOT)
    assert Change.objects.filter(topic=feed.WINDOWS).count() == 5


# --- a night on which the clocks change -----------------------------------------------------------------


def test_over_a_change_of_the_clocks_a_window_lasts_as_long_as_it_says(settings: Any) -> None:
    """In London on 29 March 2026 one o'clock is followed by two o'clock."""
    zone = ZoneInfo("Europe/London")
    begins = datetime(2026, 3, 29, 0, 30, tzinfo=zone)
    ends = datetime(2026, 3, 29, 2, 30, tzinfo=zone)
    with time_machine.travel(datetime(2026, 3, 28, 12, 0, tzinfo=UTC), tick=False), timezone.override(zone):
        window = windows.plan("maintenance", "Upgrade", starts_at=begins, ends_at=ends, actor=ROOT)
        shown = run("maintenance", "status").out
    assert "from 2026-03-29 00:30 GMT until 2026-03-29 02:30 BST" in shown
    window.refresh_from_db()
    assert window.ends_at is not None
    assert window.ends_at - window.starts_at == HOUR
    for at, state in (
        (datetime(2026, 3, 28, 23, 59, tzinfo=UTC), "planned"),
        (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), "announced"),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "in force"),
        (datetime(2026, 3, 29, 1, 29, tzinfo=UTC), "in force"),
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "over"),
    ):
        assert window.state_at(at) == state


# --- dry runs and the command ---------------------------------------------------------------------------


def writes_of(act: Callable[[], object]) -> list[str]:
    """The statements of an act that write, or that move a sequence."""
    with CaptureQueriesContext(
        connection,
    ) as found:
        act()
    verbs = ("INSERT", "UPDATE", "DELETE")
    return [query["sql"] for query in found if query["sql"].lstrip().upper().startswith(verbs)]


def test_a_dry_run_of_a_verb_sends_no_statement_that_writes() -> None:
    window, running = a_window(), a_window(after=-HOUR, lasts=2 * HOUR)
    now = timezone.now()
    before = every_row()
    for act in (
        lambda: windows.plan("freeze", "x", starts_at=now, ends_at=now + HOUR, actor=ROOT, dry_run=True),
        lambda: windows.end(window, actor=ROOT, dry_run=True),
        lambda: windows.end(running, actor=ROOT, dry_run=True),
        lambda: windows.reschedule(window, now + 5 * HOUR, None, actor=ROOT, dry_run=True),
        lambda: windows.extend(window, now + 9 * HOUR, actor=ROOT, dry_run=True),
    ):
        assert writes_of(act) == []
    assert every_row() == before


@pytest.mark.parametrize(
    "words",
    [
        ("on", "Index"),
        ("off",),
        ("schedule", "Upgrade", "--from", "2100-01-01", "--to", "2100-01-02"),
        ("reschedule", "ID", "--from", "2100-01-01", "--to", "2100-01-02"),
        ("extend", "ID", "--until", "2100-01-01"),
        ("cancel", "ID"),
    ],
)
def test_a_dry_run_of_the_command_sends_no_statement_that_writes(words: tuple[str, ...]) -> None:
    ahead = a_window()
    a_window(after=-MINUTE)
    given = [str(ahead.pk) if word == "ID" else word for word in words]
    before = every_row()
    assert writes_of(lambda: run("maintenance", *given, "--dry-run")) == []
    assert every_row() == before
    assert run("maintenance", *given).code == 0
    assert every_row() != before


def test_the_command_moves_extends_and_cancels_by_number() -> None:
    pk = str(a_window().pk)
    moved = run(
        "maintenance", "reschedule", pk, "--from", "2100-01-01T10:00", "--to", "2100-01-01T11:00", "--json"
    )
    assert (moved.document["startsAt"], moved.document["version"]) == ("2100-01-01T10:00:00Z", 2)
    extended = run("maintenance", "extend", pk, "--until", "2100-01-01T12:00")
    assert "until 2100-01-01 12:00 UTC" in extended.out
    assert run("maintenance", "cancel", pk, "--json").document["state"] == "cancelled"
    again = run("maintenance", "cancel", pk)
    assert (again.code, len(again.err.splitlines())) == (1, 1)
    for unknown in ("999999", "99999999999999999999"):
        assert "There is no window" in run("maintenance", "cancel", unknown).err


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_one_window_at_once_one_hears_that_it_changed() -> None:
    window = a_window()
    begins = [window.starts_at + hours * HOUR for hours in (5, 6)]
    found = at_once(
        *(lambda at=at: windows.reschedule(window, at, at + HOUR, actor=ROOT, version=1) for at in begins)
    )
    assert sorted(type(each).__name__ for each in found) == ["Refused", "Window"]
    assert AuditEvent.objects.filter(action="window.rescheduled").count() == 1
