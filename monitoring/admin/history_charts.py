"""Health over time as charts, with the numbers of each chart in a table."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats, timezone

from monitoring.admin import numbers
from monitoring.admin.history import Change, History, Point
from operations.doors.charts import Chart, line, options, scale

CHANGED, HALTED = "#94a3b8", "#ef4444"
# How a time is written on the axis of a span of at most so many hours.
LABELS = ((24, "H:i"), (7 * 24, "D H:i"), (28 * 24, "j M H:i"))
LONG = "j M"

# The axis of the vertical lines.
MARKS = {"axis": "y", "display": False, "min": 0, "max": 1}

Read = Callable[[Point], float | None]


@dataclass(frozen=True)
class Line:
    """One point in the table."""

    point: Point
    scores: str
    cohort: str
    control: str
    adoption: str


def charts(history: History) -> list[Chart]:
    """The scores, the error rates of both arms, and adoption."""
    style = next((style for hours, style in LABELS if history.hours <= hours), LONG)
    labels = [formats.date_format(timezone.localtime(point.at), style) for point in history.points]
    marks = _marks(history.changes, len(labels))
    return [
        _chart(
            "Scores",
            "Both scores from 0 to 100; more is better.",
            labels,
            marks,
            {
                "Rollout score": [point.rollout_score for point in history.points],
                "Post-launch score": [point.post_launch_score for point in history.points],
            },
            {"min": 0, "max": 100},
        ),
        _chart(
            "Error rate, in percent",
            "Requests that failed in the 24 hours before each check.",
            labels,
            marks,
            {
                "With the feature": _percent(history.points, lambda point: point.cohort_rate),
                "Without it": _percent(history.points, lambda point: point.control_rate),
            },
            {"min": 0, "suggestedMax": 2},
        ),
        _chart(
            "Adoption, in percent",
            "Workspaces that used the module in the week before each check, of those that had it for 5 days.",
            labels,
            marks,
            {"Adoption": _percent(history.points, lambda point: point.adoption)},
            {"min": 0, "suggestedMax": 50},
        ),
    ]


def table(history: History) -> list[Line]:
    """The points that have a check, the latest first."""
    return [
        Line(
            point=point,
            scores=f"{point.rollout_score} / {point.post_launch_score}",
            cohort=numbers.spelled(point.cohort_rate, "percent") or "not known",
            control=numbers.spelled(point.control_rate, "percent") or "not known",
            adoption=numbers.spelled(point.adoption, "percent") or "not known",
        )
        for point in reversed(history.points)
        if point.check is not None
    ]


def _percent(points: Iterable[Point], read: Read) -> list[float | None]:
    found = (read(point) for point in points)
    return [None if value is None else round(value * 100, 3) for value in found]


def _chart(
    title: str,
    text: str,
    labels: Sequence[str],
    marks: Sequence[dict[str, Any]],
    series: dict[str, list[float | None]],
    limits: dict[str, Any],
) -> Chart:
    lines = [
        # A line at the edge keeps its width.
        line(label, values, number, pointRadius=_radii(values), clip=4)
        for number, (label, values) in enumerate(series.items())
    ]
    data = json.dumps({"labels": labels, "datasets": [*lines, *marks]})
    settings = json.dumps(options({"y": scale(**limits), "marks": MARKS}, legend=len(lines) + len(marks) > 1))
    empty = all(value is None for values in series.values() for value in values)
    return Chart(title, text, data, settings, empty)


def _radii(values: Sequence[float | None]) -> list[int]:
    """A dot for a point without neighbours: no line leads to it."""
    padded = [None, *values, None]
    return [
        3 if value is not None and padded[at] is None and padded[at + 2] is None else 0
        for at, value in enumerate(values)
    ]


def _marks(changes: Sequence[Change], count: int) -> list[dict[str, Any]]:
    """Vertical lines where the plan changed, on an axis of their own."""
    found = []
    for label, colour, halts in (("Share changed", CHANGED, False), ("Paused or rolled back", HALTED, True)):
        at = {change.index for change in changes if change.halts == halts}
        if at:
            found.append(
                {
                    "type": "bar",
                    "label": label,
                    "data": [1 if index in at else None for index in range(count)],
                    "backgroundColor": colour,
                    "barThickness": 2,
                    "yAxisID": "marks",
                }
            )
    return found
