"""What happens to announcements by the clock."""

import logging
from datetime import datetime, timedelta

from operations.errors import Refused
from releases.announcements import publishing, windows
from releases.announcements.windows import ACTOR
from releases.models import Announcement, Recipient

logger = logging.getLogger(__name__)

# Addresses are kept so long after an announcement has ended.
KEPT_FOR = timedelta(days=30)


def settle(now: datetime) -> list[str]:
    """Announce maintenance that is near, publish what is due and complete what is over; a line for each."""
    return [*windows.announce_due(now), *_publish(now), *_complete(now)]


def forget(now: datetime) -> int:
    """Forget whom announcements were mailed to that ended 30 days ago; return how many addresses."""
    before = now - KEPT_FOR
    ended = Announcement.objects.filter(cancelled_at__lt=before) | Announcement.objects.filter(
        completed_at__lt=before
    )
    return Recipient.objects.filter(announcement__in=ended.values("pk")).delete()[0]


def _publish(now: datetime) -> list[str]:
    done = []
    for announcement in Announcement.objects.to_go_out().filter(due_at__lte=now).order_by("due_at"):
        try:
            publishing.go_out(announcement, actor=ACTOR)
        except Refused as refusal:
            logger.info("%s", refusal.message)
        else:
            done.append(f"published {announcement}")
    return done


def _complete(now: datetime) -> list[str]:
    """Those of windows follow their window."""
    done = []
    over = Announcement.objects.current().filter(ends_at__lte=now, window=None)
    for announcement in over.order_by("ends_at"):
        try:
            publishing.complete(announcement, actor=ACTOR, version=announcement.version)
        except Refused as refusal:
            logger.info("%s", refusal.message)
        else:
            done.append(f"completed {announcement}")
    return done
