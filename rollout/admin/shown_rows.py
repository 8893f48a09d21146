"""Rows within rows as a page shows them: controls and buttons by name, and each fault at its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.admin.rows import DOWN, REMOVE, UP, Row, Rows, Shape


@dataclass(frozen=True)
class Control:
    """One input of a row as the page shows it."""

    id: str
    value: str
    faults: Sequence[str]
    focused: bool


@dataclass(frozen=True)
class Button:
    """What adds, removes or moves a row."""

    value: str
    focused: bool
    disabled: bool = False


@dataclass(frozen=True)
class ShownRow:
    """One row as the page shows it."""

    number: int
    prefix: str
    row: Row
    controls: Mapping[str, Control]
    buttons: Mapping[str, Button]
    lists: Mapping[str, "ShownRows"]
    faults: Sequence[str]


@dataclass(frozen=True)
class ShownRows:
    """A list of rows with the buttons that add to it."""

    rows: Sequence[ShownRow]
    adding: Mapping[str, Button]
    faults: Sequence[str]


class Faults:
    """What is wrong, by place ("rules[0].groups[1]"); each is shown once, and none is lost."""

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        self.left = dict(faults)

    def at(self, prefix: str) -> Sequence[str]:
        """The faults at the place of `prefix` ("rules-0-groups-1")."""
        return self.left.pop(_place(prefix), ())

    def rest(self) -> list[str]:
        """Those that have no place on the page, with the place in words."""
        return [f"{place}: {fault}" for place, faults in self.left.items() for fault in faults]


def shown(found: Rows, name: str, shape: Shape, faults: Faults) -> ShownRows:
    """The rows of the field `name` with their controls, buttons and faults."""
    return _shown(found.rows, name, shape, faults, found.focus)


def _shown(rows: Sequence[Row], prefix: str, shape: Shape, faults: Faults, focus: str) -> ShownRows:
    shown_rows = []
    for number, row in enumerate(rows):
        start = f"{prefix}-{number}"
        names = [text for text in shape.texts if text in row]
        buttons = {
            UP: _button(UP, start, focus, disabled=number == 0),
            DOWN: _button(DOWN, start, focus, disabled=number == len(rows) - 1),
            REMOVE: _button(REMOVE, start, focus),
        }
        shown_rows.append(
            ShownRow(
                number=number + 1,
                prefix=start,
                row=row,
                controls={text: _control(f"{start}-{text}", row[text], faults, focus) for text in names},
                buttons=buttons,
                lists={
                    below: _shown(row[below], f"{start}-{below}", inner, faults, focus)
                    for below, inner in shape.lists.items()
                },
                faults=faults.at(start),
            )
        )
    return ShownRows(
        shown_rows, {verb: _button(verb, prefix, focus) for verb in shape.new}, faults.at(prefix)
    )


def _control(name: str, value: Any, faults: Faults, focus: str) -> Control:
    return Control(name, str(value), faults.at(name), focus == name)


def _button(verb: str, place: str, focus: str, *, disabled: bool = False) -> Button:
    return Button(f"{verb}:{place}", focus == f"{verb}:{place}", disabled)


def _place(prefix: str) -> str:
    """ "rules-0-groups-1-match" as "rules[0].groups[1].match"."""
    found = ""
    for step in prefix.split("-"):
        found += f"[{step}]" if step.isdecimal() else f".{step}" if found else step
    return found
