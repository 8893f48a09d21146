"""One round: waiting notices become messages in the outbox, in one transaction, or nothing happens at all."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from monitoring.alerts.announcing import notes, pacing, waiting
from monitoring.alerts.announcing.pacing import Message, Plan
from monitoring.models import Alert, Dispatch, Notice
from operations import channels
from operations.models import OutboxMessage

# One announcer at a time: what it writes depends on what each receiver got before.
LOCK = 0xA7701


class Announced(NamedTuple):
    """How many messages were written, and of how many alerts they speak."""

    messages: int
    alerts: int


NOTHING = Announced(0, 0)


def announce() -> Announced:
    """Write the messages that are due, with what they said to whom, and settle their notices.

    It looks first without a lock, and looks again once it holds the alerts concerned: whoever changes an
    alert holds it too, so no notice is overlooked. Of two at once, one does nothing. One query when nothing
    waits; with something to say their number depends on the messages, not on the notices.
    """
    if not Notice.objects.filter(gathered_at=None).exists():
        return NOTHING
    now = timezone.now()
    seen = pacing.plan(now, waiting.cases(now))
    if not seen.alerts:
        return NOTHING
    with transaction.atomic():
        if not _alone():
            return NOTHING
        _lock(seen.alerts)
        now = timezone.now()
        return _write(pacing.plan(now, waiting.cases(now, alerts=seen.alerts)), now)


def _alone() -> bool:
    if connection.vendor != "postgresql":
        # SQLite has one writer.
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _lock(alerts: Collection[int]) -> None:
    """Hold these alerts, in the order in which signals hold them."""
    rows = Alert.objects.filter(pk__in=alerts).order_by("fingerprint").select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))


def _write(plan: Plan, now: datetime) -> Announced:
    written = notes.compose(plan, now)
    dispatches = [
        dispatch
        for message, note in zip(plan.messages, written, strict=True)
        for dispatch in _dispatches(message, _put(message, note), now)
    ]
    Dispatch.objects.bulk_create(dispatches)
    Notice.objects.filter(pk__in=plan.settled).update(gathered_at=now)
    return Announced(len(plan.messages), len({dispatch.alert_id for dispatch in dispatches}))


def _put(message: Message, note: channels.Note) -> OutboxMessage:
    receiver = message.receiver
    if receiver.channel is not None:
        return channels.send(receiver.channel, note)
    return channels.send_mail(receiver.name, note)


def _dispatches(message: Message, put: OutboxMessage, now: datetime) -> list[Dispatch]:
    channel = message.receiver.channel
    return [
        Dispatch(
            alert_id=entry.case.alert,
            kind=entry.kind,
            level=entry.case.level,
            channel_id=channel.pk if channel else None,
            to=message.receiver.name,
            digest=message.digest,
            message_id=put.pk,
            at=now,
        )
        for entry in message.entries
    ]
