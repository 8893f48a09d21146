"""How many backups stay."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.backups import folders
from operations.models import Backup


def surplus(keep: int | None = None) -> list[Backup]:
    """The backups that are one too many, as they go: damaged, then unproven, then proven, oldest first.

    The newest proven one never goes, nor the newest of all, which has yet to be proved.
    """
    kept = list(Backup.objects.kept())
    safe = {kept[0].pk} if kept else set()
    safe |= {next((each.pk for each in kept if each.state == "proven"), 0)}
    order = ("damaged", "unproven", "proven")
    going = [each for each in reversed(kept) if each.pk not in safe]
    going.sort(key=lambda each: order.index(each.state))
    return going[: max(0, len(kept) - (settings.BACKUP_KEEP if keep is None else keep))]


def remove_surplus(*, actor: Actor) -> Sequence[Backup]:
    """Remove what is beyond BACKUP_KEEP, and the folders that an earlier removal left; return the rows."""
    removed = [each for each in surplus() if _remove(each, actor)]
    gone = set(Backup.objects.exclude(removed_at=None).values_list("name", flat=True))
    for folder in folders.all_complete():
        if folder.name in gone:
            folders.remove(folder.name)
    return removed


@transaction.atomic
def _remove(backup: Backup, actor: Actor) -> bool:
    """Note in the trail that one goes; False where somebody else was faster. Its folder goes afterwards."""
    if not Backup.objects.filter(pk=backup.pk, removed_at=None).update(removed_at=timezone.now()):
        return False
    audit.record("backup.removed", actor=actor, subject=backup, data={"was": backup.state})
    return True
