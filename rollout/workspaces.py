"""The verbs on workspaces: import a file, take in a batch, edit one.

All of them go through the same rules and the same lock, and leave one audit event. None deletes a workspace.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from operations import audit, feed
from operations.actor import Actor
from operations.csv_files import reading
from operations.csv_files.checking import Progress
from operations.csv_files.reading import DEFAULT_ENCODING, Unreadable
from operations.errors import Invalid, NotFound, Refused
from rollout.imports import applying, batches, columns, effects, rows, staging
from rollout.imports.effects import Watched
from rollout.imports.results import ImportResult
from rollout.models import Import, Member, StagedMember, Workspace
from rollout.topics import WORKSPACES

EDITABLE = {"name": "name", "tier": "tier", "status": "status", "region": "region", "time_zone": "timeZone"}


def import_csv(
    file: BinaryIO,
    *,
    source: str,
    actor: Actor,
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    encoding: str = DEFAULT_ENCODING,
    confirm_loss: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Create and update workspaces and members from a CSV file, all of it or nothing; delete none.

    `mapping` gives the column of a field, `defaults` what stands where a column or a cell is missing; a
    field with neither stays as it is. `progress` is called with the number of rows read. A file with bad
    rows is not applied: the result names them. Raises Invalid for a file without the columns it needs, and
    Refused when it would take a module from more than 5 % of its cohort, unless `confirm_loss`.
    """
    batch = stage_csv(
        file,
        source=source,
        actor=actor,
        mapping=mapping,
        defaults=defaults,
        encoding=encoding,
        progress=progress,
    )
    applied = False
    try:
        errors, count = staging.faults_of(batch)
        if errors:
            return ImportResult(batch.read, errors=errors, error_count=count, dry_run=dry_run)
        result = apply(batch.pk, actor=actor, confirm_loss=confirm_loss, dry_run=dry_run)
        applied = not dry_run
        return result
    finally:
        if not applied:
            staging.drop(batch)


def stage_csv(
    file: BinaryIO,
    *,
    source: str,
    actor: Actor,
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    encoding: str = DEFAULT_ENCODING,
    progress: Progress | None = None,
) -> Import:
    """Read a CSV file into staging, for `apply` to take from there; what is wrong in it waits as faults.

    The arguments and errors are those of `import_csv`. What is not applied within a day is purged.
    """
    _require(actor)
    try:
        reading.codec_of(encoding)
    except (LookupError, ValueError):
        raise Invalid({"encoding": f"{encoding!r} is no encoding, such as utf-8 or cp1252"}) from None
    try:
        with reading.opened(file, encoding) as table:
            found = columns.match(table.header, mapping or {}, defaults or {})
            batch = Import.objects.create(
                source=source[:200], created_by=str(actor)[:200], result={"fields": sorted(found.given)}
            )
            try:
                staging.read_into(batch, table, found, progress)
                if batch.read == 0 and not batch.faults.exists():
                    raise Invalid({"file": "has a header and no rows"})
                staging.analyse(batch.read, StagedMember)
                staging.check_together(batch, has_members=columns.has_members(found))
            except BaseException:
                staging.drop(batch)
                raise
    except Unreadable as fault:
        raise Invalid({"file": f"line {fault.line} {fault.message}"}) from None
    return batch


def apply(
    import_id: UUID, *, actor: Actor, confirm_loss: bool = False, dry_run: bool = False
) -> ImportResult:
    """Apply what was staged, and clear it away; a dry run leaves it, and writes down what it found.

    Raises NotFound when it was purged, and Refused when it was applied before, has faults, or costs a module
    more than 5 % of its cohort without `confirm_loss`.
    """
    _require(actor)
    with transaction.atomic():
        watched = effects.watch()
        batch = Import.objects.select_for_update().filter(pk=import_id).first()
        if batch is None:
            raise NotFound("This import is no longer there (it is kept for a day): read the file again.")
        if batch.applied_at is not None:
            raise Refused("applied", f"{batch} was applied at {batch.applied_at:%Y-%m-%d %H:%M %Z} already.")
        if batch.faults.exists():
            raise Refused("faulty", f"{batch} has bad rows: correct them and read the file again.")
        result = _carry_out(
            batch,
            watched,
            given=frozenset(batch.result["fields"]),
            actor=actor,
            confirm_loss=confirm_loss,
            dry_run=dry_run,
        )
        if dry_run:
            transaction.set_rollback(True)
    if dry_run:
        Import.objects.filter(pk=import_id).update(result={**batch.result, "preview": result.as_dict()})
    else:
        staging.clear(batch)
    return result


def discard(import_id: UUID, *, actor: Actor) -> None:
    """Drop a staged import with its faults; one that is gone or was applied stays as it is."""
    _require(actor)
    for batch in Import.objects.filter(pk=import_id, applied_at=None):
        staging.drop(batch)


def upsert(
    batch: Sequence[Any],
    *,
    source: str,
    actor: Actor,
    confirm_loss: bool = False,
    dry_run: bool = False,
) -> ImportResult:
    """Create and update up to 10,000 workspaces, all of them or none.

    Each is a mapping of `id`, `name`, `tier`, `status`, `region`, `timeZone` and `members`, which is a list
    of `member`, `role`, `email`, `active`. Where `members` stands, it is the whole list: members that it does
    not name are removed. Raises Invalid that names every fault, and Refused as `import_csv` does.
    """
    _require(actor)
    incoming = batches.read(batch)
    with transaction.atomic():
        watched = effects.watch()
        batches.fill(incoming)
        record = Import.objects.create(source=source[:200], created_by=str(actor)[:200], read=len(batch))
        staging.write(record, incoming.staged)
        result = _carry_out(
            record,
            watched,
            given=frozenset(rows.FIELDS),
            with_members=incoming.with_members,
            actor=actor,
            confirm_loss=confirm_loss,
            dry_run=dry_run,
        )
        # A program sends batches all day: what each did stands in the trail.
        staging.drop(record)
        if dry_run:
            transaction.set_rollback(True)
    return result


@transaction.atomic
def edit(workspace: Workspace, *, actor: Actor, seen: datetime | None = None, **values: str) -> Workspace:
    """Change some of a workspace's `name`, `tier`, `status`, `region` and `time_zone`.

    `seen` is the `updated_at` that the asker was shown: Refused when it changed since. Raises Invalid for a
    value that breaks its rule; changes nothing when nothing differs.
    """
    actor.require("rollout.change_workspace", "edit workspaces")
    watched = effects.watch()
    workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
    if seen is not None and seen != workspace.updated_at:
        raise Refused("stale", f"{workspace} was changed since this was shown: look again.")
    before = {name: getattr(workspace, name) for name in values}
    wanted = {EDITABLE[name]: values.get(name, getattr(workspace, name)) for name in EDITABLE}
    row, faults = rows.check({"id": workspace.pk, **wanted})
    if faults:
        raise Invalid({name: faults[field] for name, field in EDITABLE.items() if field in faults})
    after = {name: getattr(row, name) for name in values}
    if after == before:
        return workspace
    for name, value in after.items():
        setattr(workspace, name, value)
    workspace.updated_at = timezone.now()
    workspace.save(update_fields=[*after, "updated_at"])
    effects.settle(watched)
    audit.record("workspace.edited", actor=actor, subject=workspace, data={"before": before, "after": after})
    feed.announce(WORKSPACES, [workspace.pk])
    return workspace


def _require(actor: Actor) -> None:
    actor.require("rollout.add_workspace", "import workspaces")
    actor.require("rollout.change_workspace", "import workspaces")


def _carry_out(
    batch: Import,
    watched: Sequence[Watched],
    *,
    given: Collection[str],
    actor: Actor,
    confirm_loss: bool,
    dry_run: bool,
    with_members: Sequence[str] = (),
) -> ImportResult:
    """Write what is staged, settle the cohorts, record it; the caller rolls a dry run back."""
    touched = applying.remove_members(batch, with_members)
    counts = applying.count(batch, given, touched)
    applying.upsert(batch, given)
    staging.analyse(counts.created + counts.updated, Workspace, Member)
    modules = effects.settle(watched)
    refusal = None if confirm_loss else effects.too_much(watched, modules)
    if refusal is not None and not dry_run:
        raise refusal
    result = ImportResult(
        read=batch.read,
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
        modules=modules,
        refusal=refusal.message if refusal else "",
        dry_run=dry_run,
    )
    if dry_run:
        return result
    data = {
        "source": batch.source,
        "read": result.read,
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "modules": {effect.module: {"gain": effect.gain, "lose": effect.lose} for effect in modules},
        "loss_confirmed": confirm_loss,
    }
    audit.record("workspaces.imported", actor=actor, subject=batch, data=data)
    batch.applied_at = timezone.now()
    batch.result = {**batch.result, "applied": data}
    batch.save(update_fields=["applied_at", "result"])
    if counts.created or counts.updated:
        feed.announce(WORKSPACES, staging.ids_of(batch, most=feed.MOST_KEYS))
    return result
