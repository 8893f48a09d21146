"""What is said of an announcement: the subject and the text of its mails, and one line for a banner."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.utils import timezone

from operations.spelling import local_time
from releases.models import Announcement

Kind = Announcement.Kind
FOOTER = (
    "You get this because you are a member of a workspace that uses the product. "
    "Please do not answer: nobody reads this address."
)


class Event(StrEnum):
    """What happened to an announcement."""

    PUBLISHED = "published"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    COMPLETE = "complete"


@dataclass(frozen=True)
class Mail:
    """The subject and the text of a mail."""

    subject: str
    body: str


NAMES = {
    Kind.MAINTENANCE: "Planned maintenance",
    Kind.RELEASE: "New release",
    Kind.INCIDENT: "Incident",
    Kind.INFO: "Information",
}
LEADS = {
    Event.PUBLISHED: "",
    Event.CHANGED: "This has changed. What holds now:",
    Event.CANCELLED: "This is taken back:",
    Event.COMPLETE: "This is over:",
}
CANCELLED_MAINTENANCE = "This is cancelled and will not take place:"
SUBJECTS = {
    Event.PUBLISHED: "{name}: {title}",
    Event.CHANGED: "Changed: {title}",
    Event.CANCELLED: "Cancelled: {title}",
    Event.COMPLETE: "Done: {title}",
}


def mail(announcement: Announcement, event: Event, note: str = "") -> Mail:
    """The mail that tells of what happened; `note` is what a person added about it."""
    name = NAMES[Kind(announcement.kind)]
    subject = SUBJECTS[event].format(name=name, title=announcement.title)
    off = event == Event.CANCELLED and announcement.kind == Kind.MAINTENANCE
    told = [CANCELLED_MAINTENANCE if off else LEADS[event], announcement.title]
    if event in (Event.PUBLISHED, Event.CHANGED):
        told.append(announcement.text)
    told += [when(announcement.starts_at, announcement.ends_at), note.strip(), f"-- \n{FOOTER}"]
    return Mail(subject, "\n\n".join(filter(None, told)) + "\n")


def when(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """From when until when, in the portal's zone and, where that is another one, in UTC."""
    said = [
        f"From: {_moment(starts_at)}" if starts_at else "",
        f"Until: {_moment(ends_at)}" if ends_at else "",
    ]
    return "\n".join(filter(None, said))


def _moment(at: datetime) -> str:
    here, there = timezone.localtime(at), at.astimezone(UTC)
    if here.utcoffset() == there.utcoffset():
        return local_time(at)
    return f"{local_time(at)} ({there:%Y-%m-%d %H:%M} UTC)"
