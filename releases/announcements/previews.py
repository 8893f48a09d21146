"""Whom an announcement would reach, and what they would read."""

from collections.abc import Sequence
from dataclasses import dataclass

from operations.actor import Actor
from releases.announcements import audience, mails, wording
from releases.announcements.drafts import Draft
from releases.announcements.wording import Event, Mail
from releases.models import Announcement

SHOWN = 20


@dataclass(frozen=True)
class Preview:
    """`mails` is how many are mailed, `first` the first addresses of them; `mail` is what they get."""

    announcement: Announcement
    workspaces: int
    mails: int
    first: Sequence[str]
    channels: Sequence[str]
    mail: Mail

    @property
    def more(self) -> int:
        """How many addresses are not shown."""
        return self.mails - len(self.first)


def of_draft(draft: Draft, actor: Actor) -> Preview:
    """What publishing would do. Raises Invalid."""
    announcement = draft.row(actor)
    found: Sequence[str] = ()
    count = 0
    if announcement.by_mail:
        where = audience.workspaces(announcement.audience, announcement.module, draft.workspaces)
        addresses = audience.addresses(where, announcement.mail_roles)
        count, found = addresses.count(), list(addresses[:SHOWN])
    return Preview(
        announcement,
        audience.counted(announcement.audience, announcement.module, draft.workspaces),
        count,
        found,
        [str(channel) for channel in draft.own_channels],
        wording.mail(announcement, Event.PUBLISHED),
    )


def of_event(announcement: Announcement, event: Event, note: str = "") -> Preview:
    """Who would hear of a change, a cancellation or the end, as `announcement` would stand then."""
    tells = announcement.published_at is not None and (
        event != Event.COMPLETE or mails.tells_its_end(announcement)
    )
    recipients = announcement.recipients.order_by("address") if tells else announcement.recipients.none()
    return Preview(
        announcement,
        0,
        recipients.count(),
        list(recipients.values_list("address", flat=True)[:SHOWN]),
        [str(channel) for channel in announcement.channels.enabled()] if tells else [],
        wording.mail(announcement, event, note),
    )
