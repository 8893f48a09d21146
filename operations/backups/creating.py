"""Making a backup."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.backups import contents, engines, folders, keeping, manifests, media, registering
from operations.backups.folders import Progress, silent
from operations.backups.manifests import Manifest
from operations.errors import Invalid, Refused
from operations.models import Backup

PERMISSION = "operations.create_backup"
# Of what the database and the files take now, so much must be free.
HEADROOM = 1.1
NOTE_LENGTH = 500


@dataclass(frozen=True)
class Outlook:
    """What a backup would be made of: bytes to save, tables and rows, uploaded files' bytes, bytes free."""

    engine: str
    folder: Path
    database_bytes: int
    media_bytes: int
    free_bytes: int
    tables: int
    rows: int


def create(*, actor: Actor, note: str = "", progress: Progress = silent) -> Backup:
    """Save the database as it is at one moment, then the uploaded files; return the row of it.

    Others go on writing meanwhile. Whoever kills this leaves a draft behind that is never taken for a
    backup. Backups beyond BACKUP_KEEP are removed afterwards. `progress` hears the bytes as they are saved.
    Call it outside a transaction: it saves what has committed. Raises Invalid for a note that is too long,
    Refused where a program, the space or the permission to write is missing.
    """
    _may(actor, note)
    engine = engines.named(connection.vendor)
    engine.ready(connection)
    _require_space(engine.size(connection) + folders.size_of(_media()))
    folders.sweep()
    # The head that is written down then covers what was recorded so far.
    audit.seal()
    began = timezone.now()
    with folders.draft("draft") as draft, folders.told(draft):
        found = engine.dump(connection, draft / engine.FILE, progress)
        media_files = media.pack(_media(), draft, progress)
        files = {path.name: manifests.facts_of(path) for path in sorted(draft.iterdir())}
        manifest = Manifest(
            name=folders.new_name(began),
            engine=connection.vendor,
            created_at=began,
            created_by=str(actor),
            note=note.strip(),
            portal_version=registering.portal_version(),
            contents=found,
            files=files,
            media_files=media_files,
        )
        manifest = manifests.write(draft, manifest)
        folders.publish(draft, manifest.name)
    backup = _record(manifest, actor)
    keeping.remove_surplus(actor=actor)
    return backup


def outlook(*, actor: Actor, note: str = "") -> Outlook:
    """What `create` would do now, or why it would be refused. Writes nothing."""
    _may(actor, note)
    engine = engines.named(connection.vendor)
    engine.ready(connection)
    found = contents.of(connection)
    database_bytes, media_bytes = engine.size(connection), folders.size_of(_media())
    _require_space(database_bytes + media_bytes)
    return Outlook(
        engine=connection.vendor,
        folder=folders.root(),
        database_bytes=database_bytes,
        media_bytes=media_bytes,
        free_bytes=folders.free_bytes(),
        tables=len(found.row_counts),
        rows=found.rows,
    )


def bytes_to_save() -> int:
    """About how many bytes `progress` will hear of."""
    return engines.named(connection.vendor).size(connection) + folders.size_of(_media())


@transaction.atomic
def _record(manifest: Manifest, actor: Actor) -> Backup:
    backup = registering.register(manifest)
    data = {
        "bytes": manifest.size,
        "rows": manifest.contents.rows,
        "files": manifest.media_files,
        "digest": manifest.digest,
        "auditHead": manifest.contents.audit_head,
    }
    audit.record("backup.created", actor=actor, subject=backup, data=data)
    return backup


def _may(actor: Actor, note: str) -> None:
    actor.require(PERMISSION, "create backups")
    if len(note.strip()) > NOTE_LENGTH or not note.replace("\n", " ").isprintable():
        raise Invalid({"note": f"must be text of at most {NOTE_LENGTH} characters"})


def _require_space(wanted: int) -> None:
    if (free := folders.free_bytes()) < wanted * HEADROOM:
        raise Refused(
            "no_space",
            f"{folders.root()} has {free / 1e6:,.0f} MB free, and a backup may take {wanted / 1e6:,.0f} MB: "
            "make room there, lower BACKUP_KEEP, or set BACKUP_DIR to another disk.",
        )


def _media() -> Path:
    return Path(settings.MEDIA_ROOT)
