"""Files of tickets at a terminal: in and out."""

from collections.abc import Iterator
from typing import Any

from feedback.imports import exporting, importing, presets, results
from feedback.imports.importing import Options
from feedback.imports.results import ImportResult
from feedback.models.tickets import TicketQuerySet
from feedback.tickets import documents
from operations.doors import csv_command
from operations.doors.command import ExitCode, OperationCommand, Result


def read(command: OperationCommand, options: dict[str, Any]) -> Result:
    """Import a CSV file."""
    wanted = Options(
        preset=options["preset"],
        mapping=csv_command.pairs(options["map"], "map"),
        defaults=csv_command.pairs(options["default"], "default"),
        values=presets.values_of(options["value"]),
        encoding=options["encoding"],
        time_zone=options["time_zone"],
        month_first=options["month_first"],
    )
    with (
        csv_command.hinted(),
        csv_command.opened(options["file"]) as file,
        csv_command.reading_bar(command, file) as progress,
    ):
        result = importing.import_csv(
            file,
            source=options["file"],
            actor=command.actor(),
            options=wanted,
            dry_run=options["dry_run"],
            progress=progress,
        )
    return Result(
        results.document(result),
        _lines(result),
        ExitCode.REFUSED if result.errors else ExitCode.DONE,
        "\n".join(_complaints(result)),
    )


def write(command: OperationCommand, tickets: TicketQuerySet, options: dict[str, Any]) -> Result:
    """Export tickets as CSV; with `--json` and no file as documents."""
    output, actor = options["output"], command.actor()
    if output is None and options["json"]:
        found = tickets.iterator(chunk_size=exporting.FETCHED_AT_ONCE)
        return Result({"tickets": [documents.ticket_of(ticket) for ticket in found]})
    rows = csv_command.write(command, output, exporting.HEADER, lambda: exporting.rows(tickets, actor=actor))
    if output is None:
        return Result(None)
    return Result({"output": output, "rows": rows}, [f"{rows:,} rows in {output}"])


def _lines(result: ImportResult) -> Iterator[str]:
    if result.errors:
        yield f"{result.read:,} rows read, nothing was imported."
        return
    if result.dry_run:
        yield "Dry run, nothing was changed."
    yield f"{result.read:,} rows read"
    yield f"{result.created:,} tickets created, {result.kept:,} were imported before and stay as they are"
    if result.redacted:
        yield f"{result.redacted:,} held what looks like patient data; it was taken out"


def _complaints(result: ImportResult) -> Iterator[str]:
    yield from map(str, result.errors)
    if result.error_count > len(result.errors):
        yield f"and {result.error_count - len(result.errors):,} more"
