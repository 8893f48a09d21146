"""Reading CSV in flat memory, whatever the file holds.

Every fault of the file itself is raised as Unreadable with the line it stands on: bytes of another encoding,
NUL, a quote that is never closed, a gigabyte without a line break.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

# In characters. No honest row comes near it, and it bounds what one row may cost.
LONGEST_ROW = 1_000_000
DEFAULT_ENCODING = "utf-8"

# What surrogateescape makes of bytes that it cannot decode, and other halves of characters.
_UNDECODED = re.compile("[\ud800-\udfff]")


class Unreadable(Exception):
    """The file cannot be read beyond this line (the header is line 1)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Table:
    """A CSV file with a header: iterating gives the line each row begins on, and its cells.

    Empty lines are passed over. Raises Unreadable.
    """

    def __init__(self, lines: "_Lines") -> None:
        self._lines = lines
        self._reader = csv.reader(lines, strict=True)
        _, cells = next(self._rows(), (0, None))
        if cells is None:
            raise Unreadable(1, "the file is empty")
        self.header = [cell.strip() for cell in cells]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self._rows()

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            line = self._lines.begin_row()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise Unreadable(line, f"the row cannot be read ({error}): is a quote missing?") from error
            if cells:
                yield line, cells


class _Lines:
    """The lines of a text, none longer than a row may be, and no row made of too many of them."""

    def __init__(self, text: io.TextIOWrapper, encoding: str) -> None:
        self._text = text
        self._encoding = encoding
        self._number = 0
        self._row_length = 0

    def begin_row(self) -> int:
        """Begin to measure a new row, and return the number of its first line."""
        self._row_length = 0
        return self._number + 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        self._number += 1
        try:
            line = self._text.readline(LONGEST_ROW + 1 - self._row_length)
        except UnicodeError:
            raise self._wrong_encoding() from None
        if not line:
            raise StopIteration
        self._row_length += len(line)
        if self._row_length > LONGEST_ROW:
            raise Unreadable(
                self._number,
                f"the row has more than {LONGEST_ROW:,} characters: is a line break or a quote missing?",
            )
        if "\0" in line:
            raise Unreadable(self._number, "has a NUL byte: this is no text file")
        if not line.isascii() and _UNDECODED.search(line):
            raise self._wrong_encoding()
        return line

    def _wrong_encoding(self) -> Unreadable:
        return Unreadable(
            self._number,
            f"has bytes that are not {self._encoding.upper()}: save the file as UTF-8, or name its encoding "
            "(a file from Excel on Windows is often cp1252)",
        )


@contextmanager
def opened(file: BinaryIO, encoding: str = DEFAULT_ENCODING) -> Iterator[Table]:
    """The table in an open file, which stays open. A byte order mark is passed over.

    Raises Unreadable, and LookupError for an encoding that does not exist.
    """
    text = io.TextIOWrapper(file, encoding=codec_of(encoding), errors="surrogateescape", newline=None)
    try:
        yield Table(_Lines(text, encoding))
    finally:
        text.detach()


def codec_of(encoding: str) -> str:
    """The codec for a name such as UTF-8 or cp1252. Raises LookupError for one that is not for text."""
    name = codecs.lookup(encoding.strip()).name
    "".encode(name)
    return "utf-8-sig" if name == "utf-8" else name
