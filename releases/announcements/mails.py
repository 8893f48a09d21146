"""How an announcement leaves: one message for everybody it is mailed to, which becomes a mail for each.

A verb writes one row, however many are told. A job then makes a mail of it for each recipient, in batches:
one lane for each address, so that a mailbox that fails holds up no other, and a key for each state of the
announcement, so that nobody gets it twice, whoever is killed meanwhile. These mails are of a kind of their
own and delivered by that job: a message about an alert must not wait behind a hundred thousand of them.
"""

from collections.abc import Iterator
from datetime import timedelta

from operations import channels, outbox
from operations import mail as plain_mail
from operations.channels import Note, Tone
from operations.models import Channel, OutboxMessage
from releases.announcements import wording
from releases.announcements.wording import Event, Mail
from releases.models import Announcement, Recipient

KIND, TO_USER = "announcement", "announcement-mail"
BATCH = 2_000
# One message for a hundred thousand people takes half a minute.
LEASE = timedelta(minutes=6)
# One round of delivering: the other jobs of the same tick wait for it.
ROUND = timedelta(seconds=5)
TONES = {Event.COMPLETE: Tone.SUCCESS, Event.CANCELLED: Tone.SUCCESS}


def put(announcement: Announcement, event: Event, note: str = "") -> None:
    """Tell, in the caller's transaction, those who are told of this event, by mail and through channels."""
    if event == Event.COMPLETE and not tells_its_end(announcement):
        return
    mail = wording.mail(announcement, event, note)
    name = f"announcement:{announcement.pk}:{announcement.version}"
    if announcement.by_mail:
        payload = {"announcement": announcement.pk, "subject": mail.subject, "body": mail.body, "name": name}
        outbox.put(KIND, payload, key=name)
    for channel in Channel.objects.enabled().filter(announcements=announcement).order_by("pk"):
        channels.send(channel, _note(announcement, event, mail), key=f"{name}:channel:{channel.pk}")


def tells_its_end(announcement: Announcement) -> bool:
    """Whether people want to hear that it is over: of maintenance and incidents they do."""
    return announcement.kind in (Announcement.Kind.MAINTENANCE, Announcement.Kind.INCIDENT)


def said(count: int) -> str:
    """How many people, with the verb: "1 person is"."""
    return "1 person is" if count == 1 else f"{count:,} people are"


def send_due() -> tuple[int, int]:
    """Make the mails of what was announced, and send them for a while.

    Returns how many mails arrived, and how much failed and is tried again.
    """
    unmade = make_due()
    arrived, failed = outbox.deliver_due({TO_USER: plain_mail.deliver}, within=ROUND)
    return arrived, unmade + failed


def make_due() -> int:
    """Make the mails of what was announced; return how many announcements failed."""
    return outbox.deliver_due({KIND: fan_out}, lease=LEASE)[1]


def fan_out(message: OutboxMessage) -> None:
    """Put a mail for each recipient into the outbox, and go on where an earlier attempt was stopped."""
    payload = message.payload
    for batch in _batches(payload["announcement"], payload.get("after", 0)):
        OutboxMessage.objects.bulk_create(
            [_mail(recipient, payload) for recipient in batch], ignore_conflicts=True
        )
        message.payload = payload = {**payload, "after": batch[-1].pk}
        OutboxMessage.objects.filter(pk=message.pk).update(payload=payload)


def _batches(announcement: int, after: int) -> Iterator[list[Recipient]]:
    recipients = Recipient.objects.filter(announcement=announcement).order_by("pk")
    while batch := list(recipients.filter(pk__gt=after)[:BATCH]):
        after = batch[-1].pk
        yield batch


def _mail(recipient: Recipient, payload: dict[str, str]) -> OutboxMessage:
    return OutboxMessage(
        kind=TO_USER,
        payload={"to": [recipient.address], "subject": payload["subject"], "body": payload["body"]},
        key=f"{payload['name']}:{recipient.pk}",
        lane=channels.USER_LANES + channels.mail_lane(recipient.address).removeprefix("mail:"),
    )


def _note(announcement: Announcement, event: Event, mail: Mail) -> Note:
    return Note(
        subject=mail.subject,
        text=mail.body,
        event=f"announcement.{event}",
        data={
            "id": announcement.pk,
            "kind": announcement.kind,
            "title": announcement.title,
            "state": announcement.state,
            "startsAt": announcement.starts_at,
            "endsAt": announcement.ends_at,
        },
        tone=TONES.get(event, Tone.WARNING),
        incident=f"announcement-{announcement.pk}",
    )
