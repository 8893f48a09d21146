"""Restoring a backup, into another database or in the place of the portal's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from operations import audit
from operations.actor import Actor
from operations.backups import engines, finding, folders, manifests, media, registering, targets
from operations.backups.finding import Found
from operations.backups.folders import Progress, silent
from operations.backups.manifests import Manifest
from operations.errors import Refused
from operations.models import AuditEvent, Backup

PERMISSION = "operations.restore_backup"
TELL_RESTART = "Start the portal again: its processes remember what was in the database before."


@dataclass
class Restored:
    """What was restored, or would be: `lost` events of the trail are newer than the backup."""

    backup: str
    into: str
    tables: int
    rows: int
    files: int = 0
    replaced_tables: int = 0
    lost: int | None = 0
    to_do: list[str] = field(default_factory=list)
    refused: str = ""
    dry_run: bool = False


def restore(
    which: Backup | str | Path,
    *,
    actor: Actor,
    into: str = "",
    media_into: Path | None = None,
    force: bool = False,
    yes: bool = False,
    dry_run: bool = False,
    progress: Progress = silent,
) -> Restored:
    """Restore a backup `into` a database (a URL, or a SQLite file's path); "" is the portal's own.

    Another one must be empty unless `force`; the portal's own is replaced with `yes` only, its uploaded files
    are put back first, and the portal should be stopped. Files go below `media_into` otherwise, or stay where
    they are. The digests are compared before anything is touched; the database changes in one step or not at
    all. A dry run says what would happen, or be refused, and writes nothing. Call it outside a transaction.
    Raises Refused.
    """
    actor.require(PERMISSION, "restore backups")
    found = finding.find(which)
    manifest = found.manifest
    target = targets.parse(into, manifest.engine)
    if faults := manifests.faults(found.folder, manifest, digest=found.digest):
        raise Refused("backup_damaged", f"The backup {manifest.name} is damaged: {'; '.join(faults)}.")
    plan = _plan(manifest, target, media_into)
    plan.dry_run, refusal = dry_run, _refusal(plan, target, force=force, yes=yes)
    if dry_run:
        plan.refused = refusal.message if refusal else ""
    elif refusal:
        raise refusal
    else:
        _do(found, target, plan, actor, media_into, progress)
    return plan


def _refusal(plan: Restored, target: targets.Target, *, force: bool, yes: bool) -> Refused | None:
    if target.is_ours and not yes:
        return Refused("not_confirmed", f"{_warning(plan)} Say --yes to do it.")
    if plan.replaced_tables and not target.is_ours and not force:
        held = f"{target.shown} holds {plan.replaced_tables} tables"
        return Refused("not_empty", f"{held}: name an empty database, or say --force.")
    return None


def _do(
    found: Found,
    target: targets.Target,
    plan: Restored,
    actor: Actor,
    media_into: Path | None,
    progress: Progress,
) -> None:
    if place := _media_place(target, media_into):
        # First, so that no row is there whose file is not.
        with folders.told(place):
            plan.files = media.unpack(found.folder, place, progress)
    if target.is_ours:
        connection.close()

    def record(alias: str) -> None:
        try:
            _record(found.manifest, plan, actor, alias)
        except DatabaseError as error:
            fault = str(error).strip().splitlines()[0]
            plan.to_do.append(
                f"No event stands in the restored trail, whose tables are of another time: {fault}"
            )

    engine = engines.named(found.manifest.engine)
    notes = engine.replace(target.settings, found.folder / engine.FILE, record)
    plan.to_do = [*notes, *plan.to_do]


def _plan(manifest: Manifest, target: targets.Target, media_into: Path | None) -> Restored:
    plan = Restored(
        backup=manifest.name,
        into=target.shown,
        tables=len(manifest.contents.row_counts),
        rows=manifest.contents.rows,
        files=manifest.media_files if _media_place(target, media_into) else 0,
        replaced_tables=len(engines.named(manifest.engine).holds(target.settings)),
        lost=_newer_events(manifest) if target.is_ours else 0,
    )
    if not _is_of_this_code(manifest.contents.migrations):
        plan.to_do.append(
            f"The backup is of version {manifest.portal_version or '?'}: run `manage.py migrate`, "
            "or the code of that version."
        )
    if target.is_ours:
        plan.to_do.append(TELL_RESTART)
    elif not plan.files and manifest.media_files:
        plan.to_do.append(f"{manifest.media_files} uploaded files were not restored: --media says where to.")
    return plan


def _newer_events(manifest: Manifest) -> int | None:
    """Events of the portal's trail that came after the backup; None where the database cannot tell."""
    try:
        return AuditEvent.objects.filter(at__gt=manifest.created_at).count()
    except DatabaseError:
        return None


def _warning(plan: Restored) -> str:
    lost = {None: "what came after it would be lost", 0: "nothing was recorded after it"}.get(
        plan.lost, f"{plan.lost} events were recorded after it, and what they tell of would be lost"
    )
    return f"The portal's own database would be replaced by the backup {plan.backup}; {lost}."


def _media_place(target: targets.Target, media_into: Path | None) -> Path | None:
    return media_into or (Path(settings.MEDIA_ROOT) if target.is_ours else None)


def _is_of_this_code(newest: Mapping[str, str]) -> bool:
    """Whether the newest migrations are those of the code that runs."""
    ours: dict[str, Any] = {}
    for app, name in MigrationLoader(None).disk_migrations:
        ours[app] = max(name, ours.get(app, ""))
    return ours == dict(newest)


def _record(manifest: Manifest, plan: Restored, actor: Actor, alias: str) -> None:
    with transaction.atomic(using=alias):
        backup = registering.register(manifest, using=alias)
        data = {"rows": plan.rows, "files": plan.files, "lost": plan.lost, "auditHead": backup.audit_head}
        audit.record("backup.restored", actor=actor, subject=backup, data=data, using=alias)
