"""Planning and ending maintenance windows and freezes."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from operations.models import Window


@transaction.atomic
def plan(kind: str, title: str, *, starts_at: datetime, ends_at: datetime | None, actor: Actor) -> Window:
    """Plan a window from `starts_at` to `ends_at` (None: until it is ended by hand).

    Raises Invalid for an unknown kind, an empty title, or an end that is past or before the start.
    """
    actor.require("operations.add_window", "plan windows")
    faults = {}
    if kind not in Window.Kind.values:
        faults["kind"] = f"must be one of {', '.join(Window.Kind.values)}"
    if not 0 < len(title.strip()) <= 200:
        faults["title"] = "must have 1 to 200 characters"
    if ends_at and ends_at <= max(starts_at, timezone.now()):
        faults["ends_at"] = "must lie after the start and in the future"
    if faults:
        raise Invalid(faults)
    window = Window.objects.create(
        kind=kind, title=title.strip(), starts_at=starts_at, ends_at=ends_at, created_by=str(actor)
    )
    audit.record("window.planned", actor=actor, subject=window, data={"from": starts_at, "to": ends_at})
    return window


@transaction.atomic
def end(window: Window, *, actor: Actor) -> Window:
    """End a window: one in force is over now, one ahead is cancelled. Raises Refused when it is over."""
    actor.require("operations.change_window", "end windows")
    window = Window.objects.select_for_update().get(pk=window.pk)
    now = timezone.now()
    if window.state not in ("planned", "in force"):
        raise Refused(
            "window_over", f"The window {window.title!r} is {window.state}: there is nothing to end."
        )
    if window.starts_at >= now:
        window.cancelled_at = now
    else:
        window.ends_at = now
    window.save(update_fields=["cancelled_at", "ends_at"])
    audit.record("window.ended", actor=actor, subject=window)
    return window
