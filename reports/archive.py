"""The archive of reports: each is kept as it was when it was made, and forgotten after two years."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from reports import documents
from reports.models import Kind, Report, Subscription
from rollout.models import Module

PERMISSION = "reports.add_report"
TO_DO = "make reports"
KEPT_FOR = timedelta(days=731)


def make(
    kind: Kind,
    module: Module,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    actor: Actor,
    subscription: Subscription | None = None,
) -> Report:
    """Make a report on the usual period of its kind, unless both ends are given, and keep it.

    It is read before the transaction: that can take seconds, and locks nothing. Raises Forbidden, Invalid.
    """
    actor.require(PERMISSION, TO_DO)
    now = timezone.now()
    usual = documents.span_of(kind, now, module)
    since, until = since or usual.since, until or usual.until
    document = documents.build(kind, module, since=since, until=until, now=now)
    return keep(kind, module, document, since=since, until=until, actor=actor, subscription=subscription)


@transaction.atomic
def keep(
    kind: Kind,
    module: Module,
    document: Mapping[str, Any],
    *,
    since: datetime,
    until: datetime,
    actor: Actor,
    subscription: Subscription | None = None,
) -> Report:
    """Write a report's document down: one row, one audit event. Raises Forbidden."""
    actor.require(PERMISSION, TO_DO)
    made = Report.objects.create(
        kind=kind,
        module=module,
        since=since,
        until=until,
        document=dict(document),
        made_by=actor.in_full,
        subscription=subscription,
    )
    data = {
        "kind": str(kind),
        "module": module.key,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "subscription": subscription.pk if subscription else None,
    }
    audit.record("report.made", actor=actor, subject=made, data=data)
    return made


def forget(now: datetime | None = None) -> int:
    """Drop what was made more than two years ago; return how many reports that were."""
    old = Report.objects.older_than((now or timezone.now()) - KEPT_FOR)
    return old.delete()[0]
