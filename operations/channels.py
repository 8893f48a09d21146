"""Channels: where the portal's messages go, and the one way to say something through them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from operations import mail, outbox
from operations.models import Channel, OutboxMessage

KIND = "channel"


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is to be said, for every kind of channel.

    `text` is plain. `event` ("alert.fired") and `data` are what a webhook gets: JSON in camelCase, and never
    a text that a person typed, but for titles.
    """

    subject: str
    text: str
    event: str
    data: Mapping[str, Any]


def send(channel: Channel, note: Note, *, key: str | None = None) -> OutboxMessage:
    """Put a note for a channel into the caller's transaction; with `key`, once for all time.

    What a channel is when it is delivered counts: one that was disabled or removed by then gets nothing, and
    the message is dead.
    """
    payload = {
        "channel": channel.pk,
        "subject": note.subject,
        "text": note.text,
        "event": note.event,
        "data": dict(note.data),
    }
    return outbox.put(KIND, payload, key=key, lane=lane_of(channel))


def send_mail(address: str, note: Note, *, key: str | None = None) -> OutboxMessage:
    """Put a note for one mail address, such as a contact's own, into the caller's transaction."""
    payload = {"to": [address], "subject": note.subject, "body": note.text}
    return outbox.put(mail.KIND, payload, key=key, lane=f"mail:{address}")


def lane_of(channel: Channel) -> str:
    """The lane of all of a channel's messages."""
    return f"channel:{channel.pk}"
