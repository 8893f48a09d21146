"""The backup of every night, which the portal makes and proves by itself."""

import logging

from django.conf import settings

from operations.actor import Actor, Door
from operations.backups import creating, verifying
from operations.errors import Refused

# A worker's task ends after five minutes. What takes longer belongs to cron and the command.
MOST_BYTES = 2_000_000_000
ACTOR = Actor(door=Door.BEAT, label="back-up", grants=frozenset({creating.PERMISSION}))

logger = logging.getLogger(__name__)


def back_up() -> str:
    """Make a backup and prove it, where BACKUP_DAILY is on; what was done, in one line."""
    if not settings.BACKUP_DAILY:
        return ""
    try:
        if (size := creating.bytes_to_save()) > MOST_BYTES:
            raise Refused(
                "too_large",
                f"{size / 1e9:,.1f} GB are too much for a worker: set BACKUP_DAILY=false and let cron run "
                "`manage.py backup create --verify` every night",
            )
        backup = creating.create(actor=ACTOR)
        verifying.verify(backup, actor=ACTOR)
    except Refused as refusal:
        # Tried again tomorrow: what is missing is not there in a minute either.
        logger.error("no proven backup was made: %s", refusal.message)
        return f"no proven backup: {refusal.message}"
    return f"{backup} was made and proved: {backup.rows:,} rows, {backup.size / 1e6:,.1f} MB"
