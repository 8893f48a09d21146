"""Scheduled work of releases: `ops_portal.schedule` says when. Running any of these twice has one effect."""

from operations.actor import Actor, Door
from releases import templates
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
