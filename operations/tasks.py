"""Scheduled work of the floor. A message is only a nudge: running any of these twice has one effect.

Celery's fixup for Django closes database connections before and after each task.
"""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from operations import audit, feed, idempotency, mail, outbox
from operations.audit import Verification

logger = logging.getLogger(__name__)


@shared_task
def tick() -> None:
    """Every few seconds: seal what was recorded, deliver what is due."""
    # Mail must go out even when the sealer fails, and the failure must still be seen.
    try:
        audit.seal()
    finally:
        outbox.deliver_due({mail.KIND: mail.deliver})


@shared_task
def purge() -> None:
    """Hourly: drop answers kept for repeats, messages delivered long ago and changes long known."""
    dropped = idempotency.purge(), outbox.purge(), feed.purge()
    logger.info("dropped %s kept answers, %s delivered messages and %s announced changes", *dropped)


@shared_task
def verify_audit() -> None:
    """Daily: verify the trail and send its head outside, where nobody who can rewrite it can reach."""
    found = audit.verify()
    if found.faults:
        logger.critical("the audit trail is broken: %s", "; ".join(found.faults[:20]))
    else:
        logger.info("the audit trail is intact: %s events, head %s", found.sealed, found.head)
    if settings.AUDIT_HEAD_EMAIL:
        _send_head(found)


def _send_head(found: Verification) -> None:
    """Once a day for an intact trail, and once a day for a broken one."""
    today = timezone.localdate().isoformat()
    state = "BROKEN" if found.faults else "intact"
    subject = f"Audit trail {state}: {found.sealed} events on {today}"
    lines = [
        f"Head of the chain: {found.head}",
        f"Verify it with: manage.py audit verify --head {found.head}",
    ]
    if found.faults:
        lines = [f"THE AUDIT TRAIL IS BROKEN: {len(found.faults)} faults.", *found.faults[:100], "", *lines]
    payload = {"to": [settings.AUDIT_HEAD_EMAIL], "subject": subject, "body": "\n".join(lines)}
    outbox.put(mail.KIND, payload, key=f"audit-head:{today}:{state}")
