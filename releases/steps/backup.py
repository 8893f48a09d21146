"""A backup of the portal's own database whose restore is proven."""

from operations.actor import Actor, Door
from operations.backups import creating, verifying
from operations.models import Backup
from releases.models import Step
from releases.steps.progress import Progress, done

ACTOR = Actor(door=Door.BEAT, label="deployments", grants=None)


def look(step: Step) -> Progress:
    """Make a backup and restore it into a scratch database, unless that was done since the deployment began.

    Where the database is so large that a task of the worker is too short for it, somebody does it with
    `manage.py backup create` and `verify` meanwhile. Raises Refused where either fails.
    """
    deployment = step.deployment
    proven = Backup.objects.proven().filter(created_at__gte=deployment.started_at).first()
    if proven is None:
        made = creating.create(actor=ACTOR, note=f"Before {deployment}")
        proven = verifying.verify(made, actor=ACTOR)
    note = f"The {proven} was made, restored into a scratch database and compared."
    return done(note, backup=str(proven), bytes=proven.size)
