"""Side effects leave through here: put in a verb's transaction, delivered at least once by a task."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Refused
from operations.models import OutboxMessage

LEASE = timedelta(minutes=2)
# A round begins no further message after this long: its job's lease outlasts it and one receiver of 20 s.
ROUND = timedelta(seconds=25)
BATCH = 100
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=6)
# What is behind a message that fails waits at most this long, so that one which can never arrive holds
# nothing up for hours.
LONGEST_LANE_WAIT = timedelta(minutes=5)
MOST_ATTEMPTS = 22
LONGEST_ERROR = 500
LONGEST_LANE = 60

logger = logging.getLogger(__name__)

Deliver = Callable[[OutboxMessage], None]


class Failed(Exception):
    """What a deliverer raises when it can say in words why; anything else it raises is a failure as well."""


class TryLater(Failed):
    """The receiver asked to be left alone for a while; it is never asked again before that."""

    def __init__(self, after: timedelta, why: str = "The receiver asked to try again later.") -> None:
        super().__init__(why)
        self.after = after


class Undeliverable(Failed):
    """No further attempt can help: the message is dead at once, and what is behind it goes on."""


def put(kind: str, payload: Mapping[str, Any], *, key: str | None = None, lane: str = "") -> OutboxMessage:
    """Put a message into the caller's transaction; with `key`, once for all time, the first one returned.

    `lane` names the receiver in LONGEST_LANE characters at most, so that one which fails or hangs holds up
    none of the others.
    """
    message = OutboxMessage(kind=kind, payload=dict(payload), key=key, lane=lane)
    if key is None:
        message.save(force_insert=True)
        return message
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    return OutboxMessage.objects.get(key=key)


def deliver_due(
    deliverers: Mapping[str, Deliver], *, within: timedelta = ROUND, lease: timedelta = LEASE
) -> tuple[int, int]:
    """Deliver what is due of the kinds in `deliverers`; return how many arrived and how many failed.

    Each message is claimed by moving its due time to the end of a lease: of two workers one gets it, and
    if that one dies, it is due again. A failure is tried again after 30 s, doubling up to 6 h; after 22
    attempts (about three days) the message is dead. When one of a lane fails, the others of it wait too, for
    five minutes at most; a message that comes new is tried at once. Begins none after `within`.
    """
    arrived = failed = 0
    until = time.monotonic() + within.total_seconds()
    failing: set[str] = set()
    for message in _due(deliverers):
        if time.monotonic() > until:
            break
        if message.lane in failing or not _claim(message, lease):
            continue
        try:
            deliverers[message.kind](message)
        except Exception as error:  # noqa: BLE001 - whatever the far end does, the others go on
            logger.warning("outbox %s %s, attempt %s: %s", message.kind, message.id, message.attempts, error)
            if _fail(message, error) and message.lane:
                failing.add(message.lane)
            failed += 1
        else:
            OutboxMessage.objects.filter(pk=message.pk, dead_at=None).update(
                delivered_at=timezone.now(), last_error=""
            )
            arrived += 1
    return arrived, failed


@transaction.atomic
def replay(message: OutboxMessage, *, actor: Actor) -> None:
    """Send a message again that was delivered or given up: with the same id, and with all its attempts.

    Raises Refused while it waits to be delivered.
    """
    actor.require("operations.retry_outboxmessage", "send messages again")
    message = OutboxMessage.objects.select_for_update().get(pk=message.pk)
    if message.state == "waiting":
        raise Refused("waiting", "Only a message that was delivered or given up can be sent again.")
    was = message.state
    if message.delivered_at:
        message.payload.pop(DONE, None)
    message.delivered_at = message.dead_at = None
    message.attempts, message.due_at = 0, timezone.now()
    message.save(update_fields=["payload", "delivered_at", "dead_at", "attempts", "due_at"])
    audit.record("outbox.replayed", actor=actor, subject=message, data={"was": was})


DONE = "done"


def parts_done(message: OutboxMessage) -> frozenset[str]:
    """Which parts of a message arrived, of those that `note_done` noted."""
    return frozenset(message.payload.get(DONE, ()))


def note_done(message: OutboxMessage, part: str) -> None:
    """Note at once that one part of a message arrived (an address): the next attempt need not repeat it."""
    message.payload = {**message.payload, DONE: sorted({*parts_done(message), part})}
    OutboxMessage.objects.filter(pk=message.pk).update(payload=message.payload)


def purge(older_than: timedelta = timedelta(days=30)) -> int:
    """Delete messages delivered longer ago than `older_than` and return how many there were."""
    return OutboxMessage.objects.filter(delivered_at__lt=timezone.now() - older_than).delete()[0]


def _due(deliverers: Mapping[str, Deliver]) -> Iterator[OutboxMessage]:
    """What is due, the longest first, until nothing is."""
    seen: set[Any] = set()
    while True:
        due = OutboxMessage.objects.waiting().filter(kind__in=deliverers, due_at__lte=timezone.now())
        batch = [each for each in due.order_by("due_at", "created_at")[:BATCH] if each.pk not in seen]
        if not batch:
            return
        seen.update(each.pk for each in batch)
        yield from batch


def _claim(message: OutboxMessage, lease: timedelta) -> bool:
    now = timezone.now()
    mine = OutboxMessage.objects.waiting().filter(pk=message.pk, attempts=message.attempts, due_at__lte=now)
    if not mine.update(due_at=now + lease, attempts=F("attempts") + 1):
        return False
    message.attempts += 1
    return True


def _fail(message: OutboxMessage, error: Exception) -> bool:
    """Put a message off, or give it up; whether the others of its lane wait as well."""
    now = timezone.now()
    text = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
    given_up = isinstance(error, Undeliverable)
    asked = min(error.after, LONGEST_RETRY) if isinstance(error, TryLater) else timedelta(0)
    OutboxMessage.objects.waiting().filter(pk=message.pk).update(
        due_at=now + max(asked, _wait(message.attempts)),
        last_error=text[:LONGEST_ERROR],
        dead_at=now if given_up or message.attempts >= MOST_ATTEMPTS else None,
    )
    if message.lane and not given_up:
        _hold(message.lane, asked)
    return not given_up


def _hold(lane: str, asked: timedelta) -> None:
    """Let a lane wait: as long as was asked for, else longer with each failure of its messages."""
    waiting = OutboxMessage.objects.waiting().filter(lane=lane)
    attempts: int = waiting.aggregate(most=Max("attempts"))["most"] or 1
    until = timezone.now() + max(asked, min(_wait(attempts), LONGEST_LANE_WAIT))
    waiting.filter(due_at__lt=until).update(due_at=until)


def _wait(attempts: int) -> timedelta:
    return min(FIRST_RETRY * (1 << (attempts - 1)), LONGEST_RETRY)
