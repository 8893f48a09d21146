"""KPIs as the rows of a CSV file: plain numbers, so that a spreadsheet can go on with them."""

from collections.abc import Iterator, Sequence

from reports.kpis import wording
from reports.kpis.board import Line
from reports.kpis.catalogue import Entry
from reports.models import KpiReading
from reports.standing import change_of
from rollout.models import Module

HEADER = (
    "group",
    "key",
    "kpi",
    "value",
    "unit",
    "rule",
    "target",
    "judged",
    "baseline",
    "change %",
    "state",
    "reason",
    "source",
    "n",
    "entered for",
    "entered by",
    "guide",
)
READINGS = ("day", "value", "unit", "baseline", "change %", "n", "source", "by", "note")


def of_lines(lines: Sequence[Line]) -> Iterator[list[str]]:
    """A row for each KPI."""
    for line in lines:
        entry = line.entry
        yield [
            entry.group.heading,
            entry.key,
            entry.title,
            _plain(line.value),
            entry.unit,
            entry.rule.value,
            _plain(line.target),
            entry.judged.value,
            _plain(line.baseline),
            _plain(line.change),
            line.standing.value,
            line.reason,
            line.source,
            "" if line.n is None else str(line.n),
            wording.day(line.entered_on),
            line.entered_by,
            entry.guides,
        ]


def of_readings(module: Module, entry: Entry) -> Iterator[list[str]]:
    """A row for each reading of one KPI, the newest first."""
    found = KpiReading.objects.filter(kpi__module=module.whole, kpi__key=entry.key).order_by("-day")
    for reading in found.iterator(chunk_size=500):
        yield [
            f"{reading.day}",
            _plain(reading.value),
            entry.unit,
            _plain(reading.baseline),
            _plain(change_of(reading.value, reading.baseline)),
            "" if reading.n is None else str(reading.n),
            reading.source,
            reading.by,
            reading.note,
        ]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{round(value, 6):.15g}"
