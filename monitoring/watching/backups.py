"""No proven backup for two nights is an alert: a disaster would cost more than was thought."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from monitoring.alerts.signals import Signal, take
from monitoring.levels import ERROR
from monitoring.models import Alert
from operations.models import Backup, ScheduledJob
from operations.spelling import local_time

# Two nights, and the time that the backup of the second one may take.
LATE_AFTER = timedelta(days=2, hours=1)
# The job that makes them every night, and at once in a new portal.
JOB = "back-up"


def watch() -> bool:
    """Raise the alert while there is no proven backup young enough, and resolve it when there is one.

    Where there never was one, somebody is told who lets the portal make them (BACKUP_DAILY). Returns whether
    the alert stands.
    """
    newest = Backup.objects.proven().first()
    late = timezone.now() - newest.created_at > LATE_AFTER if newest else _tried_in_vain()
    take([_signal(newest, firing=late)])
    return late


def _tried_in_vain() -> bool:
    tried = ScheduledJob.objects.filter(pk=JOB, last_done_at__isnull=False)
    return settings.BACKUP_DAILY and tried.exists()


def _signal(newest: Backup | None, *, firing: bool) -> Signal:
    last = f"The newest is of {local_time(newest.created_at)}." if newest else "There is none at all."
    return Signal(
        source=Alert.Source.PORTAL,
        cause="no-proven-backup",
        firing=firing,
        level=ERROR,
        title="No proven backup for two days",
        summary=f"No backup of the portal's database was made and restored for a proof. {last}",
        affected="Whoever relies on the portal's record after a disaster.",
        done="It is tried again every night." if settings.BACKUP_DAILY else "Nothing: BACKUP_DAILY is off.",
        advice="Run `manage.py backup create --verify`: it says what is missing. Then see docs/backups.md.",
        settle=timedelta(0),
    )
