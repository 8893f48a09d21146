"""What every report is made of: sections with figures, series and tables.

A page, a mail and a program read the same document; a value that nobody measured is None and says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from operations.spelling import camel

Value = float | int | str | None


class State(StrEnum):
    """How a figure stands: to its target where it has one, else to what it should be."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"
    NEUTRAL = "neutral"


@dataclass(frozen=True)
class Figure:
    """One number. `unit` is "%", "ms", "" or a word; rates are percentages.

    `previous` is the same figure over the same time before; `unknown` says why there is no value.
    """

    name: str
    title: str
    value: Value
    unit: str = ""
    previous: Value = None
    target: str = ""
    state: State = State.NEUTRAL
    n: int | None = None
    unknown: str = ""


@dataclass(frozen=True)
class Point:
    at: datetime | str
    value: float | int | None


@dataclass(frozen=True)
class Series:
    """A figure over time, for a chart and its table; None is a gap."""

    name: str
    title: str
    points: Sequence[Point]
    unit: str = ""


@dataclass(frozen=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True)
class Section:
    """`text` are sentences; `empty` says what to do where nothing is known yet."""

    name: str
    title: str
    text: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    series: Sequence[Series] = ()
    tables: Sequence[Table] = ()
    empty: str = ""


@dataclass(frozen=True)
class Content:
    """A report. `summary` is for a reader in a hurry, the worst first; `data` has the API's own documents."""

    summary: Sequence[str]
    sections: Sequence[Section]
    data: Mapping[str, Any] = field(default_factory=dict)


def document_of(content: Content) -> dict[str, Any]:
    """The content in camelCase, as the API answers it and the archive keeps it."""
    return {
        "summary": list(content.summary),
        "sections": [_camel(asdict(section)) for section in content.sections],
        "data": dict(content.data),
    }


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel(name): _camel(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_camel(each) for each in value]
    return value
