"""Health over time as charts, with the numbers of each chart in a table."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats, timezone

from monitoring.admin import numbers
from monitoring.admin.history import Change, History, Point

TEXT = "#8b93a1"
# Told apart by people who see no red and green as well, on white and on black; the second line is dashed.
COLOURS = ("#3b82f6", "#f59e0b")
CHANGED, HALTED = "#94a3b8", "#ef4444"
DASHES: tuple[list[int], ...] = ([], [6, 4])
# How a time is written on the axis of a span of at most so many hours.
LABELS = ((24, "H:i"), (7 * 24, "D H:i"), (28 * 24, "j M H:i"))
LONG = "j M"

Read = Callable[[Point], float | None]


@dataclass(frozen=True)
class Chart:
    """`data` and `options` as Chart.js reads them; `text` says what is to be seen."""

    title: str
    text: str
    data: str
    options: str
    empty: bool


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
    scale: dict[str, Any],
) -> Chart:
    lines = [
        {
            "type": "line",
            "label": label,
            "data": values,
            "borderColor": colour,
            "backgroundColor": colour,
            "borderDash": dash,
            "borderWidth": 2,
            "pointRadius": _radii(values),
            "pointHitRadius": 8,
            # A line at the edge keeps its width.
            "clip": 4,
        }
        for (label, values), colour, dash in zip(series.items(), COLOURS, DASHES, strict=False)
    ]
    data = json.dumps({"labels": labels, "datasets": [*lines, *marks]})
    options = json.dumps(_options(scale, legend=len(lines) + len(marks) > 1))
    empty = all(value is None for values in series.values() for value in values)
    return Chart(title, text, data, options, empty)


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


def _options(scale: dict[str, Any], *, legend: bool) -> dict[str, Any]:
    ticks = {"color": TEXT}
    return {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "spanGaps": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {
            "legend": {
                "display": legend,
                "position": "bottom",
                "labels": {"color": TEXT, "boxWidth": 18, "boxHeight": 2},
            },
        },
        "scales": {
            "x": {
                "border": {"display": False},
                "grid": {"display": False},
                "ticks": {**ticks, "maxRotation": 0, "autoSkipPadding": 24},
            },
            "y": {
                "border": {"display": False},
                "grid": {"display": True, "tickWidth": 0},
                "ticks": {**ticks, "maxTicksLimit": 6},
                **scale,
            },
            "marks": {"axis": "y", "display": False, "min": 0, "max": 1},
        },
    }
