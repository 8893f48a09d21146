"""Reading CSV: every kind of bad file ends in a clear fault, in bounded memory."""

import csv
import io
import tracemalloc
from contextlib import suppress
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.csv_files import reading
from operations.csv_files.cells import escape, unescape
from operations.csv_files.reading import Unreadable


def table(data: bytes, encoding: str = "utf-8") -> tuple[list[str], list[tuple[int, list[str]]]]:
    with reading.opened(io.BytesIO(data), encoding) as found:
        return found.header, list(found)


class Endless(io.RawIOBase):
    """A header and then a gigabyte of one piece, never held in memory."""

    def __init__(self, piece: bytes) -> None:
        self._next, self._piece, self._left = b"id,name\n", piece, 1 << 30

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if not self._next:
            count = min(len(buffer), self._left)
            self._next = (self._piece * (count // len(self._piece) + 1))[:count]
            self._left -= count
        sent, self._next = self._next, b""
        buffer[: len(sent)] = sent
        return len(sent)


def endless(piece: bytes) -> BinaryIO:
    return io.BufferedReader(Endless(piece))  # type: ignore[type-var]


def test_rows_come_with_the_line_they_begin_on() -> None:
    header, rows = table(b'id,name\n\na,"two\nlines"\nb,c\n')
    assert header == ["id", "name"]
    assert rows == [(3, ["a", "two\nlines"]), (5, ["b", "c"])]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts_as_one_line(ending: str) -> None:
    data = ending.join(["id,name", "a,b", "", "c,d"])
    assert table(data.encode())[1] == [(2, ["a", "b"]), (4, ["c", "d"])]


def test_a_byte_order_mark_is_passed_over() -> None:
    assert table("id,name\na,Müller\n".encode("utf-8-sig"))[0] == ["id", "name"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16"])
def test_other_encodings_are_read_when_they_are_named(encoding: str) -> None:
    assert table("id,name\na,Müller\n".encode(encoding), encoding)[1] == [(2, ["a", "Müller"])]


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"", 1, "empty"),
        (b"\n\n", 1, "empty"),
        (b"id,name\na,b\nc,M\xfcller\n", 3, "not UTF-8"),
        (b"id,n\xe9\n", 1, "cp1252"),
        (b"id,name\na,b\0c\n", 2, "NUL"),
        (b'id,name\na,b\nc,"d\ne,f\n', 3, "quote"),
        (b'id,name\na,"b"c\n', 2, "quote"),
        (b"id,name\n" + b"x" * 1_000_001, 2, "1,000,000"),
        (b'id,name\na,"' + b"x" * 200_000 + b'"\n', 2, "field larger"),
    ],
)
def test_a_fault_of_the_file_is_told_with_its_line(data: bytes, line: int, says: str) -> None:
    with pytest.raises(Unreadable) as fault:
        table(data)
    assert fault.value.line == line
    assert says in fault.value.message


def test_utf_16_that_ends_in_half_a_character_is_a_fault_of_the_encoding() -> None:
    with pytest.raises(Unreadable, match="UTF-16"):
        table("id,name\n".encode("utf-16") + b"\x41", "utf-16")


@pytest.mark.parametrize("piece", [b"x", b'"a\n",', b'"', b","])
def test_a_gigabyte_in_one_row_is_refused_in_little_memory(piece: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable), reading.opened(endless(piece)) as found:
            list(found)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64"])
def test_an_encoding_that_is_not_one_of_text_is_unknown(name: str) -> None:
    with pytest.raises(LookupError):
        reading.codec_of(name)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=20)


@given(st.lists(st.lists(TEXT, min_size=2, max_size=4), min_size=1, max_size=8))
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["id", "name"], *rows])
    assert [cells for _, cells in table(out.getvalue().encode())[1]] == rows


@given(st.binary(max_size=200))
def test_any_bytes_are_either_a_table_or_a_fault(data: bytes) -> None:
    with suppress(Unreadable):
        header, rows = table(data)
        assert header
        assert all(cells for _, cells in rows)


@given(st.text("'=+-@\t\r a1", max_size=6))
def test_a_cell_is_safe_and_comes_back_as_it_went(text: str) -> None:
    cell = escape(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescape(cell) == text
