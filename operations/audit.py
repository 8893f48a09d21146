"""The audit trail's only writer, its sealer, its verifier and its export.

`record` only inserts. A sealer chains what has committed, every few seconds and whenever the trail is
verified: a chain head that every writer locked would make all verbs wait for one another.
"""

import hashlib
import json
import secrets
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.utils import timezone

from operations.actor import Actor
from operations.errors import Refused
from operations.models import AuditEvent, AuditReason, AuditSeal
from operations.spelling import camel

GENESIS = "0" * 64
SEAL_BATCH = 1_000
# An event is looked for this long after it was written: no transaction that records one lasts a day.
SEAL_HORIZON = timedelta(days=1)
CHAIN_LOCK = 0x5EA1


def record(
    action: str,
    *,
    actor: Actor,
    subject: models.Model,
    data: Mapping[str, Any] | None = None,
    reason: str = "",
    using: str = DEFAULT_DB_ALIAS,
) -> AuditEvent:
    """Write one event in the caller's transaction; a free-text `reason` can be erased later."""
    event, salt = _event(action, subject, actor, data, reason)
    with transaction.atomic(using=using):
        event.save(using=using, force_insert=True)
        if reason:
            AuditReason.objects.using(using).create(event=event, text=reason, salt=salt)
    return event


@transaction.atomic
def record_all(
    action: str,
    *,
    actor: Actor,
    subjects: Iterable[models.Model],
    data: Mapping[str, Any] | None = None,
    reason: str = "",
) -> list[AuditEvent]:
    """Write an event about each of several things, which say the same of each: in two statements at most."""
    pairs = [_event(action, subject, actor, data, reason) for subject in subjects]
    events = AuditEvent.objects.bulk_create(event for event, _ in pairs)
    if reason:
        AuditReason.objects.bulk_create(
            AuditReason(event=event, text=reason, salt=salt) for event, salt in pairs
        )
    return events


def _event(
    action: str, subject: models.Model, actor: Actor, data: Mapping[str, Any] | None, reason: str
) -> tuple[AuditEvent, str]:
    """One event that is not saved, and the salt of its reason's digest."""
    salt = secrets.token_hex(16) if reason else ""
    event = AuditEvent(
        action=action,
        door=actor.door,
        actor=actor.label[:200],
        user_id=actor.user.pk if actor.user else None,
        on_behalf_of=actor.on_behalf_of[:200],
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject=str(subject)[:200],
        data=dict(data or {}),
        reason_digest=_reason_digest(salt, reason) if reason else "",
    )
    return event, salt


@transaction.atomic
def erase_reason(event: AuditEvent, *, actor: Actor) -> None:
    """Erase an event's free text for good; its digest stays in the sealed event.

    Raises Refused when the event has no text left to erase.
    """
    actor.require("operations.change_auditreason", "erase reasons")
    erased = AuditReason.objects.filter(event=event, erased_at=None).update(
        text="", salt="", erased_at=timezone.now()
    )
    if not erased:
        raise Refused("nothing_to_erase", "This event has no reason, or it was erased before.")
    record("audit.reason_erased", actor=actor, subject=event)


def erase_reasons_about(model: type[models.Model], pks: Iterable[Any]) -> int:
    """Erase the free texts of all events about these rows, in the caller's transaction; return how many.

    For a verb that erases the things themselves, and records that.
    """
    about = AuditEvent.objects.filter(
        subject_type=model._meta.label_lower, subject_id__in=[str(pk) for pk in pks]
    )
    reasons = AuditReason.objects.filter(event__in=about, erased_at=None)
    return reasons.update(text="", salt="", erased_at=timezone.now())


def seal(*, since: datetime | None = None) -> int:
    """Chain every committed event that has no seal yet and return how many there were.

    Looks back a day before the newest seal, or to `since`. Safe to run from several processes at once.
    """
    sealed = 0
    while count := _seal_batch(since):
        sealed += count
    return sealed


@transaction.atomic
def _seal_batch(since: datetime | None) -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    head = AuditSeal.objects.order_by("-sequence").first()
    events = AuditEvent.objects.filter(seal=None).order_by("id")
    if since is None and head is not None:
        since = head.sealed_at - SEAL_HORIZON
    if since is not None:
        events = events.filter(at__gte=since)
    sequence, digest = (head.sequence, head.digest) if head else (0, GENESIS)
    seals = []
    for event in events[:SEAL_BATCH]:
        sequence += 1
        digest = _link(digest, event)
        seals.append(AuditSeal(sequence=sequence, event=event, digest=digest))
    AuditSeal.objects.bulk_create(seals)
    return len(seals)


@dataclass
class Verification:
    """What `verify` found: how many events are sealed, the head of the chain, and every fault."""

    sealed: int = 0
    head: str = f"0:{GENESIS}"
    faults: list[str] = field(default_factory=list)


def verify(expected_head: str = "") -> Verification:
    """Seal what is waiting, then recompute the whole chain.

    `expected_head` is a head noted earlier ("SEQUENCE:DIGEST"); it must still be part of the chain, which
    is how a trail that was cut short and sealed anew is found.
    """
    seal(since=datetime.min.replace(tzinfo=UTC))
    return recompute(expected_head)


def recompute(expected_head: str = "", *, using: str = DEFAULT_DB_ALIAS) -> Verification:
    """What `verify` does without sealing first, and in a copy of the database as well. Writes nothing."""
    found = Verification()
    expected_sequence, _, expected_digest = expected_head.partition(":")
    digest, expected_seen = GENESIS, not expected_head
    seals = AuditSeal.objects.using(using).select_related("event__reason").order_by("sequence")
    for link in seals.iterator(chunk_size=SEAL_BATCH):
        found.sealed += 1
        if link.sequence != found.sealed:
            found.faults.append(f"seal {found.sealed} is missing: the next one is {link.sequence}")
            found.sealed = link.sequence
        elif link.digest != _link(digest, link.event):
            found.faults.append(
                f"event {link.event_id} (seal {link.sequence}) was changed after it was sealed"
            )
        if not _reason_holds(link.event):
            found.faults.append(f"the reason of event {link.event_id} was changed")
        digest = link.digest
        if str(link.sequence) == expected_sequence:
            expected_seen = link.digest == expected_digest
    if not expected_seen:
        found.faults.append(f"the head {expected_head} noted earlier is not part of this chain")
    found.head = f"{found.sealed}:{digest}"
    return found


def export(since: datetime | None = None) -> Generator[dict[str, Any], None, None]:
    """Every sealed event with its reason and seal, oldest first, in constant memory."""
    seals = AuditSeal.objects.select_related("event__reason").order_by("sequence")
    if since:
        seals = seals.filter(event__at__gte=since)
    for link in seals.iterator(chunk_size=SEAL_BATCH):
        reason = getattr(link.event, "reason", None)
        yield {
            **{camel(name): value for name, value in link.event.facts().items()},
            "reason": str(reason) if reason else "",
            "sequence": link.sequence,
            "digest": link.digest,
        }


def _link(previous: str, event: AuditEvent) -> str:
    facts = event.facts()
    # DjangoJSONEncoder drops microseconds.
    facts["at"] = event.at.astimezone(UTC).isoformat()
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder)
    return hashlib.sha256(f"{previous}{canonical}".encode()).hexdigest()


def _reason_digest(salt: str, reason: str) -> str:
    return hashlib.sha256(f"{salt}{reason}".encode()).hexdigest()


def _reason_holds(event: AuditEvent) -> bool:
    reason = getattr(event, "reason", None)
    if reason is None:
        return not event.reason_digest
    return reason.erased_at is not None or event.reason_digest == _reason_digest(reason.salt, reason.text)
