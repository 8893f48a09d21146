"""Maintenance windows are announced by the clock, and their announcements follow them."""

import logging
from datetime import datetime

from django.db import transaction

from operations import windows
from operations.actor import Actor, Door
from operations.errors import Refused
from operations.models import Window
from operations.models.windows import ANNOUNCED_BEFORE
from releases.announcements import publishing
from releases.announcements.drafts import MAIL, PRODUCT
from releases.models import Announcement

logger = logging.getLogger(__name__)

ACTOR = Actor(door=Door.BEAT, label="announcements", grants=frozenset({publishing.ADD, publishing.CHANGE}))
TEXT = "While it lasts, the product may be slow or may not answer. There is nothing that you have to do."


def announce_due(now: datetime) -> list[str]:
    """Announce the maintenance that begins within 30 minutes, and let announcements follow their windows.

    Each once, whoever else does the same at the same moment. Returns what was done, a line each.
    """
    begins = now + ANNOUNCED_BEFORE
    due = Window.objects.maintenance().not_over(now).filter(announced_at=None, starts_at__lte=begins)
    done = [f"announced {window}" for window in due.order_by("starts_at") if _announce(window, now)]
    told = Announcement.objects.unfinished().filter(window__isnull=False).select_related("window")
    for announcement in told.order_by("pk"):
        if announcement.window is not None:
            done += _follow(announcement, announcement.window, now)
    return done


@transaction.atomic
def _announce(window: Window, now: datetime) -> bool:
    """Publish the announcement of a window; False where somebody did.

    One that a person prepared for later goes out now. Maintenance that began at once is shown by the product
    and mailed to nobody: nobody could prepare for it.
    """
    if not windows.note_announced(window, at=now):
        return False
    prepared = Announcement.objects.unfinished().filter(window=window).first()
    if prepared is not None:
        publishing.go_out(prepared, actor=ACTOR)
        return True
    publishing.publish(
        actor=ACTOR,
        kind=Announcement.Kind.MAINTENANCE,
        title=window.title,
        text=TEXT,
        audience=Announcement.Audience.EVERYBODY,
        channels=(PRODUCT, MAIL) if window.starts_at > now else (PRODUCT,),
        window=window,
        key=f"window:{window.pk}",
    )
    return True


def _follow(announcement: Announcement, window: Window, now: datetime) -> list[str]:
    """Make an announcement say what its window does now; what was done."""
    state, done = window.state_at(now), ""
    moved = (announcement.starts_at, announcement.ends_at) != (window.starts_at, window.ends_at)
    try:
        if state == "cancelled" or (state == "over" and announcement.published_at is None):
            publishing.cancel(announcement, actor=ACTOR)
            done = "cancelled"
        elif state == "over":
            publishing.complete(announcement, actor=ACTOR)
            done = "completed"
        elif moved:
            publishing.change(announcement, actor=ACTOR, starts_at=window.starts_at, ends_at=window.ends_at)
            done = "changed"
    except Refused as refusal:
        # Somebody else did it, or the window moved on meanwhile: the next look sees what holds then.
        logger.info("the announcement of %s: %s", window, refusal.message)
    return [f"{done} the announcement of {window}"] if done else []
