"""Announcements in every state, and people to tell, reached through the verbs."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from operations import windows
from operations.models import OutboxMessage, Window
from releases.announcements import mails, publishing
from releases.models import Announcement
from rollout.models import Member, Workspace
from tests.builders import ROOT

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def people(workspace: str, *emails: str, role: str = "pharmacist", active: bool = True) -> None:
    """Members of a workspace, which is made where it is not there."""
    row, _ = Workspace.objects.get_or_create(
        pk=workspace, defaults={"name": workspace, "tier": "professional", "status": "active"}
    )
    Member.objects.bulk_create(
        Member(workspace=row, member=f"{role}-{email}", role=role, email=email, active=active)
        for email in emails
    )


def announce(**given: Any) -> Announcement:
    """An announcement for everybody, shown and mailed, unless `given` says otherwise."""
    said: dict[str, Any] = {
        "kind": "info",
        "title": "A new look",
        "text": "The pages look new.",
        "audience": "everybody",
        "channels": ["product", "mail"],
        "actor": ROOT,
    }
    return publishing.publish(**{**said, **given})


def a_window(*, after: timedelta = 20 * MINUTE, lasts: timedelta | None = HOUR, **given: Any) -> Window:
    """Maintenance that begins `after` now."""
    begins = timezone.now() + after
    said = {"kind": "maintenance", "title": "Upgrade", "starts_at": begins, "actor": ROOT}
    said["ends_at"] = begins + lasts if lasts else None
    return windows.plan(**{**said, **given})


def an_end_of(announcement: Announcement, how: str) -> Announcement:
    """The announcement, cancelled or complete."""
    act = {"cancelled": publishing.cancel, "complete": publishing.complete}[how]
    return act(announcement, actor=ROOT)


def mailed() -> list[tuple[str, str]]:
    """Address and subject of every mail that was made, once what is due has been made."""
    mails.make_due()
    rows = OutboxMessage.objects.filter(kind=mails.TO_USER).order_by("created_at", "lane")
    return [(row.payload["to"][0], row.payload["subject"]) for row in rows]


def addressed(subject: str, made: Iterable[tuple[str, str]] | None = None) -> list[str]:
    """Who got a mail whose subject begins so."""
    return sorted(to for to, said in (mailed() if made is None else made) if said.startswith(subject))
