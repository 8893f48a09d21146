"""What came over time as charts: Chart.js reads their data from the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import formats

from feedback.summary.documents import RATINGS, Document

TEXT = "#8b93a1"
# Told apart by people who see no red and green as well, on white and on black; lines are dashed differently.
CRITICAL, OTHER, COUNT = "#f59e0b", "#3b82f6", "rgba(139, 147, 161, .35)"
LINES: Sequence[tuple[str, Sequence[int]]] = (("#3b82f6", []), ("#f59e0b", [6, 4]), ("#14b8a6", [2, 3]))
WORST, BEST = 1, 5
# How a step is written on the axis.
LABELS = {"day": "j M", "week": "j M Y", "month": "M Y", "year": "Y"}


@dataclass(frozen=True)
class Chart:
    """`data` and `options` as Chart.js reads them; `text` says what is to be seen."""

    title: str
    text: str
    data: str
    options: str
    empty: bool


def charts(document: Document) -> list[Chart]:
    """Tickets over time, and what those think who rated."""
    labels = [_label(step["from"], document["step"]) for step in document["volume"]]
    return [_volume(document, labels), _ratings(document, labels)]


def _volume(document: Document, labels: Sequence[str]) -> Chart:
    steps = document["volume"]
    datasets = [
        _bars("Critical", [step["critical"] for step in steps], CRITICAL, "y"),
        _bars("Others", [step["tickets"] - step["critical"] for step in steps], OTHER, "y"),
    ]
    return Chart(
        title=f"Tickets received, by {document['step']}",
        text="Critical ones below the others.",
        data=json.dumps({"labels": labels, "datasets": datasets}),
        options=json.dumps(_options({"y": _scale(stacked=True, beginAtZero=True)}, stacked=True)),
        empty=not document["tickets"],
    )


def _ratings(document: Document, labels: Sequence[str]) -> Chart:
    steps = document["ratingsOverTime"]
    lines = [
        _line(name.capitalize(), [step[name]["mean"] for step in steps], colour, dash)
        for name, (colour, dash) in zip(RATINGS, LINES, strict=True)
    ]
    counts = _bars("Ratings of satisfaction (n)", [step["satisfaction"]["n"] for step in steps], COUNT, "n")
    scales = {
        "y": _scale(min=WORST, max=BEST),
        "n": {**_scale(beginAtZero=True), "position": "right", "grid": {"display": False}},
    }
    return Chart(
        title=f"Ratings, mean by {document['step']}",
        text="From 1 to 5, on the left; the bars say how many rated their satisfaction, on the right.",
        data=json.dumps({"labels": labels, "datasets": [*lines, counts]}),
        options=json.dumps(_options(scales, stacked=False)),
        empty=not any(document[name]["n"] for name in RATINGS),
    )


def _label(day: date, step: str) -> str:
    return formats.date_format(day, LABELS[step])


def _bars(label: str, values: Sequence[int], colour: str, axis: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "label": label,
        "data": values,
        "backgroundColor": colour,
        "yAxisID": axis,
        "maxBarThickness": 28,
        # Lines lie above the bars.
        "order": 1,
    }


def _line(label: str, values: Sequence[float | None], colour: str, dash: Sequence[int]) -> dict[str, Any]:
    return {
        "type": "line",
        "label": label,
        "data": values,
        "borderColor": colour,
        "backgroundColor": colour,
        "borderDash": dash,
        "borderWidth": 2,
        "pointRadius": 2,
        "pointHitRadius": 8,
        "yAxisID": "y",
        "order": 0,
    }


def _scale(**more: Any) -> dict[str, Any]:
    return {
        "border": {"display": False},
        "grid": {"display": True, "tickWidth": 0},
        "ticks": {"color": TEXT, "maxTicksLimit": 6, "precision": 0},
        **more,
    }


def _options(scales: Mapping[str, Any], *, stacked: bool) -> dict[str, Any]:
    return {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "spanGaps": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {
            "legend": {
                "display": True,
                "position": "bottom",
                "labels": {"color": TEXT, "boxWidth": 18, "boxHeight": 2},
            }
        },
        "scales": {
            "x": {
                "stacked": stacked,
                "border": {"display": False},
                "grid": {"display": False},
                "ticks": {"color": TEXT, "maxRotation": 0, "autoSkipPadding": 24},
            },
            **scales,
        },
    }
