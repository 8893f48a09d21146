"""What waits for a person: one thing each, and the order in which they are urgent. No query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import formats, timezone

from operations import spelling

# What nobody set a time for stands behind what is due within this, and before all that is due later.
PATIENCE = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for the reader: `key` names it for good, `url` is where it is decided.

    `due` is by when; None where nothing but the reader's decision is waited for. Of what is due alike, the
    lower `rank` stands first. What is `pressing` is owed at once and stands above all.
    """

    key: str
    icon: str
    what: str
    why: str
    url: str
    due: datetime | None = None
    rank: int = 1
    pressing: bool = False


@dataclass(frozen=True)
class Line:
    """A thing that waits, with its time in words and the kind of label that they are shown with."""

    item: Waiting
    when: str
    label: str


@dataclass(frozen=True)
class Ahead:
    """The next thing that will wait for the reader, where nothing does now."""

    what: str
    at: datetime

    @property
    def when(self) -> str:
        return moment(self.at, timezone.now())


def in_order(found: Iterable[Waiting], now: datetime) -> list[Waiting]:
    """The most urgent first: what is late or due soon, what may be decided at once, what is due later."""
    return sorted(
        found, key=lambda item: (not item.pressing, item.due or now + PATIENCE, item.rank, item.key)
    )


def lines(found: Iterable[Waiting], now: datetime) -> list[Line]:
    """The things in order, as the page shows them."""
    return [Line(item, *when(item.due, now)) for item in in_order(found, now)]


def moment(at: datetime, now: datetime) -> str:
    """A moment in the portal's zone: "14:05" of today, else "Mon 23 Nov, 14:05"."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    if local.date() == today.date():
        return formats.date_format(local, "H:i")
    return formats.date_format(local, "D j M, H:i" if local.year == today.year else "j M Y, H:i")


def when(due: datetime | None, now: datetime) -> tuple[str, str]:
    """By when something is due, and the kind of label that this is shown with.

    In words that stay the same for a while: the page is exchanged only where it reads differently.
    """
    if due is None:
        return "now", "info"
    if due <= now:
        number, unit, *_ = spelling.span(max(now - due, MINUTE)).split()
        return f"{number} {unit} late", "danger"
    return f"by {moment(due, now)}", "warning" if due <= now + PATIENCE else ""
