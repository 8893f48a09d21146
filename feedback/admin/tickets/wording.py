"""What the pages say of a ticket: how bad, how it stands, by when somebody owes what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import formats, timezone

from feedback.models import Ticket
from operations import spelling

SEVERITY_LABELS = {"critical": "danger", "high": "warning", "medium": "info", "low": ""}
STATE_LABELS = {
    "new": "warning",
    "triaged": "info",
    "assigned": "info",
    "in_progress": "info",
    "resolved": "success",
    "verified": "success",
    "closed": "",
    "duplicate": "",
    "declined": "",
    "reopened": "warning",
}
Mood = Literal["overdue", "today", "ahead", "waiting", "done", "late"]
# The kind of label that each is shown with.
MOODS: dict[Mood, str] = {
    "overdue": "danger",
    "today": "warning",
    "ahead": "",
    "waiting": "",
    "done": "success",
    "late": "warning",
}
MINUTE = timedelta(minutes=1)
DOORS = {
    "admin": "{}",
    "command": "{} on the command line",
    "api": "the key {}",
    "beat": "the portal",
}


@dataclass(frozen=True)
class Clock:
    """One of the two clocks of a ticket. `there` is its time on the workspace's wall, where that differs."""

    name: str
    mood: Mood
    chip: str
    by: datetime | None = None
    when: str = ""
    there: str = ""

    @property
    def label(self) -> str:
        return MOODS[self.mood]


def clocks_of(ticket: Ticket, now: datetime) -> list[Clock]:
    """Both clocks, the first response's first; none of a ticket that owes nothing and never did."""
    if ticket.quarantined_at is not None or ticket.merged_into_id is not None:
        return []
    pairs = (
        ("First response", "Answer", ticket.respond_by, ticket.responded_at),
        ("Resolution", "Resolve", ticket.resolve_by, ticket.resolved_at),
    )
    return [
        _clock(ticket, name, verb, by, done, now) for name, verb, by, done in pairs if by or done is not None
    ]


def chips_of(ticket: Ticket, now: datetime) -> list[Clock]:
    """What the inbox shows: the clocks that run, or that they stand still."""
    if not ticket.is_open:
        return []
    found = [clock for clock in clocks_of(ticket, now) if clock.mood not in ("done", "late")]
    return found[:1] if ticket.waiting_since else found


def _clock(
    ticket: Ticket, name: str, verb: str, by: datetime | None, done: datetime | None, now: datetime
) -> Clock:
    if by is None:
        return Clock(name, "done", "Done")
    when, there = moment(by, now), _there(ticket, by, now)
    if done is not None:
        if done <= by:
            return Clock(name, "done", "In time", by, when, there)
        return Clock(name, "late", f"{span(done - by)} late", by, when, there)
    if not ticket.is_open:
        return Clock(name, "ahead", "Not owed any more")
    if ticket.waiting_since is not None:
        return Clock(name, "waiting", f"Waits since {day(ticket.waiting_since, now)}")
    if by <= now:
        return Clock(name, "overdue", f"{verb}: {age(now - by)} late", by, when, there)
    if timezone.localdate(by) == timezone.localdate(now):
        return Clock(name, "today", f"{verb} by {timezone.localtime(by):%H:%M}", by, when, there)
    return Clock(name, "ahead", f"{verb} by {day(by, now)}", by, when, there)


def _there(ticket: Ticket, at: datetime, now: datetime) -> str:
    """A moment in the workspace's zone; "" where that is the portal's, or is not known."""
    name = ticket.workspace.time_zone if ticket.workspace else ""
    if not name:
        return ""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ""
    local = timezone.localtime(at, zone)
    return (
        ""
        if local.utcoffset() == timezone.localtime(at).utcoffset()
        else f"{local:%H:%M %Z}, {day(local, now, zone)}"
    )


def span(length: timedelta) -> str:
    """A length in its two largest units: "4 min", "1 h 5 min", "2 d 3 h"; at least a minute."""
    return spelling.span(max(length, MINUTE))


def age(length: timedelta) -> str:
    """A length in its largest unit alone: "5 d", "21 h", "4 min"."""
    first, unit, *_ = span(length).split()
    return f"{first} {unit}"


def moment(at: datetime, now: datetime) -> str:
    """A moment in the portal's zone, with the zone's name: "14:05 CET", else "Mon 22 Nov, 14:05 CET"."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    if local.date() == today.date():
        return formats.date_format(local, "H:i T")
    return formats.date_format(local, "D j M, H:i T" if local.year == today.year else "j M Y, H:i T")


def day(at: datetime, now: datetime, zone: ZoneInfo | None = None) -> str:
    """A day: "today", "Mon 22 Nov", or with the year where it is not this one's."""
    local, today = timezone.localtime(at, zone), timezone.localtime(now, zone)
    if local.date() == today.date():
        return "today"
    return formats.date_format(local, "D j M" if local.year == today.year else "j M Y")


def by_whom(label: str) -> str:
    """ "admin:ada" as "ada", and so on; "" is what happened by itself."""
    if not label:
        return "the portal"
    door, separator, name = label.partition(":")
    if name.startswith("reporter"):
        return "the reporter"
    return DOORS[door].format(name) if separator and door in DOORS else label


def joined(names: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
