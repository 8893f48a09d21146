"""The verbs on files of tickets: read one, apply it, drop it.

All of a file becomes tickets, or nothing. Reporters get no mail of it, and one audit event tells of all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from feedback.imports import applying, fields, presets, staging
from feedback.imports.presets import NONE, Preset, Values
from feedback.imports.results import ImportResult
from feedback.imports.rows import Rules
from feedback.models import TicketImport
from feedback.tickets.story import TRIAGE
from feedback.tickets.submitting import PERMISSION
from operations import audit
from operations.actor import Actor
from operations.csv_files import columns, reading
from operations.csv_files.checking import Progress
from operations.csv_files.columns import Columns
from operations.csv_files.reading import DEFAULT_ENCODING, Table, Unreadable
from operations.errors import Invalid, NotFound, Refused

# Who imports says how tickets stand, and who owns them.
PERMISSIONS = (PERMISSION, TRIAGE)
# Any number that nothing else locks.
LOCK = 0x71CE7


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to read a file. What is given here goes before what the `preset` says.

    `mapping` gives the column of a field, `defaults` what stands where a column or a cell is missing, and
    `values`, by field, what its words stand for. Dates without a zone are in `time_zone` (default: the
    portal's), and those such as 03/04/2026 begin with the day, or with the month.
    """

    preset: str = NONE
    mapping: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    encoding: str = DEFAULT_ENCODING
    time_zone: str = ""
    month_first: bool = False


def import_csv(
    file: BinaryIO,
    *,
    source: str,
    actor: Actor,
    options: Options,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Make tickets of the rows of a CSV file, all of them or none.

    A row whose number (`externalId`) was imported before is counted and left as the team has it. A file with
    bad rows is not imported: the result names them. `progress` is called with the number of rows read. Raises
    Invalid for a file without the columns it needs and for options that are none.
    """
    batch = stage_csv(file, source=source, actor=actor, options=options, progress=progress)
    applied = False
    try:
        result = staging.result_of(batch, dry_run=dry_run)
        if result.errors or dry_run:
            return result
        result = apply(batch.pk, actor=actor)
        applied = True
        return result
    finally:
        if not applied:
            staging.drop(batch)


def stage_csv(
    file: BinaryIO, *, source: str, actor: Actor, options: Options, progress: Progress | None = None
) -> TicketImport:
    """Read a CSV file into staging, for `apply` to take from there; what is wrong in it waits as faults.

    The arguments and errors are those of `import_csv`. What is not applied within a day is purged.
    """
    _require(actor)
    preset = presets.preset_of(options.preset)
    rules = _rules(options, preset, by=actor.in_full)
    try:
        with reading.opened(file, options.encoding) as table:
            found = _columns(table, options, preset)
            batch = TicketImport.objects.create(source=source[:200], created_by=str(actor)[:200])
            try:
                staging.read_into(batch, table, found, rules, progress)
                if batch.read == 0 and not batch.faults.exists():
                    raise Invalid({"file": "has a header and no rows"})
            except BaseException:
                staging.drop(batch)
                raise
    except Unreadable as fault:
        raise Invalid({"file": f"line {fault.line} {fault.message}"}) from None
    return batch


@transaction.atomic
def apply(import_id: UUID, *, actor: Actor) -> ImportResult:
    """Make tickets of what was staged, and clear it away. The clocks of those that are open begin now.

    Raises NotFound when it was purged, and Refused when it was applied before or has faults.
    """
    _require(actor)
    if connection.vendor == "postgresql":
        # Two files that name the same report: the second one waits, and finds it there.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    batch = TicketImport.objects.select_for_update().filter(pk=import_id).first()
    if batch is None:
        raise NotFound("This import is no longer there (it is kept for a day): read the file again.")
    if batch.applied_at is not None:
        raise Refused("applied", f"{batch} was imported at {batch.applied_at:%Y-%m-%d %H:%M %Z} already.")
    if batch.faults.exists():
        raise Refused("faulty", f"{batch} has bad rows: correct them and read the file again.")
    done = applying.insert(batch)
    result = ImportResult(batch.read, done.created, done.kept, done.redacted)
    batch.applied_at = timezone.now()
    batch.result = result.counts()
    batch.save(update_fields=["applied_at", "result"])
    staging.clear(batch)
    audit.record(
        "tickets.imported", actor=actor, subject=batch, data={"source": batch.source, **result.counts()}
    )
    return result


def discard(import_id: UUID, *, actor: Actor) -> None:
    """Drop a staged import with its faults; one that is gone or was applied stays as it is."""
    _require(actor)
    for batch in TicketImport.objects.filter(pk=import_id, applied_at=None):
        staging.drop(batch)


def _require(actor: Actor) -> None:
    for permission in PERMISSIONS:
        actor.require(permission, "import tickets")


def _columns(table: Table, options: Options, preset: Preset) -> Columns:
    mapping = {**preset.mapping(table.header), **options.mapping}
    return columns.match(table.header, fields.FIELDS, mapping, {**preset.defaults, **options.defaults})


def _rules(options: Options, preset: Preset, *, by: str) -> Rules:
    """The rules that the options ask for. Raises Invalid."""
    faults = {}
    try:
        reading.codec_of(options.encoding)
    except (LookupError, ValueError):
        faults["encoding"] = f"{options.encoding!r} is no encoding, such as utf-8 or cp1252"
    try:
        zone = ZoneInfo(options.time_zone or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo(settings.TIME_ZONE)
        faults["time_zone"] = f"{options.time_zone[:60]!r} is no IANA time zone, such as Europe/London"
    faults |= {
        f"value {name}": f"is no field; the fields are {', '.join(fields.NAMES)}"
        for name in options.values
        if name not in fields.NAMES
    }
    if faults:
        raise Invalid(faults)
    values = {name: dict(words) for name, words in preset.values.items()}
    for name, words in options.values.items():
        values.setdefault(name, {}).update(
            {" ".join(said.lower().split()): meant for said, meant in words.items()}
        )
    return Rules(values, zone, month_first=options.month_first, by=by)
