"""Rows within rows on a form, such as rules with their groups and conditions: read and changed.

A row is a dict of texts and of lists of rows. Buttons that add, remove and move rows send the whole form and
get it back changed, so that they work without a script, and nothing that was entered is lost.
"""

import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations.doors.admin import PREVIEW

Row = dict[str, Any]
REMOVE, UP, DOWN = "remove", "up", "down"


def _never(row: Row) -> bool:
    return False


@dataclass(frozen=True)
class Shape:
    """What a row has: texts, lists of rows, and what a new one begins with, by the button that adds it.

    Blanks around a text are cut off, unless it is `verbatim`.
    """

    texts: tuple[str, ...]
    new: Mapping[str, Row]
    lists: Mapping[str, "Shape"] = field(default_factory=dict)
    is_blank: Callable[[Row], bool] = _never
    verbatim: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rows:
    """The rows of one field. `arranged` says that a button changed them, `focus` where to go on."""

    rows: Sequence[Row]
    focus: str = ""
    arranged: bool = False

    def __str__(self) -> str:
        """A digest: two of these are the same when they say the same."""
        return hashlib.sha256(json.dumps(self.rows, sort_keys=True).encode()).hexdigest()


def read(data: Mapping[str, Any], name: str, shape: Shape) -> Rows:
    """The rows of the field `name` as a form sent them; after a button was pressed, as it changed them."""
    rows = list(_read(data, name, shape))
    verb, _, place = str(data.get(PREVIEW, "")).partition(":")
    if place.partition("-")[0] == name:
        focus = _changed(rows, name, shape, verb, place)
        return Rows(rows, focus, arranged=True)
    return Rows(_without_blank(rows, shape))


def whole(text: str) -> int | None:
    """The whole number that was entered, if it is one of at most nine digits."""
    return int(text) if text.isdecimal() and len(text) <= 9 else None


def _read(data: Mapping[str, Any], prefix: str, shape: Shape) -> Iterator[Row]:
    number = 0
    while any(f"{prefix}-{number}-{text}" in data for text in shape.texts):
        start = f"{prefix}-{number}"
        row: Row = {}
        for text in shape.texts:
            if (given := data.get(f"{start}-{text}")) is not None:
                # A browser sends the line ends of a text area in its own way.
                value = str(given).replace("\r\n", "\n")
                row[text] = value if text in shape.verbatim else value.strip()
        for name, inner in shape.lists.items():
            row[name] = list(_read(data, f"{start}-{name}", inner))
        yield row
        number += 1


def _without_blank(rows: Sequence[Row], shape: Shape) -> list[Row]:
    kept = []
    for row in rows:
        inner = {name: _without_blank(row[name], below) for name, below in shape.lists.items()}
        found = {**row, **inner}
        if not shape.is_blank(found):
            kept.append(found)
    return kept


def _changed(rows: list[Row], name: str, shape: Shape, verb: str, place: str) -> str:
    """Do in `rows` what a button says, and return the id of the control to go on with."""
    steps = place.split("-")[1:]
    above = name
    while len(steps) > 1:
        number, below = steps[0], steps[1]
        if not _is_index(number, rows) or below not in shape.lists:
            return ""
        rows, shape, above = rows[int(number)][below], shape.lists[below], f"{above}-{number}-{below}"
        steps = steps[2:]
    if not steps:
        if verb not in shape.new:
            return ""
        rows.append(copy.deepcopy(shape.new[verb]))
        first = next(text for text in shape.texts if text in shape.new[verb] and text != "id")
        return f"{above}-{len(rows) - 1}-{first}"
    return _moved(rows, int(steps[0]), verb, above) if _is_index(steps[0], rows) else ""


def _moved(rows: list[Row], number: int, verb: str, above: str) -> str:
    if verb == REMOVE:
        del rows[number]
        return f"add:{above}"
    target = number + {UP: -1, DOWN: 1}.get(verb, 0)
    if target == number or not 0 <= target < len(rows):
        return ""
    rows.insert(target, rows.pop(number))
    at_the_edge = {UP: target == 0, DOWN: target == len(rows) - 1}[verb]
    other = {UP: DOWN, DOWN: UP}[verb]
    return f"{other if at_the_edge else verb}:{above}-{target}"


def _is_index(text: str, rows: Sequence[Row]) -> bool:
    number = whole(text)
    return number is not None and number < len(rows)
