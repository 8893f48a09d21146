"""Erasing a ticket's texts for good: on demand, or when they were kept long enough. What is counted stays."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from feedback.lifecycle import OPEN
from feedback.models import (
    Attachment,
    Likeness,
    Merge,
    Message,
    Original,
    Resolution,
    SearchEntry,
    Ticket,
    TicketEvent,
)
from feedback.tickets import attaching, reasons, story
from operations import audit
from operations.actor import Actor
from operations.errors import Refused

PERMISSION = "feedback.erase_ticket"
ERASED = "Erased"
BATCH = 500
# What may say who somebody is, and what each becomes.
BLANK = {
    "title": ERASED,
    "description": "",
    "browser_info": "",
    "device_info": "",
    "steps": [],
    "expected_behavior": "",
    "actual_behavior": "",
    "reporter_name": "",
    "reporter_email": "",
    "reporter_locale": "",
    "quarantine_reason": "",
}


@transaction.atomic
def erase(ticket: Ticket, *, actor: Actor, reason: str) -> Ticket:
    """Erase what was written in a ticket and about it, its files and the reasons in the trail.

    Its sorting, its dates and its ratings stay, so that no figure of the past changes. Raises Refused for an
    open one, which somebody still has to read, and for one that was erased; Invalid.
    """
    actor.require(PERMISSION, "erase tickets")
    reason = reasons.needed(reason)
    told = story.begin(ticket, actor)
    if told.ticket.is_open:
        raise Refused("open", f"{told.ticket.reference} is open: close or decline it before you erase it.")
    _erase([told.ticket.pk])
    ticket.refresh_from_db()
    audit.record("ticket.erased", actor=actor, subject=ticket, reason=reason)
    return ticket


def erase_old(*, actor: Actor) -> int:
    """Erase tickets that nobody works on, and that did not change for FEEDBACK_RETENTION_DAYS; how many.

    Open ones stay. In batches of 500, each in a transaction of its own, with one audit event.
    """
    before = timezone.now() - timedelta(days=settings.FEEDBACK_RETENTION_DAYS)
    old = Ticket.objects.filter(changed_at__lt=before, erased_at=None)
    old = old.exclude(state__in=OPEN, quarantined_at=None).order_by("changed_at", "pk")
    erased = 0
    while batch := list(old[:BATCH]):
        with transaction.atomic():
            pks = [row.pk for row in batch]
            _erase(pks)
            data = {"tickets": len(pks), "older_than_days": settings.FEEDBACK_RETENTION_DAYS}
            audit.record("ticket.retention", actor=actor, subject=batch[0], data=data)
        erased += len(batch)
    return erased


def _erase(pks: Sequence[int]) -> None:
    """Erase these tickets' texts wherever they stand, set by set."""
    now = timezone.now()
    Ticket.objects.filter(pk__in=pks).update(**BLANK, erased_at=now)
    Message.objects.filter(ticket__in=pks).update(body="")
    TicketEvent.objects.filter(ticket__in=pks).update(text="", changes={})
    Resolution.objects.filter(ticket__in=pks).update(comment="")
    Merge.objects.filter(ticket__in=pks).update(reason="", undone_reason="", before=None)
    Original.objects.filter(ticket__in=pks).delete()
    SearchEntry.objects.filter(ticket__in=pks).delete()
    Likeness.objects.filter(ticket__in=pks).delete()
    Likeness.objects.filter(other__in=pks).delete()
    attaching.remove_all(Attachment.objects.filter(ticket__in=pks))
    audit.erase_reasons_about(Ticket, pks)
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket_id=pk, kind=TicketEvent.Kind.ERASED, at=now) for pk in pks
    )
