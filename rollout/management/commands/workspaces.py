"""`manage.py workspaces`: CSV in and out."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from operations.doors import csv_command
from operations.doors.command import ExitCode, OperationCommand, Result, table
from rollout import exports, workspaces
from rollout.imports import results
from rollout.imports.results import ImportResult
from rollout.imports.rows import FIELDS

MOST_LINES = 50


class Command(OperationCommand):
    help = "Import workspaces and their members from CSV, or export them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        add = words.add(
            "import", "create and update workspaces from a CSV file: all of it, or nothing", writes=True
        )
        csv_command.add_import_options(add, FIELDS)
        add.add_argument(
            "--confirm-loss",
            action="store_true",
            help="go on even when it takes a module from more than 5 %% of its cohort",
        )
        add.set_defaults(do=self._import)
        add = words.add("export", "write all workspaces as CSV, one row a member")
        add.add_argument("--output", metavar="FILE", help="the file to write (default: standard output)")
        add.set_defaults(do=self._export)

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options)
        return result

    def _import(self, options: dict[str, Any]) -> Result:
        mapping = csv_command.pairs(options["map"], "map")
        defaults = csv_command.pairs(options["default"], "default")
        with (
            csv_command.hinted(),
            csv_command.opened(options["file"]) as file,
            csv_command.reading_bar(self, file) as progress,
        ):
            result = workspaces.import_csv(
                file,
                source=options["file"],
                actor=self.actor(),
                mapping=mapping,
                defaults=defaults,
                encoding=options["encoding"],
                confirm_loss=options["confirm_loss"],
                dry_run=options["dry_run"],
                progress=progress,
            )
        refused = bool(result.errors or result.refusal)
        return Result(
            results.document(result),
            _lines(result),
            ExitCode.REFUSED if refused else ExitCode.DONE,
            "\n".join(_complaints(result)),
        )

    def _export(self, options: dict[str, Any]) -> Result:
        output = options["output"]
        if output is None and options["json"]:
            return Result({"workspaces": list(exports.documents())})
        written = csv_command.write(self, output, exports.HEADER, exports.rows)
        if output is None:
            return Result(None)
        return Result({"output": output, "rows": written}, [f"{written:,} rows in {output}"])


def _lines(result: ImportResult) -> Iterator[str]:
    if result.errors:
        yield f"{result.read:,} rows read, nothing was imported."
        return
    if result.dry_run:
        yield "Dry run, nothing was changed."
    yield f"{result.read:,} rows read"
    counts = (result.created, result.updated, result.unchanged)
    yield "{:,} workspaces created, {:,} updated, {:,} unchanged".format(*counts)
    rows = [("module", "eligible", "have it", "gain", "lose")]
    rows += [
        (effect.module, f"{effect.eligible:,}", f"{effect.enabled:,}", f"{effect.gain:,}", f"{effect.lose:,}")
        for effect in result.modules
    ]
    yield from table(rows, indent="  ")


def _complaints(result: ImportResult) -> Iterator[str]:
    for fault in result.errors[:MOST_LINES]:
        yield str(fault)
    if result.error_count > MOST_LINES:
        yield f"and {result.error_count - MOST_LINES:,} more"
    if result.refusal:
        yield f"Would be refused: {result.refusal}"
