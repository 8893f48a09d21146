"""Staging: checked rows wait beside the tickets, free of patient data, and are checked against one another.

They are written in chunks, each in its own transaction, so that a large file neither fills the memory nor
holds SQLite's one write lock. Nothing here touches a ticket.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from feedback.imports.results import MOST_SHOWN, ImportResult
from feedback.imports.rows import Row, Rules
from feedback.models import StagedTicket, Ticket, TicketImport, TicketImportFault
from feedback.tickets import story
from operations.csv_files import checking
from operations.csv_files.checking import Fault, Progress
from operations.csv_files.columns import Columns
from operations.csv_files.reading import Table

# Each may be long: these are in memory at once.
BATCH = 500
FIRST_ROWS = 10
KEPT_FOR = timedelta(days=1)

_COLUMNS = {field.attname: field for field in story.FIELDS}
_STAGED = StagedTicket._meta.db_table
_FAULTS = TicketImportFault._meta.db_table


def read_into(
    batch: TicketImport, table: Table, columns: Columns, rules: Rules, progress: Progress | None = None
) -> None:
    """Stage every row of `table` and write down every fault; `batch.read` counts the rows."""
    for chunk in checking.chunks(table, columns, rules.check, size=BATCH):
        batch.read += chunk.read
        with transaction.atomic():
            StagedTicket.objects.bulk_create(
                (_staged(batch, line, row) for line, row in chunk.rows), batch_size=BATCH
            )
            _write_faults(batch, chunk.faults)
        if progress is not None:
            progress(batch.read)
    batch.save(update_fields=["read"])
    with connection.cursor() as cursor:
        cursor.execute(_TWICE, {"batch": TicketImport._meta.pk.get_db_prep_value(batch.pk, connection)})


def result_of(batch: TicketImport, *, dry_run: bool) -> ImportResult:
    """What is staged: its faults, the first of them by name, or what applying it would do."""
    count = batch.faults.count()
    if count:
        first = batch.faults.order_by("line", "pk").values_list("line", "field", "message")[:MOST_SHOWN]
        errors = tuple(Fault(*each) for each in first)
        return ImportResult(batch.read, errors=errors, error_count=count, dry_run=dry_run)
    staged = StagedTicket.objects.filter(batch=batch)
    there = Ticket.objects.filter(external_id=OuterRef("external_id"))
    new = staged.filter(~Exists(there))
    created = new.count()
    return ImportResult(
        read=batch.read,
        created=created,
        kept=staged.count() - created,
        redacted=new.exclude(originals=[]).count(),
        dry_run=dry_run,
    )


def first_of(batch: TicketImport, most: int = FIRST_ROWS) -> list[tuple[int, Ticket, list[str]]]:
    """The first rows that are staged: each with its line, the ticket that it becomes, and its tags."""
    rows = StagedTicket.objects.filter(batch=batch).order_by("line")[:most]
    return [(row.line, ticket_of(row), row.extra["tags"]) for row in rows]


def ticket_of(row: StagedTicket) -> Ticket:
    """The ticket that a staged row becomes, not saved and without its clocks."""
    return Ticket(**{name: _COLUMNS[name].to_python(value) for name, value in row.columns.items()})


def drop(batch: TicketImport) -> None:
    """Delete a batch with its staged rows and faults."""
    clear(batch)
    batch.delete()


def clear(batch: TicketImport) -> None:
    """Delete a batch's staged rows and faults, by one statement each."""
    StagedTicket.objects.filter(batch=batch)._raw_delete(using=connection.alias)
    TicketImportFault.objects.filter(batch=batch)._raw_delete(using=connection.alias)


def purge(now: datetime | None = None) -> int:
    """Delete what was staged more than a day ago; return how many batches were never applied.

    Rows of applied batches go too: a process that ended in between left them.
    """
    old = TicketImport.objects.filter(created_at__lt=(now or timezone.now()) - KEPT_FOR)
    StagedTicket.objects.filter(batch__in=old).delete()
    TicketImportFault.objects.filter(batch__in=old).delete()
    return old.filter(applied_at=None).delete()[0]


def _staged(batch: TicketImport, line: int, row: Row) -> StagedTicket:
    ticket = row.ticket
    return StagedTicket(
        batch=batch,
        line=line,
        external_id=ticket.external_id,
        # What is empty is so by itself.
        columns={name: value for name, value in story.values(ticket).items() if value},
        originals=[[each.field, each.text, each.found] for each in row.originals],
        extra={"tags": list(row.tags), "ended": row.ended},
    )


def _write_faults(batch: TicketImport, faults: Iterable[Fault]) -> None:
    TicketImportFault.objects.bulk_create(
        (
            TicketImportFault(batch=batch, line=each.line, field=each.field[:30], message=each.message[:300])
            for each in faults
        ),
        batch_size=BATCH,
    )


_TWICE = f"""
INSERT INTO {_FAULTS} (batch_id, line, field, message)
SELECT batch_id, line, 'externalId', external_id || ' stands on line ' || first_line || ' already'
FROM (
    SELECT batch_id, line, external_id, MIN(line) OVER (PARTITION BY external_id) AS first_line
    FROM {_STAGED} WHERE batch_id = %(batch)s
) AS found
WHERE line > first_line
"""  # noqa: S608 - names of our own
