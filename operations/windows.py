"""Planning, moving and ending maintenance windows and freezes.

Every verb has a dry run, which checks the same and writes nothing: it returns the window as it would be,
not saved. Whoever remembers windows hears of each change through the feed (`feed.WINDOWS`).
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from operations import audit, feed
from operations.actor import Actor
from operations.errors import Invalid, Refused
from operations.models import Window
from operations.spelling import local_time

CHANGE = "operations.change_window"
LONGEST_TITLE = 200


@transaction.atomic
def plan(
    kind: str,
    title: str,
    *,
    starts_at: datetime,
    ends_at: datetime | None,
    actor: Actor,
    dry_run: bool = False,
) -> Window:
    """Plan a window from `starts_at` to `ends_at` (None: until it is ended by hand).

    Raises Invalid for an unknown kind, an empty title, or an end that is past or before the start.
    """
    actor.require("operations.add_window", "plan windows")
    faults = _times_faults(starts_at, ends_at)
    if kind not in Window.Kind.values:
        faults["kind"] = f"must be one of {', '.join(Window.Kind.values)}"
    if not 0 < len(title.strip()) <= LONGEST_TITLE:
        faults["title"] = f"must have 1 to {LONGEST_TITLE} characters"
    if faults:
        raise Invalid(faults)
    window = Window(
        kind=kind, title=title.strip(), starts_at=starts_at, ends_at=ends_at, created_by=str(actor)[:200]
    )
    if dry_run:
        return window
    window.save(force_insert=True)
    audit.record("window.planned", actor=actor, subject=window, data={"from": starts_at, "to": ends_at})
    feed.announce(feed.WINDOWS)
    return window


@transaction.atomic
def end(window: Window, *, actor: Actor, version: int | None = None, dry_run: bool = False) -> Window:
    """End a window: one in force is over now, one ahead is cancelled. Raises Refused when it is over."""
    actor.require(CHANGE, "end windows")
    window, now = _begin(window, version, dry_run), timezone.now()
    if window.has_ended:
        raise Refused(
            "window_over", f"The window {window.title!r} is {window.state}: there is nothing to end."
        )
    if window.starts_at >= now:
        window.cancelled_at = now
    else:
        window.ends_at = now
    return _write(window, "window.ended", actor, dry_run, ["cancelled_at", "ends_at"])


@transaction.atomic
def reschedule(
    window: Window,
    starts_at: datetime,
    ends_at: datetime | None,
    *,
    actor: Actor,
    version: int | None = None,
    dry_run: bool = False,
) -> Window:
    """Give a window that has not begun other times; who was told of the old ones hears of the new ones.

    Raises Invalid as `plan` does, Refused for one that has begun, is over or has these times already.
    """
    actor.require(CHANGE, "change windows")
    window = _begin(window, version, dry_run)
    if window.has_ended:
        raise Refused("window_over", f"The window {window.title!r} is {window.state}: plan another one.")
    if window.state == "in force":
        raise Refused(
            "window_begun", f"The window {window.title!r} is in force: it can be extended or ended."
        )
    if faults := _times_faults(starts_at, ends_at):
        raise Invalid(faults)
    if (window.starts_at, window.ends_at) == (starts_at, ends_at):
        raise Refused("unchanged", f"The window {window.title!r} has these times already.")
    was = {"was_from": window.starts_at, "was_to": window.ends_at}
    window.starts_at, window.ends_at = starts_at, ends_at
    return _write(window, "window.rescheduled", actor, dry_run, ["starts_at", "ends_at"], **was)


@transaction.atomic
def extend(
    window: Window, until: datetime, *, actor: Actor, version: int | None = None, dry_run: bool = False
) -> Window:
    """Let a window that is in force or ahead end later, at `until`.

    Raises Refused for one that is over, has no end, or ends no earlier: an end is brought forward by `end`.
    """
    actor.require(CHANGE, "change windows")
    window = _begin(window, version, dry_run)
    if window.has_ended:
        raise Refused("window_over", f"The window {window.title!r} is {window.state}: plan another one.")
    if window.ends_at is None:
        raise Refused("no_end", f"The window {window.title!r} has no end: it holds until somebody ends it.")
    if until <= window.ends_at:
        raise Refused(
            "not_later",
            f"The window {window.title!r} ends at {local_time(window.ends_at)}: it can only end later.",
        )
    was = window.ends_at
    window.ends_at = until
    return _write(window, "window.extended", actor, dry_run, ["ends_at"], was_to=was)


def note_announced(window: Window, *, at: datetime) -> bool:
    """Note in the caller's transaction that users were told of a window; False where they were before.

    Of two who tell at once one gets True, and the other waits for it.
    """
    unannounced = Window.objects.maintenance().filter(pk=window.pk, announced_at=None, cancelled_at=None)
    if not unannounced.update(announced_at=at):
        return False
    feed.announce(feed.WINDOWS)
    return True


def _begin(window: Window, version: int | None, dry_run: bool) -> Window:
    """The window as it is now, locked unless this is a dry run. Raises Refused when it changed since."""
    rows = Window.objects.all() if dry_run else Window.objects.select_for_update()
    current = rows.get(pk=window.pk)
    if version is not None and version != current.version:
        raise Refused("stale", f"The window {current.title!r} changed since this was shown: look again.")
    return current


def _write(
    window: Window, action: str, actor: Actor, dry_run: bool, fields: list[str], **data: datetime | None
) -> Window:
    if dry_run:
        return window
    window.version += 1
    window.save(update_fields=[*fields, "version"])
    times = {"from": window.starts_at, "to": window.ends_at}
    audit.record(action, actor=actor, subject=window, data={**times, **data})
    feed.announce(feed.WINDOWS)
    return window


def _times_faults(starts_at: datetime, ends_at: datetime | None) -> dict[str, str]:
    if ends_at and ends_at <= max(starts_at, timezone.now()):
        return {"ends_at": "must lie after the start and in the future"}
    return {}
