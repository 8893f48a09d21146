"""Scheduled work of reports: `ops_portal.schedule` says when. Running any of these twice has one effect."""

from django.utils import timezone

from operations.actor import Actor, Door
from reports import archive
from reports.kpis import recording
from reports.subscriptions import sending

RECORDER = Actor(door=Door.BEAT, label="record-kpis")


def mail_reports() -> str:
    """Make, archive and mail the reports whose time has come."""
    sent = sending.send_due(timezone.now())
    return f"put {sent} report{'' if sent == 1 else 's'} into the outbox" if sent else ""


def forget_reports() -> str:
    """Forget reports that were made long ago."""
    gone = archive.forget(timezone.now())
    return f"forgot {gone} reports" if gone else ""


def record_kpis() -> str:
    """Write down each module's KPIs of the last full day, once."""
    return "; ".join(recording.record_due(timezone.now(), actor=RECORDER))
