"""Proving a backup: it is restored into a scratch database, and everything is compared."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, connections, models, transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.backups import (
    contents,
    creating,
    engines,
    finding,
    folders,
    keeping,
    manifests,
    media,
    registering,
)
from operations.backups.contents import Contents
from operations.backups.engines import programs
from operations.backups.finding import Found
from operations.backups.folders import Progress, silent
from operations.backups.scratch import connected
from operations.errors import Refused
from operations.models import Backup

# As many faults as a page and a message tell.
MOST_TOLD = 20


@dataclass
class Proof:
    """What a proof found. `absent`: files that rows name and that were not there to be saved."""

    faults: list[str] = field(default_factory=list)
    tables: int = 0
    rows: int = 0
    events: int = 0
    files: int = 0
    absent: int = 0

    def document(self) -> dict[str, Any]:
        return {**vars(self), "faults": self.faults[:MOST_TOLD], "faultCount": len(self.faults)}


def verify(which: Backup | str, *, actor: Actor, progress: Progress = silent) -> Backup:
    """Restore a backup beside the database, compare it with its manifest, and note what was found.

    Compares the digests of its files, the rows of every table, the newest migrations, the audit trail's
    whole chain and every uploaded file; the scratch database is gone afterwards, whatever happens. A backup
    that this database does not know yet gets its row. Call it outside a transaction. Raises Refused
    ("backup_damaged") after a fault was noted, and where nothing could be proved.
    """
    actor.require(creating.PERMISSION, "verify backups")
    row, proof = finding.row_of(which), Proof()
    if row and row.removed_at:
        raise Refused("backup_removed", f"The {row} was removed at {row.removed_at:%Y-%m-%d %H:%M} UTC.")
    try:
        found = finding.find(which)
    except Refused as refusal:
        if row is None:
            raise
        proof.faults.append(refusal.message.removesuffix("."))
    else:
        row = found.row or registering.register(found.manifest)
        proof = prove(found, progress=progress)
    row = _note(row, proof, actor)
    if proof.faults:
        raise Refused("backup_damaged", f"The {row} does not restore: {'; '.join(proof.faults[:MOST_TOLD])}.")
    keeping.remove_surplus(actor=actor)
    return row


def prove(found: Found, *, progress: Progress = silent) -> Proof:
    """Restore and compare, and write nothing but the scratch database and files."""
    manifest = found.manifest
    engine = engines.named(manifest.engine)
    if manifest.engine != connection.vendor:
        ours = f"this portal runs on {connection.vendor}"
        raise Refused("other_engine", f"The backup {manifest.name} is of {manifest.engine}, and {ours}.")
    engine.ready(connection)
    proof = Proof(files=manifest.media_files)
    # What is not even the file that was written is not worth a restore.
    if faults := manifests.faults(found.folder, manifest, digest=found.digest):
        return Proof(faults)
    with folders.draft("proof") as folder:
        try:
            with (
                engine.proof(connection, found.folder / engine.FILE, folder) as settings,
                connected(settings) as alias,
            ):
                proof.faults += engine.faults(connections[alias])
                proof.faults += _compared(contents.of(connections[alias]), manifest.contents, proof)
                proof.faults += _chain(alias, manifest.contents, proof)
                proof.absent = len(set(_named(alias)) - media.names(found.folder))
        except programs.Failed as failure:
            proof.faults.append(failure.message)
        except DatabaseError as error:
            fault = (str(error).strip().splitlines() or [type(error).__name__])[0]
            proof.faults.append(f"the restored database cannot be read: {fault}")
    proof.faults += media.faults(found.folder, progress)
    return proof


def _compared(found: Contents, expected: Contents, proof: Proof) -> Iterator[str]:
    proof.tables, proof.rows = len(found.row_counts), found.rows
    for table in sorted({*found.row_counts, *expected.row_counts}):
        now, then = found.row_counts.get(table), expected.row_counts.get(table)
        if now is None:
            yield f"the table {table} is missing"
        elif then is None:
            yield f"the table {table} was not in the database"
        elif now != then:
            yield f"the table {table} has {now:,} rows of {then:,}"
    if found.migrations != expected.migrations:
        yield "the newest migrations are others"


def _chain(alias: str, expected: Contents, proof: Proof) -> Iterator[str]:
    """Every event of the restored trail against its seal, and the last seal against the manifest."""
    chain = audit.recompute(using=alias)
    proof.events = chain.sealed
    yield from (f"audit trail: {fault}" for fault in chain.faults[:MOST_TOLD])
    if (chain.head if chain.sealed else "") != expected.audit_head:
        yield f"the head of the audit trail is {chain.head} and was {expected.audit_head or 'empty'}"


def _named(alias: str) -> Iterator[str]:
    """The uploaded files that the rows of a database name; one query for each model that has some."""
    there = set(contents.tables(connections[alias]))
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, models.FileField) and model._meta.db_table in there:
                rows = model._base_manager.using(alias).exclude(**{column.name: ""})
                yield from rows.values_list(column.name, flat=True).iterator()


@transaction.atomic
def _note(backup: Backup, proof: Proof, actor: Actor) -> Backup:
    now, damaged = timezone.now(), bool(proof.faults)
    backup.verified_at, backup.failed_at = (None, now) if damaged else (now, None)
    backup.verified_by, backup.verification = str(actor)[:200], proof.document()
    backup.save(update_fields=["verified_at", "failed_at", "verified_by", "verification"])
    action = "backup.found_damaged" if damaged else "backup.verified"
    audit.record(action, actor=actor, subject=backup, data=proof.document())
    return backup
