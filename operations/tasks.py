"""Scheduled work of the floor: `ops_portal.schedule` says when. Running any of these twice has one effect."""

import logging

from django.conf import settings
from django.utils import timezone

from operations import audit, channels, feed, idempotency, mail, outbox
from operations.audit import Verification

DELIVERERS = {mail.KIND: mail.deliver, channels.KIND: channels.deliver}

logger = logging.getLogger(__name__)


def seal() -> str:
    """Chain what was recorded."""
    sealed = audit.seal()
    return f"sealed {sealed} events" if sealed else ""


def deliver() -> str:
    """Deliver the messages that are due."""
    arrived, failed = outbox.deliver_due(DELIVERERS)
    return f"{arrived} messages arrived, {failed} failed" if arrived or failed else ""


def purge() -> str:
    """Drop answers kept for repeats, messages delivered long ago and changes long known."""
    answers, messages, changes = idempotency.purge(), outbox.purge(), feed.purge()
    return f"dropped {answers} kept answers, {messages} delivered messages, {changes} announced changes"


def verify_audit() -> Verification:
    """Verify the trail and send its head outside, where nobody who can rewrite it can reach."""
    found = audit.verify()
    if found.faults:
        logger.critical("the audit trail is broken: %s", "; ".join(found.faults[:20]))
    if settings.AUDIT_HEAD_EMAIL:
        _send_head(found)
    return found


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
    note = channels.Note(subject=subject, text="\n".join(lines), event="audit.head", data={})
    # In a lane of its own, like every mail: one that never arrives raises an alert.
    channels.send_mail(settings.AUDIT_HEAD_EMAIL, note, key=f"audit-head:{today}:{state}")
