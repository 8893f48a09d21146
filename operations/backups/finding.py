"""Which backup is meant: by its name, by its folder's path, or the newest."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError

from operations.backups import folders, manifests
from operations.backups.manifests import Manifest
from operations.errors import NotFound, Refused
from operations.models import Backup


@dataclass(frozen=True)
class Found:
    """A backup on the disk; `row` is None where this database does not know it."""

    folder: Path
    manifest: Manifest
    row: Backup | None

    @property
    def digest(self) -> str:
        """What the manifest's digest must be, "" where nobody wrote it down."""
        return self.row.digest if self.row else ""


def find(which: Backup | str | Path) -> Found:
    """A backup by its row, its name below BACKUP_DIR, or a path; "" is the newest.

    Works without a database: it may be the one that is lost. Raises NotFound, or Refused for a damaged
    manifest.
    """
    folder = _folder(which)
    manifest = manifests.read(folder)
    row = which if isinstance(which, Backup) else _row(manifest.name)
    return Found(folder, manifest, row)


def row_of(which: Backup | str | Path) -> Backup | None:
    """The row of a backup, even where its folder is lost; None for one that this database does not know."""
    return which if isinstance(which, Backup) else _row(_folder(which).name)


def unknown() -> list[Found]:
    """Backups in BACKUP_DIR that this database does not know, newest first, as after a restore.

    Folders with a manifest of something else are left out.
    """
    known = set(Backup.objects.values_list("name", flat=True))
    found = []
    for folder in folders.all_complete():
        if folder.name not in known:
            with suppress(Refused):
                found.append(Found(folder, manifests.read(folder), None))
    return found


def _folder(which: Backup | str | Path) -> Path:
    if isinstance(which, Backup):
        return folders.root() / which.name
    if which == "":
        newest = next(iter(folders.all_complete()), None)
        if newest is None:
            raise NotFound(f"There is no backup in {folders.root()}.")
        return newest
    if isinstance(which, Path) or "/" in which or which.startswith("."):
        return Path(which).resolve()
    return folders.root() / which


def _row(name: str) -> Backup | None:
    try:
        return Backup.objects.filter(name=name).first()
    except DatabaseError:
        return None
