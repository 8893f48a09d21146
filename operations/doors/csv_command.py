"""What commands share that read or write CSV files: options, the open file, its progress bar."""

import csv
import os
import stat
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandParser

from operations.csv_files.checking import Progress
from operations.csv_files.reading import DEFAULT_ENCODING
from operations.doors.command import OperationCommand
from operations.errors import Invalid

STDIN = "-"
KILOBYTE = 1_000

# Called once, so that nothing else holds what the rows are read from.
Rows = Callable[[], Iterable[Sequence[str]]]


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def add_import_options(parser: CommandParser, fields: Sequence[str]) -> None:
    """The file, its columns, what stands where one is missing, and its encoding."""
    parser.add_argument("file", help=f"the file, or {STDIN} for standard input")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help=f"the column that holds a field ({', '.join(fields)}); default: the one of the same name",
    )
    parser.add_argument(
        "--default",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="what stands where the file has no such column, or an empty cell",
    )
    parser.add_argument(
        "--encoding", default=DEFAULT_ENCODING, help="the file's encoding (default: %(default)s)"
    )


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
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
def hinted() -> Iterator[None]:
    """Name the options that help, where columns are missing."""
    try:
        yield
    except Invalid as refusal:
        if "columns" not in refusal.fields:
            raise
        hint = "--map FIELD=COLUMN and --default FIELD=VALUE, as often as needed"
        raise Invalid({**refusal.fields, "use": hint}) from refusal


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The file of this name to read, or standard input. Raises Invalid."""
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
def writable(name: str) -> Iterator[Any]:
    """The file of this name to write. Raises Invalid."""
    try:
        file = Path(name).open("w", encoding="utf-8", newline="")  # noqa: SIM115 - closed below
    except OSError as error:
        raise Invalid({"output": f"{name} cannot be written ({error.strerror})"}) from error
    with file:
        yield file


@contextmanager
def reading_bar(command: OperationCommand, file: BinaryIO) -> Iterator[Progress]:
    """A progress bar over the bytes of a file, or over the rows of a stream."""
    status = os.fstat(file.fileno())
    size = status.st_size // KILOBYTE if stat.S_ISREG(status.st_mode) else None
    with command.progress(total=size, unit=" rows" if size is None else " kB") as bar:

        def advance(rows: int) -> None:
            bar.update((rows if size is None else file.tell() // KILOBYTE) - bar.n)

        yield advance


def lines(header: Sequence[str], rows: Rows) -> Generator[str, None, None]:
    """The lines of a CSV file, each made when it is asked for."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    yield str(writer.writerow(header))
    for cells in rows():
        yield str(writer.writerow(cells))


def write(command: OperationCommand, output: str | None, header: Sequence[str], rows: Rows) -> int:
    """Write a CSV file, to standard output without `output`; return the number of its rows."""
    found = lines(header, rows)
    written = -1
    try:
        if output is None:
            for line in found:
                command.stdout.write(line, ending="")
                written += 1
        else:
            with writable(output) as file, command.progress(total=None, unit=" rows") as bar:
                for line in found:
                    file.write(line)
                    written += 1
                    bar.update()
    finally:
        # Closed here, before the connection is: whoever reads may go away at any line.
        found.close()
    return written
