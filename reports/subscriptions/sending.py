"""Reports whose time has come: made, archived and put into the outbox, each time once.

A document takes seconds to make, so that it is made before the transaction. In that, a conditional UPDATE
moves the subscription to its next time: of two workers one does, and archives the report and writes the mail
beside it. Whoever is killed before the commit leaves the subscription due.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from operations.actor import Actor, Door
from operations.errors import Refused
from reports import archive, documents, mails
from reports.documents import Period
from reports.models import Kind, Report, Subscription
from reports.reading import Document
from reports.subscriptions.drafts import timing_of
from rollout.models import Module

ACTOR = Actor(door=Door.BEAT, label="reports", grants=frozenset({archive.PERMISSION}))
# One round: the other jobs of the same tick wait for it. What is left is due with the next.
ROUND = timedelta(seconds=20)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """A report that is to be made."""

    kind: Kind
    module: Module
    period: Period

    def keep(self, document: Document, actor: Actor, subscription: Subscription | None = None) -> Report:
        """Archive its document."""
        since, until = self.period
        return archive.keep(
            self.kind,
            self.module,
            document,
            since=since,
            until=until,
            actor=actor,
            subscription=subscription,
        )


class NotSent(Exception):
    """Some reports could not be made; the others were sent."""


def send_due(now: datetime) -> int:
    """Send the reports that are due, for a while; return how many were put into the outbox.

    A subscription that missed its time more than once sends one report, on the last period. One whose report
    cannot be made stays due, and the others go on: raises NotSent at the end.
    """
    began, sent = time.monotonic(), 0
    made: dict[Wanted, Document] = {}
    failed: list[str] = []
    for subscription in Subscription.objects.due(now).select_related("module").order_by("next_at", "pk"):
        if time.monotonic() - began > ROUND.total_seconds():
            break
        try:
            sent += _send(subscription, now, made) is not None
        except Exception as error:
            logger.exception("the report of the subscription %s was not made", subscription.pk)
            failed.append(f"{subscription}: {type(error).__name__}")
    if failed:
        raise NotSent(f"{len(failed)} reports were not made: {'; '.join(failed)}")
    return sent


def key_of(report: int) -> str:
    """How the outbox knows the mail of a subscription's report."""
    return f"report:{report}"


def send_to_me(subscription: Subscription, *, actor: Actor) -> Report:
    """Make the report of the last period now, and mail it to the person who asks, and to nobody else.

    Raises Refused for who has no mail address; Forbidden as `archive.make` does.
    """
    address = actor.user.email if actor.user else ""
    if not address:
        raise Refused("no_address", "Your account has no mail address: ask an administrator to enter it.")
    actor.require(archive.PERMISSION, archive.TO_DO)
    wanted = _wanted(subscription, timezone.now())
    document = _made(wanted, timezone.now())
    with transaction.atomic():
        report = wanted.keep(document, actor)
        mails.put(document, [address], report=report)
    return report


def _send(subscription: Subscription, now: datetime, made: dict[Wanted, Document]) -> Report | None:
    timing = timing_of(subscription)
    # The time that it is due for, and not when somebody came by: whoever sends it, the period is the same.
    wanted = _wanted(subscription, max(timing.last_until(now), subscription.next_at))
    if wanted not in made:
        made[wanted] = _made(wanted, now)
    with transaction.atomic():
        mine = Subscription.objects.due(now).filter(
            pk=subscription.pk, next_at=subscription.next_at, version=subscription.version
        )
        if not mine.update(next_at=timing.next_after(now)):
            return None
        if subscription.reports.filter(until=wanted.period.until).exists():
            # Its hour was moved after this period had been sent.
            return None
        report = wanted.keep(made[wanted], ACTOR, subscription)
        mails.put(made[wanted], subscription.recipients, key=key_of(report.pk), report=report)
    return report


def _wanted(subscription: Subscription, at: datetime) -> Wanted:
    kind = Kind(subscription.kind)
    return Wanted(kind, subscription.module, documents.span_of(kind, at, subscription.module))


def _made(wanted: Wanted, now: datetime) -> Document:
    since, until = wanted.period
    return documents.build(wanted.kind, wanted.module, since=since, until=until, now=now)
