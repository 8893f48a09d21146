"""How maintenance stands, for everybody: now, next, and what a banner says. Freezes are not in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from operations.models import Window
from operations.spelling import local_time
from releases.announcements import finding
from releases.models import Announcement

# More windows than these are not planned; what is in force comes first.
MOST = 50


@dataclass(frozen=True)
class Banner:
    """One line for the product to show, and until when it holds, where that is known."""

    kind: str
    text: str
    until: datetime | None


@dataclass(frozen=True)
class Standing:
    """Maintenance at one moment: what is in force, what comes next."""

    current: Window | None
    following: Window | None
    banner: Banner | None


def now_and_next(now: datetime) -> Standing:
    """How things stand at `now`, in two queries.

    Of several windows in force the one that ends last counts.
    ."""
    windows = Window.objects.maintenance().not_over(now).order_by("starts_at", "pk")[:MOST]
    running = [window for window in windows if window.starts_at <= now]
    ahead = [window for window in windows if window.starts_at > now]
    current = max(running, key=_end) if running else None
    following = ahead[0] if ahead else None
    return Standing(current, following, _banner(current, ahead, now))


def _end(window: Window) -> tuple[bool, datetime]:
    return window.ends_at is None, window.ends_at or window.starts_at


def _banner(current: Window | None, ahead: Sequence[Window], now: datetime) -> Banner | None:
    """Maintenance that holds comes before an incident, and that before maintenance that is announced."""
    if current is not None:
        until = f" until {local_time(current.ends_at)}" if current.ends_at else ""
        return Banner("maintenance", f"Maintenance is under way{until}: {current.title}", current.ends_at)
    incident = finding.for_product().filter(kind=Announcement.Kind.INCIDENT).first()
    if incident is not None:
        return Banner("incident", incident.title, incident.ends_at)
    announced = next((window for window in ahead if window.state_at(now) == "announced"), None)
    if announced is None:
        return None
    until = f" until {local_time(announced.ends_at)}" if announced.ends_at else ""
    said = f"Maintenance from {local_time(announced.starts_at)}{until}: {announced.title}"
    return Banner("maintenance", said, announced.starts_at)
