"""Staging: checked rows wait beside the tables they are meant for, and are checked against one another.

Rows are written in chunks, each in its own transaction, so that a large file neither fills the memory nor
holds SQLite's one write lock. Nothing here touches a workspace.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from operations.csv_files import checking
from operations.csv_files.checking import Fault, Progress
from operations.csv_files.columns import Columns
from operations.csv_files.reading import Table
from rollout.imports import rows
from rollout.imports.results import MOST_SHOWN
from rollout.imports.rows import Row
from rollout.models import Import, ImportFault, StagedMember

# Below this PostgreSQL's own counting keeps up.
MANY = 10_000
KEPT_FOR = timedelta(days=1)

TABLE = StagedMember._meta.db_table
COLUMNS = ("batch_id", "line", "workspace", *Row._fields[1:])


def read_into(batch: Import, table: Table, columns: Columns, progress: Progress | None = None) -> None:
    """Stage every row of `table` and write down every fault; `batch.read` counts the rows."""
    for chunk in checking.chunks(table, columns, rows.check):
        batch.read += chunk.read
        with transaction.atomic():
            write(batch, chunk.rows)
            write_faults(batch, chunk.faults)
        if progress is not None:
            progress(batch.read)
    batch.save(update_fields=["read"])


def write(batch: Import, staged: Sequence[tuple[int, Row]]) -> None:
    """Stage rows with their lines: by COPY on PostgreSQL, which is several times as fast as INSERT."""
    if not staged:
        return
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {TABLE} ({names}) FROM STDIN") as copy:
                for line, row in staged:
                    copy.write_row((batch.pk, line, *row))
        else:
            marks = ", ".join(["%s"] * len(COLUMNS))
            key = key_of(batch)
            cursor.executemany(
                f"INSERT INTO {TABLE} ({names}) VALUES ({marks})",  # noqa: S608 - names of our own
                [(key, line, *row) for line, row in staged],
            )


def write_faults(batch: Import, faults: Iterable[Fault]) -> None:
    ImportFault.objects.bulk_create(
        (
            ImportFault(batch=batch, line=fault.line, field=fault.field, message=fault.message[:300])
            for fault in faults
        ),
        batch_size=checking.CHUNK,
    )


def key_of(batch: Import) -> Any:
    """The batch's id as the database stores it."""
    return Import._meta.pk.get_db_prep_value(batch.pk, connection)


def ids_of(batch: Import, *, most: int) -> list[str] | None:
    """The workspaces that are staged, each once; None where they are more than `most`."""
    ids = StagedMember.objects.filter(batch=batch).order_by("workspace").values_list("workspace", flat=True)
    found = list(ids.distinct()[: most + 1])
    return found if len(found) <= most else None


def faults_of(batch: Import) -> tuple[tuple[Fault, ...], int]:
    """The first faults in the order of the file, and how many there are."""
    found = batch.faults.order_by("line", "pk")
    first = tuple(Fault(*row) for row in found.values_list("line", "field", "message")[:MOST_SHOWN])
    return first, len(first) if len(first) < MOST_SHOWN else found.count()


def analyse(rows: int, *models: type[Model]) -> None:
    """After many new rows let PostgreSQL count them, or it plans for the tables as they were before."""
    if connection.vendor == "postgresql" and rows >= MANY:
        with connection.cursor() as cursor:
            for model in models:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def check_together(batch: Import, *, has_members: bool) -> None:
    """Write down the faults of rows that are right alone and wrong together.

    A file that names no members has one row a workspace. One that does repeats the workspace in each row,
    with the same values, and names each member once.
    """
    for check in (_DIFFERENT, _MEMBER_TWICE) if has_members else (_WORKSPACE_TWICE,):
        with connection.cursor() as cursor:
            cursor.execute(check, {"batch": key_of(batch)})


def drop(batch: Import) -> None:
    """Delete a batch with its staged rows and faults."""
    clear(batch)
    batch.delete()


def clear(batch: Import) -> None:
    """Delete a batch's staged rows and faults, by one statement each."""
    StagedMember.objects.filter(batch=batch).delete()
    ImportFault.objects.filter(batch=batch).delete()


def purge(now: datetime | None = None) -> int:
    """Delete what was staged more than a day ago and never applied; return how many batches there were.

    Staged rows of applied batches go too: a process that ended in between left them.
    """
    old = Import.objects.filter(created_at__lt=(now or timezone.now()) - KEPT_FOR)
    StagedMember.objects.filter(batch__in=old).delete()
    ImportFault.objects.filter(batch__in=old).delete()
    return old.filter(applied_at=None).delete()[0]


_FAULT_TABLE = ImportFault._meta.db_table

_WORKSPACE_TWICE = f"""
INSERT INTO {_FAULT_TABLE} (batch_id, line, field, message)
SELECT batch_id, line, 'id', workspace || ' stands on line ' || first_line || ' already'
FROM (
    SELECT batch_id, line, workspace, MIN(line) OVER (PARTITION BY workspace) AS first_line
    FROM {TABLE} WHERE batch_id = %(batch)s
) AS found
WHERE line > first_line
"""  # noqa: S608 - names of our own

_MEMBER_TWICE = f"""
INSERT INTO {_FAULT_TABLE} (batch_id, line, field, message)
SELECT batch_id, line, 'member',
    CASE WHEN member = '' THEN 'the workspace ' ELSE member || ' in ' END
    || workspace || ' stands on line ' || first_line || ' already'
FROM (
    SELECT batch_id, line, workspace, member,
        MIN(line) OVER (PARTITION BY workspace, member) AS first_line
    FROM {TABLE} WHERE batch_id = %(batch)s
) AS found
WHERE line > first_line
"""  # noqa: S608

# The columns that all rows of a workspace share, by the field's name outside.
_SHARED = {"name": "name", "tier": "tier", "status": "status", "region": "region", "timeZone": "time_zone"}


def _by_field(result: str) -> str:
    """A CASE over the first shared column in which a row differs from the first row of its workspace."""
    branches = " ".join(
        f"WHEN found.{column} <> origin.{column} THEN {result.format(field=field, column=column)}"
        for field, column in _SHARED.items()
    )
    return f"CASE {branches} END"


_DIFFERENT = f"""
INSERT INTO {_FAULT_TABLE} (batch_id, line, field, message)
SELECT found.batch_id, found.line, {_by_field("'{field}'")},
    SUBSTR('is ' || {_by_field("found.{column}")} || ' here and ' || {_by_field("origin.{column}")}
    || ' on line ' || origin.line || ' for the same workspace', 1, 300)
FROM {TABLE} AS found
JOIN (
    SELECT workspace, MIN(line) AS line FROM {TABLE} WHERE batch_id = %(batch)s
    GROUP BY workspace
    HAVING {" OR ".join(f"MIN({column}) <> MAX({column})" for column in _SHARED.values())}
) AS differing ON differing.workspace = found.workspace
JOIN {TABLE} AS origin
    ON origin.batch_id = %(batch)s AND origin.workspace = differing.workspace AND origin.line = differing.line
WHERE found.batch_id = %(batch)s
    AND ({" OR ".join(f"found.{column} <> origin.{column}" for column in _SHARED.values())})
"""  # noqa: S608
