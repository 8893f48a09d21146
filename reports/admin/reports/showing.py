"""What a page shows of a report's document, of today's shape or of an older one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from django.utils.text import slugify

from reports import reading
from reports.admin.reports import charts
from reports.admin.reports.charts import Drawn
from reports.reading import Document, Fact

# From so many sections on a page has a table of contents.
LONG = 3


@dataclass(frozen=True)
class Grid:
    """A table; numbers stand to the right."""

    title: str
    columns: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[tuple[str, bool]]]


@dataclass(frozen=True)
class Part:
    """One section. `anchor` is its place on the page; `unknown` are figures without a value, by reason."""

    anchor: str
    title: str
    text: Sequence[str]
    facts: Sequence[Fact]
    unknown: Sequence[tuple[str, Sequence[Fact]]]
    charts: Sequence[Drawn]
    grids: Sequence[Grid]
    empty: str


def context(document: Document) -> dict[str, Any]:
    """What `admin/reports/report_document.html` is filled with."""
    zone = reading.zone_of(document)
    parts = [_part(number, each, zone) for number, each in enumerate(reading.sections_of(document), 1)]
    return {
        "head": reading.heading(document),
        "summary": reading.summary_of(document),
        "parts": parts,
        "contents": parts if len(parts) >= LONG else [],
    }


def _part(number: int, section: Mapping[str, Any], zone: tzinfo) -> Part:
    title = reading.title_of(section)
    tables = [each for each in reading.listed(section, "tables") if isinstance(each, Mapping)]
    facts = reading.facts(reading.listed(section, "figures"))
    return Part(
        anchor=f"part-{number}-{slugify(section.get('name') or title)}",
        title=title,
        text=[str(sentence) for sentence in reading.listed(section, "text")],
        facts=[fact for fact in facts if fact.value],
        unknown=_by_reason(fact for fact in facts if not fact.value),
        charts=charts.drawn(reading.listed(section, "series"), zone),
        grids=[_grid(table) for table in tables],
        empty=str(section.get("empty") or ""),
    )


def _by_reason(facts: Iterable[Fact]) -> list[tuple[str, Sequence[Fact]]]:
    """Figures that nobody knows: a card for each would hide the others."""
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        found.setdefault(fact.unknown.rstrip("."), []).append(fact)
    return list(found.items())


def _grid(table: Mapping[str, Any]) -> Grid:
    rows = [row for row in reading.listed(table, "rows") if isinstance(row, list | tuple)]
    names = [str(name) for name in reading.listed(table, "columns")]
    right = [_holds_numbers(row[place] for row in rows if place < len(row)) for place in range(len(names))]
    return Grid(
        title=str(table.get("title", "")),
        columns=list(zip(names, right, strict=True)),
        rows=[
            [(reading.spelled(value), is_number) for value, is_number in zip(row, right, strict=False)]
            for row in rows
        ],
    )


def _holds_numbers(values: Any) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, int | float) for value in known)
