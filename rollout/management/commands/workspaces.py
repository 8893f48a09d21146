"""`manage.py workspaces`: CSV in and out."""

import csv
import os
import stat
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandParser

from operations.doors.command import ExitCode, OperationCommand, Result, table
from operations.errors import Invalid
from rollout import exports, workspaces
from rollout.imports import results
from rollout.imports.reading import DEFAULT_ENCODING
from rollout.imports.results import ImportResult
from rollout.imports.rows import FIELDS
from rollout.imports.staging import Progress

STDIN = "-"
MOST_LINES = 50
KILOBYTE = 1_000


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


class Command(OperationCommand):
    help = "Import workspaces and their members from CSV, or export them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        add = words.add(
            "import", "create and update workspaces from a CSV file: all of it, or nothing", writes=True
        )
        add.add_argument("file", help=f"the file, or {STDIN} for standard input")
        add.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"the column that holds a field ({', '.join(FIELDS)}); default: the one of the same name",
        )
        add.add_argument(
            "--default",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="what stands where the file has no such column, or an empty cell",
        )
        add.add_argument(
            "--encoding", default=DEFAULT_ENCODING, help="the file's encoding (default: %(default)s)"
        )
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
        mapping, defaults = _pairs(options["map"], "map"), _pairs(options["default"], "default")
        with _hinted(), _opened(options["file"]) as file, self._bar(file) as progress:
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
        if options["output"] is None:
            if options["json"]:
                return Result({"workspaces": list(exports.documents())})
            # Closed here, before the connection is: whoever reads may go away at any line.
            with closing(_csv_lines()) as lines:
                for line in lines:
                    self.stdout.write(line, ending="")
            return Result(None)
        written = -1
        with (
            _writable(options["output"]) as file,
            self.progress(total=None, unit=" rows") as bar,
        ):
            for line in _csv_lines():
                file.write(line)
                written += 1
                bar.update()
        return Result(
            {"output": options["output"], "rows": written}, [f"{written:,} rows in {options['output']}"]
        )

    @contextmanager
    def _bar(self, file: BinaryIO) -> Iterator[Progress]:
        """A progress bar over the bytes of a file, or over the rows of a stream."""
        status = os.fstat(file.fileno())
        size = status.st_size // KILOBYTE if stat.S_ISREG(status.st_mode) else None
        with self.progress(total=size, unit=" rows" if size is None else " kB") as bar:

            def advance(rows: int) -> None:
                bar.update((rows if size is None else file.tell() // KILOBYTE) - bar.n)

            yield advance


def _pairs(given: list[str], option: str) -> dict[str, str]:
    """FIELD=TEXT pairs as a mapping. Raises Invalid for one without "=" and for a field given twice."""
    found: dict[str, str] = {}
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals:
            raise Invalid({f"--{option}": f"{pair!r} is not of the form FIELD={option.upper()}"})
        if name in found:
            raise Invalid({f"--{option}": f"{name} is given twice"})
        found[name.strip()] = text.strip()
    return found


@contextmanager
def _hinted() -> Iterator[None]:
    """Name the options that help, where columns are missing."""
    try:
        yield
    except Invalid as refusal:
        if "columns" not in refusal.fields:
            raise
        hint = "--map FIELD=COLUMN and --default FIELD=VALUE, as often as needed"
        raise Invalid({**refusal.fields, "use": hint}) from refusal


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise Invalid({"file": f"{name} cannot be read ({error.strerror})"}) from error
    with file:
        yield file


@contextmanager
def _writable(name: str) -> Iterator[Any]:
    try:
        file = Path(name).open("w", encoding="utf-8", newline="")  # noqa: SIM115 - closed below
    except OSError as error:
        raise Invalid({"output": f"{name} cannot be written ({error.strerror})"}) from error
    with file:
        yield file


def _csv_lines() -> Generator[str, None, None]:
    writer = csv.writer(_Echo(), lineterminator="\n")
    yield str(writer.writerow(exports.HEADER))
    for cells in exports.rows():
        yield str(writer.writerow(cells))


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
