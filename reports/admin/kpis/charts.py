"""One KPI over time: a line that Chart.js reads from the page, with its target, and the same as a table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from operations.doors.charts import Chart, line, options, scale
from reports.admin.kpis.sparks import figure_of
from reports.kpis import wording
from reports.kpis.board import Line
from reports.models import KpiReading
from reports.standing import Judged

FEW_POINTS = 40


@dataclass(frozen=True)
class Row:
    """A day's reading in words."""

    day: date
    value: str
    change: str
    n: str
    source: str
    note: str


def chart(kpi: Line, readings: Sequence[KpiReading], days: Sequence[date]) -> Chart:
    """The readings of these days, each a point; days without one are a gap."""
    entry, by_change = kpi.entry, changes(kpi)
    by_day = {reading.day: figure_of(reading, change=by_change) for reading in readings}
    values = [by_day.get(day) for day in days]
    few = sum(value is not None for value in values) <= FEW_POINTS
    unit = "%" if by_change else entry.unit
    title = "Change since the baseline" if by_change else "Value"
    # Entered by the month: a line from one to the next is easier to read than dots far apart.
    lines = [line(f"{title} {unit}".strip(), values, 0, pointRadius=3 if few else 0, spanGaps=True)]
    if kpi.target is not None and by_change is (entry.judged is Judged.CHANGE):
        asked = f"Target {wording.target(entry, kpi.target)}"
        lines.append(line(asked, [kpi.target] * len(days), 1, pointRadius=0))
    return Chart(
        title=f"{entry.title}, day by day",
        text=f"In {unit}." if unit else "",
        data=json.dumps({"labels": [f"{day:%-d %b}" for day in days], "datasets": lines}),
        options=json.dumps(options({"y": scale()})),
        empty=all(value is None for value in values),
    )


def rows(kpi: Line, readings: Sequence[KpiReading]) -> list[Row]:
    """The readings in words, the newest first."""
    entry = kpi.entry
    return [
        Row(
            day=reading.day,
            value=wording.amount(reading.value, entry.unit),
            change=wording.change(figure_of(reading, change=True)),
            n="-" if reading.n is None else f"{reading.n:,}",
            source=_source(reading),
            note=reading.note,
        )
        for reading in reversed(readings)
    ]


def changes(kpi: Line) -> bool:
    """Whether changes are drawn: where they are judged, and there is a baseline to tell them."""
    return kpi.entry.judged is Judged.CHANGE and kpi.baseline is not None


def _source(reading: KpiReading) -> str:
    by_hand = reading.source == KpiReading.Source.ENTERED
    return f"Entered by {reading.by}" if by_hand else "Measured"
