"""Scheduled work of releases: `ops_portal.schedule` says when. Running any of these twice has one effect."""

from django.utils import timezone

from operations.actor import Actor, Door
from releases import templates
from releases.announcements import due, mails
from releases.checklists import proofs
from releases.deployments import advancing, rows

ACTOR = Actor(door=Door.BEAT, label="deployments", grants=frozenset({rows.DEPLOY}))


def advance_deployments() -> str:
    """Move every deployment under way."""
    return "; ".join(advancing.advance_due(actor=ACTOR))


def prove_checklists() -> str:
    """Let the portal tick what it can prove, and open again what does not hold any more."""
    return "; ".join(proofs.prove_due())


def refresh_templates() -> str:
    """Write the built-in templates that are missing or older than their files."""
    templates.refresh()
    return ""


def settle_announcements() -> str:
    """Announce maintenance that is near, publish what is due and complete what is over."""
    return "; ".join(due.settle(timezone.now()))


def mail_announcements() -> str:
    """Make a mail for each recipient of what was announced, and send some of them."""
    arrived, failed = mails.send_due()
    return f"{arrived} mails to users arrived, {failed} failed" if arrived or failed else ""


def forget_recipients() -> str:
    """Forget whom announcements were mailed to that ended 30 days ago."""
    gone = due.forget(timezone.now())
    return f"forgot {gone} recipients" if gone else ""
