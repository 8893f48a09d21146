"""The rows of a file in chunks, right ones and wrong ones apart: neither fills the memory."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from operations.csv_files.columns import Columns
from operations.csv_files.reading import Table, Unreadable

CHUNK = 5_000
# A file that is wrong in every row is wrong as a whole: reading on would only fill the disk.
MOST_FAULTS = 100_000

# Called with the number of rows read so far.
Progress = Callable[[int], None]

Row = TypeVar("Row")
# From the text of each field to the row made right, and its faults by field; None where it has some.
Check = Callable[[Mapping[str, str]], tuple[Row | None, Mapping[str, str]]]


@dataclass(frozen=True)
class Fault:
    """A rule that one row breaks. `field` is "row" or "file" where it is not about one field."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.message}"


@dataclass
class Chunk(Generic[Row]):
    """Some rows of a file that follow one another: those that are right with their lines, and all faults."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    read: int = 0


def chunks(
    table: Table, columns: Columns, check: Check[Row], *, size: int | None = None
) -> Iterator[Chunk[Row]]:
    """Every row of `table`, checked, `size` at a time; the last chunk says where the rest was not read."""
    stream, faults, ended = iter(table), 0, False
    size = size or CHUNK
    while not ended:
        chunk: Chunk[Row] = Chunk()
        last = 1
        try:
            for line, cells in islice(stream, size):
                last = line
                _take(chunk, line, cells, columns, check)
            ended = chunk.read < size
        except Unreadable as fault:
            chunk.faults.append(Fault(fault.line, "file", fault.message))
            ended = True
        faults += len(chunk.faults)
        if faults > MOST_FAULTS and not ended:
            chunk.faults.append(
                Fault(last, "file", f"more than {MOST_FAULTS:,} faults: the rest was not read")
            )
            ended = True
        yield chunk


def _take(chunk: Chunk[Row], line: int, cells: list[str], columns: Columns, check: Check[Row]) -> None:
    chunk.read += 1
    if len(cells) != columns.width:
        message = f"has {len(cells):,} cells, the header has {columns.width:,}"
        chunk.faults.append(Fault(line, "row", message))
        return
    row, faults = check(columns.values(cells))
    if faults:
        chunk.faults += [Fault(line, name, message) for name, message in faults.items()]
    elif row is not None:
        chunk.rows.append((line, row))
