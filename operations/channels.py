"""Channels: where the portal's messages go, their verbs, and the one way to say something through them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import ModuleType
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from operations import audit, mail, outbox
from operations.actor import Actor, Door
from operations.errors import Invalid, NotFound, Refused
from operations.models import Channel, OutboxMessage
from operations.outbox import Undeliverable
from operations.outgoing import signing
from operations.receivers import apprise, webhook
from operations.receivers import mail as mail_addresses

KIND = "channel"
LONGEST_ADDRESS = 1000
# The lanes of mails to the product's users begin so: that one of a thousand mailboxes is full is nothing for
# the team to be woken for.
USER_LANES = "user:"
LONGEST_OVERLAP = timedelta(days=30)
RECEIVERS: Mapping[str, ModuleType] = {
    Channel.Kind.MAIL: mail_addresses,
    Channel.Kind.APPRISE: apprise,
    Channel.Kind.WEBHOOK: webhook,
}
OUTBOX = Actor(door=Door.BEAT, label="outbox")


class Tone(StrEnum):
    """How a message sounds."""

    WARNING = "warning"
    FAILURE = "failure"
    SUCCESS = "success"


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is to be said, for every kind of channel.

    `text` is plain. `event` ("alert.fired") and `data` are what a webhook gets: JSON in camelCase, and never
    a text that a person typed, but for titles. `tone` and `incident` are for services that show colours, or
    keep incidents: what has the same `incident` is one there, and SUCCESS closes it.
    """

    subject: str
    text: str
    event: str
    data: Mapping[str, Any]
    tone: Tone = Tone.WARNING
    incident: str = ""


@dataclass(frozen=True)
class Added:
    """A new channel, and the secret that signs its messages: "" but for a webhook, and shown this once."""

    channel: Channel
    secret: str


def add(*, actor: Actor, name: str, kind: str, address: str) -> Added:
    """Add a channel. Raises Invalid for a name that is taken, an unknown kind, a bad address for it.

    The address is checked before the transaction begins: that may take a moment, and nobody should wait.
    """
    actor.require("operations.add_channel", "add channels")
    if kind not in RECEIVERS:
        raise Invalid({"kind": f"must be one of {', '.join(RECEIVERS)}"})
    name = name.strip()
    faults = _name_faults(name)
    address = _clean(kind, address, faults)
    if faults:
        raise Invalid(faults)
    secret = signing.new_secret() if kind == Channel.Kind.WEBHOOK else ""
    with transaction.atomic():
        channel = Channel.objects.create(
            name=name, kind=kind, address=address, secret=secret, created_by=str(actor)
        )
        about = {"kind": kind, "address": masked(channel)}
        audit.record("channel.added", actor=actor, subject=channel, data=about)
    return Added(channel, secret)


def change(channel: Channel, *, actor: Actor, name: str | None = None, address: str | None = None) -> Channel:
    """Give a channel another name or address; None leaves it. Raises Invalid as `add` does.

    Messages that wait go to the new address. A webhook keeps its secret.
    """
    actor.require("operations.change_channel", "change channels")
    faults: dict[str, str] = {}
    wanted = {}
    if name is not None:
        wanted["name"] = name.strip()
        faults |= _name_faults(wanted["name"], channel)
    if address is not None:
        wanted["address"] = _clean(channel.kind, address, faults)
    if faults:
        raise Invalid(faults)
    with transaction.atomic():
        channel = _locked(channel)
        changed = {field for field, value in wanted.items() if getattr(channel, field) != value}
        for field in changed:
            setattr(channel, field, wanted[field])
        channel.save(update_fields=changed)
        shown = {"name": channel.name, "address": masked(channel)}
        data = {field: shown[field] for field in sorted(changed)}
        audit.record("channel.changed", actor=actor, subject=channel, data=data)
    return channel


@transaction.atomic
def rotate(channel: Channel, *, actor: Actor, keep_old_for: timedelta = timedelta(days=1)) -> str:
    """Give a webhook a new secret and return it, shown this once; the old one signs as well for a while.

    Raises Refused for a channel of another kind, Invalid for a time below zero or above 30 days.
    """
    actor.require("operations.change_channel", "change channels")
    channel = _locked(channel)
    if channel.kind != Channel.Kind.WEBHOOK:
        raise Refused("no_secret", f"The channel {channel} has no secret: only webhooks are signed.")
    if not timedelta(0) <= keep_old_for <= LONGEST_OVERLAP:
        raise Invalid({"keep_old_for": f"must be 0 to {LONGEST_OVERLAP.days} days"})
    keeps = keep_old_for > timedelta(0)
    channel.old_secret = channel.secret if keeps else ""
    channel.old_secret_until = timezone.now() + keep_old_for if keeps else None
    channel.secret = signing.new_secret()
    channel.save(update_fields=["secret", "old_secret", "old_secret_until"])
    audit.record(
        "channel.rotated", actor=actor, subject=channel, data={"old_until": channel.old_secret_until}
    )
    return channel.secret


@transaction.atomic
def disable(channel: Channel, *, actor: Actor, reason: str) -> Channel:
    """Send nothing more through a channel; what waits for it is given up. Raises Refused if it is so."""
    actor.require("operations.change_channel", "change channels")
    if not 0 < len(reason.strip()) <= 300:
        raise Invalid({"reason": "must have 1 to 300 characters"})
    channel = _locked(channel)
    if channel.disabled_at:
        raise Refused("disabled", f"The channel {channel} is disabled already.")
    _disable(channel, reason.strip(), actor)
    return channel


@transaction.atomic
def enable(channel: Channel, *, actor: Actor) -> Channel:
    """Let a channel take messages again; those given up can be replayed. Raises Refused if it is enabled."""
    actor.require("operations.change_channel", "change channels")
    channel = _locked(channel)
    if not channel.disabled_at:
        raise Refused("enabled", f"The channel {channel} is enabled.")
    channel.disabled_at, channel.disabled_why = None, ""
    channel.save(update_fields=["disabled_at", "disabled_why"])
    audit.record("channel.enabled", actor=actor, subject=channel)
    return channel


@transaction.atomic
def remove(channel: Channel, *, actor: Actor) -> None:
    """Remove a channel; what waits for it is given up. Raises Refused where something uses it."""
    actor.require("operations.delete_channel", "remove channels")
    channel = _locked(channel)
    audit.record("channel.removed", actor=actor, subject=channel, data={"kind": channel.kind})
    try:
        with transaction.atomic():
            channel.delete()
    except (ProtectedError, RestrictedError) as error:
        users = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
        names = sorted(f"the {each._meta.verbose_name} {each}" for each in users)
        raise Refused(
            "in_use", f"The channel {channel} is used by {', '.join(names)}: change or remove these first."
        ) from None


@transaction.atomic
def test(channel: Channel, *, actor: Actor) -> OutboxMessage:
    """Send a test message. Raises Refused for a channel that is disabled."""
    actor.require("operations.test_channel", "send test messages")
    channel = _locked(channel)
    if channel.disabled_at:
        raise Refused("disabled", f"The channel {channel} is disabled.")
    message = send(
        channel,
        Note(
            subject="Test message of the Ops Portal",
            text=f"This is a test of the channel {channel}. There is nothing to do.",
            event="channel.test",
            data={"channel": channel.name},
        ),
    )
    audit.record("channel.tested", actor=actor, subject=channel, data={"message": message.pk})
    return message


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
        "tone": str(note.tone),
        "incident": note.incident,
    }
    return outbox.put(KIND, payload, key=key, lane=lane_of(channel))


def send_mail(address: str, note: Note, *, key: str | None = None) -> OutboxMessage:
    """Put a note for one mail address, such as a contact's own, into the caller's transaction."""
    payload = {"to": [address], "subject": note.subject, "body": note.text}
    return outbox.put(mail.KIND, payload, key=key, lane=mail_lane(address))


def deliver(message: OutboxMessage) -> None:
    """Deliver a message of the kind "channel". Raises what its receiver raises.

    A receiver that wants no more messages at all disables its channel.
    """
    channel = Channel.objects.filter(pk=message.payload["channel"]).first()
    if channel is None:
        raise Undeliverable("The channel was removed.")
    if channel.disabled_at:
        raise Undeliverable(f"The channel {channel} is disabled.")
    receive: Callable[[Channel, OutboxMessage], None] = RECEIVERS[channel.kind].deliver
    try:
        receive(channel, message)
    except webhook.Gone as gone:
        with transaction.atomic():
            now = _locked(channel)
            if now.disabled_at is None and now.address == channel.address:
                _disable(now, str(gone), OUTBOX)
        raise


def masked(channel: Channel) -> str:
    """A channel's address fit for a page or a log."""
    text: str = RECEIVERS[channel.kind].masked(channel.address)
    return text


def lane_of(channel: Channel) -> str:
    """The lane of all of a channel's messages."""
    return f"channel:{channel.pk}"


def mail_lane(address: str) -> str:
    """The lane of all messages for one mail address by itself."""
    lane = f"mail:{address.lower()}"
    digest = hashlib.sha256(lane.encode()).hexdigest()
    return lane if len(lane) <= outbox.LONGEST_LANE else f"mail:{digest[:40]}"


def _locked(channel: Channel) -> Channel:
    try:
        return Channel.objects.select_for_update().get(pk=channel.pk)
    except Channel.DoesNotExist:
        raise NotFound(f"There is no channel {channel} any more.") from None


def _disable(channel: Channel, why: str, actor: Actor) -> None:
    channel.disabled_at, channel.disabled_why = timezone.now(), why
    channel.save(update_fields=["disabled_at", "disabled_why"])
    audit.record("channel.disabled", actor=actor, subject=channel, reason=why)


def _clean(kind: str, address: str, faults: dict[str, str]) -> str:
    """The address as it is kept; a rule that it breaks goes into `faults`."""
    if len(address) > LONGEST_ADDRESS:
        faults["address"] = f"must have at most {LONGEST_ADDRESS} characters"
        return ""
    try:
        cleaned: str = RECEIVERS[kind].clean(address)
    except (ValueError, outbox.Failed) as fault:
        faults["address"] = str(fault)
        return ""
    return cleaned


def _name_faults(name: str, own: Channel | None = None) -> dict[str, str]:
    if not 0 < len(name) <= 100 or not name.isprintable():
        return {"name": "must have 1 to 100 printable characters"}
    others = Channel.objects.filter(name=name)
    if (others.exclude(pk=own.pk) if own else others).exists():
        return {"name": f"{name!r} is taken by another channel"}
    return {}
