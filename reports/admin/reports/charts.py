"""A report's series as charts that Chart.js reads from the page, each with its numbers as a table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import groupby
from typing import Any

from operations.doors.charts import LINES, Chart, line, options, scale
from reports import reading

BARS = "#3b82f6"
# With more points than that they would hide the line.
FEW_POINTS = 32
BARS_WIDE = 28

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A chart, and the same as a table: the names of its lines, and a row for each point in time."""

    chart: Chart
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


def drawn(series: Sequence[Any], zone: tzinfo) -> list[Drawn]:
    """The charts of a section: lines of one unit over the same time share one."""
    found = [each for each in series if isinstance(each, Mapping) and reading.listed(each, "points")]
    charts = []
    for _, group in groupby(found, _together):
        lines = list(group)
        most = len(LINES)
        charts += [_drawn(lines[first : first + most], zone) for first in range(0, len(lines), most)]
    return charts


def _together(series: Line) -> tuple[Any, ...]:
    unit = series.get("unit") or ""
    # Of counts each has its own size, and one would flatten the other.
    return (unit, *_times(series)) if unit else (series.get("name"), series.get("title"))


def _drawn(lines: Sequence[Line], zone: tzinfo) -> Drawn:
    unit = str(lines[0].get("unit") or "")
    labels = [label(at, zone) for at in _times(lines[0])]
    titles = [str(each.get("title") or each.get("name", "")) for each in lines]
    values = [[_number(point.get("value")) for point in _points(each)] for each in lines]
    radius = 3 if len(labels) <= FEW_POINTS else 0
    datasets = (
        [line(titles[number], values[number], number, pointRadius=radius) for number in range(len(lines))]
        if unit
        else [_bars(titles[0], values[0])]
    )
    axis = scale(beginAtZero=True) if unit else scale(beginAtZero=True, ticks=_whole())
    chart = Chart(
        title=_title(titles),
        text=f"In {unit}." if unit else "",
        data=json.dumps({"labels": labels, "datasets": datasets}),
        options=json.dumps(options({"y": axis}, legend=len(lines) > 1)),
        empty=all(value is None for each in values for value in each),
    )
    rows = [
        (when, [reading.spelled(each[number], unit) for each in values]) for number, when in enumerate(labels)
    ]
    return Drawn(chart, titles, rows)


def _title(titles: Sequence[str]) -> str:
    """What the lines have in common where they say it first ("Error rate, with it"), else all of them."""
    common = {title.partition(",")[0] for title in titles}
    return common.pop() if len(common) == 1 and len(titles) > 1 else ", ".join(titles)


def label(at: Any, zone: tzinfo) -> str:
    """A point's time: a day, an hour of the report's zone, or what the document calls it."""
    text = str(at)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        moment = reading.moment(text, zone)
        return f"{moment:%-d %b %H:%M}" if moment else text
    return f"{day:%-d %b}"


def _bars(title: str, values: Sequence[float | None]) -> dict[str, Any]:
    return {
        "type": "bar",
        "label": title,
        "data": values,
        "backgroundColor": BARS,
        "maxBarThickness": BARS_WIDE,
    }


def _whole() -> dict[str, Any]:
    """Marks of counts: nobody opens half a ticket."""
    return {**scale()["ticks"], "precision": 0}


def _times(series: Line) -> list[Any]:
    return [point.get("at") for point in _points(series)]


def _points(series: Line) -> list[Mapping[str, Any]]:
    return [point for point in reading.listed(series, "points") if isinstance(point, Mapping)]


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None
