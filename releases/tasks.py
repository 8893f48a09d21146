"""Scheduled work of releases: `ops_portal.schedule` says when. Running any of these twice has one effect."""

from operations.actor import Actor, Door
from releases.deployments import advancing, rows

ACTOR = Actor(door=Door.BEAT, label="deployments", grants=frozenset({rows.DEPLOY}))


def advance_deployments() -> str:
    """Move every deployment under way."""
    return "; ".join(advancing.advance_due(actor=ACTOR))
