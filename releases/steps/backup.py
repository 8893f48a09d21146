"""A backup of the portal's own database whose restore is proven."""

from operations.actor import Actor, Door
from operations.backups import creating, verifying
from releases.models import Step
from releases.steps.progress import Progress, done

ACTOR = Actor(door=Door.BEAT, label="deployments", grants=None)


def look(step: Step) -> Progress:
    """Make a backup and restore it into a scratch database. Raises Refused where either fails."""
    made = creating.create(actor=ACTOR, note=f"Before {step.deployment}")
    proven = verifying.verify(made, actor=ACTOR)
    note = f"The backup {proven} was made, restored into a scratch database and compared."
    return done(note, backup=str(proven), bytes=proven.size)
