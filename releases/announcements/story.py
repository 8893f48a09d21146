"""What the verbs of announcements share: the locks, the guards, the mails and the one audit event."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from operations import audit, windows
from operations.actor import Actor
from operations.errors import Invalid, Refused
from operations.models import Window
from releases.announcements import audience, mails
from releases.announcements.drafts import text_faults, times_faults
from releases.announcements.wording import Event
from releases.models import Announcement

LONGEST_NOTE = 1_000


def hold(window: Window) -> Window:
    """Lock a window in the caller's transaction: always before its announcement."""
    return Window.objects.select_for_update().get(pk=window.pk)


def check_window(window: Window, *, lock: bool) -> None:
    """Raise Refused for a window that is over, or announced already."""
    window = hold(window) if lock else Window.objects.get(pk=window.pk)
    if window.has_ended:
        raise Refused("window_over", f"The window {window.title!r} is {window.state}.")
    if Announcement.objects.unfinished().filter(window=window).exists():
        raise Refused("announced", f"The window {window.title!r} is announced: change that announcement.")


def begin(announcement: Announcement, version: int | None, dry_run: bool, note: str = "") -> Announcement:
    """The row as it is now, locked unless this is a dry run. Raises Refused where it ended or changed."""
    if len(note) > LONGEST_NOTE or "\0" in note:
        raise Invalid({"note": f"must be text of at most {LONGEST_NOTE:,} characters"})
    rows = Announcement.objects.all() if dry_run else Announcement.objects.select_for_update()
    current = rows.get(pk=announcement.pk)
    if version is not None and version != current.version:
        raise Refused("stale", f"{current.title!r} changed since this was shown: look again.")
    if current.has_ended:
        raise Refused("ended", f"The announcement {current.title!r} is {current.state}.")
    return current


def check(announcement: Announcement, changed: Collection[str]) -> None:
    """Raise Invalid for texts and times that break a rule, Refused for times that are not its window's."""
    faults = text_faults(announcement.title, announcement.text)
    if {"starts_at", "ends_at"} & set(changed):
        faults |= times_faults(announcement.starts_at, announcement.ends_at)
        window = announcement.window
        own = (announcement.starts_at, announcement.ends_at)
        if window is not None and own != (window.starts_at, window.ends_at):
            raise Refused("of_window", f"The times are those of the window {window.title!r}: reschedule it.")
    if faults:
        raise Invalid(faults)


def go_out(announcement: Announcement, now: datetime, actor: Actor) -> Announcement:
    """Publish a row: tell people, note that its window is announced, and record it."""
    announcement.published_at = now
    announcement.save(update_fields=["published_at"])
    mailed = audience.enlist(announcement) if announcement.by_mail else 0
    mails.put(announcement, Event.PUBLISHED)
    if announcement.window is not None:
        windows.note_announced(announcement.window, at=now)
    record("published", announcement, actor, mailed=mailed)
    return announcement


def write(
    announcement: Announcement,
    event: Event,
    actor: Actor,
    dry_run: bool,
    told: bool,
    fields: list[str],
    note: str = "",
) -> Announcement:
    """Write `fields`, tell those who were `told` before, and record it; in a dry run nothing of that."""
    if dry_run:
        return announcement
    announcement.version += 1
    announcement.save(update_fields=[*fields, "version"])
    if told:
        mails.put(announcement, event, note)
    action = "completed" if event == Event.COMPLETE else str(event)
    record(action, announcement, actor, reason=note.strip())
    return announcement


def record(action: str, announcement: Announcement, actor: Actor, *, reason: str = "", **more: Any) -> None:
    """Write the one audit event of a verb."""
    data = {
        "kind": announcement.kind,
        "audience": announcement.audience,
        "from": announcement.starts_at,
        "to": announcement.ends_at,
        "version": announcement.version,
        **more,
    }
    audit.record(f"announcement.{action}", actor=actor, subject=announcement, data=data, reason=reason)
