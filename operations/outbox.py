"""Side effects leave through here: put in a verb's transaction, delivered at least once by a task."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Refused
from operations.models import OutboxMessage

LEASE = timedelta(minutes=2)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=6)
MOST_ATTEMPTS = 22

logger = logging.getLogger(__name__)

Deliver = Callable[[OutboxMessage], None]


def put(kind: str, payload: Mapping[str, Any], *, key: str | None = None) -> None:
    """Put a message into the caller's transaction; with `key`, once for all time."""
    message = OutboxMessage(kind=kind, payload=dict(payload), key=key)
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=key is not None)


def deliver_due(deliverers: Mapping[str, Deliver], *, limit: int = 100) -> tuple[int, int]:
    """Deliver what is due of the kinds in `deliverers`; return how many arrived and how many failed.

    Each message is claimed by moving its due time to the end of a lease: of two workers one gets it, and
    if that one dies, it is due again. A failure is tried again after 30 s, doubling up to 6 h; after 22
    attempts (about three days) the message is dead.
    """
    arrived = failed = 0
    due = OutboxMessage.objects.waiting().filter(kind__in=deliverers, due_at__lte=timezone.now())
    for message in due.order_by("due_at")[:limit]:
        if not _claim(message):
            continue
        try:
            deliverers[message.kind](message)
        except Exception as error:  # noqa: BLE001 - whatever the far end does, the others go on
            logger.warning("outbox %s %s, attempt %s: %s", message.kind, message.id, message.attempts, error)
            _fail(message, error)
            failed += 1
        else:
            OutboxMessage.objects.filter(pk=message.pk, dead_at=None).update(
                delivered_at=timezone.now(), last_error=""
            )
            arrived += 1
    return arrived, failed


@transaction.atomic
def retry(message: OutboxMessage, *, actor: Actor) -> None:
    """Send a dead message again, with all its attempts. Raises Refused when it is not dead."""
    actor.require("operations.retry_outboxmessage", "send messages again")
    revived = (
        OutboxMessage.objects.filter(pk=message.pk)
        .dead()
        .update(dead_at=None, attempts=0, due_at=timezone.now())
    )
    if not revived:
        raise Refused("not_dead", "Only a message that was given up can be sent again.")
    audit.record("outbox.retried", actor=actor, subject=message)


def purge(older_than: timedelta = timedelta(days=30)) -> int:
    """Delete messages delivered longer ago than `older_than` and return how many there were."""
    return OutboxMessage.objects.filter(delivered_at__lt=timezone.now() - older_than).delete()[0]


def _claim(message: OutboxMessage) -> bool:
    now = timezone.now()
    mine = OutboxMessage.objects.waiting().filter(pk=message.pk, attempts=message.attempts, due_at__lte=now)
    if not mine.update(due_at=now + LEASE, attempts=F("attempts") + 1):
        return False
    message.attempts += 1
    return True


def _fail(message: OutboxMessage, error: Exception) -> None:
    now = timezone.now()
    wait = min(FIRST_RETRY * 2 ** (message.attempts - 1), LONGEST_RETRY)
    OutboxMessage.objects.waiting().filter(pk=message.pk).update(
        due_at=now + wait,
        last_error=f"{type(error).__name__}: {error}"[:500],
        dead_at=now if message.attempts >= MOST_ATTEMPTS else None,
    )
