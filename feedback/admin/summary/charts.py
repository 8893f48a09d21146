"""What came over time as charts: Chart.js reads their data from the page."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import formats

from feedback.summary.documents import RATINGS, Document
from operations.doors.charts import Chart, line, options, scale

CRITICAL, OTHER, COUNT = "#f59e0b", "#3b82f6", "rgba(139, 147, 161, .35)"
WORST, BEST = 1, 5
# How a step is written on the axis.
LABELS = {"day": "j M", "week": "j M Y", "month": "M Y", "year": "Y"}


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
        options=json.dumps(options({"y": scale(stacked=True, beginAtZero=True)}, stacked=True)),
        empty=not document["tickets"],
    )


def _ratings(document: Document, labels: Sequence[str]) -> Chart:
    steps = document["ratingsOverTime"]
    lines = [
        line(
            name.capitalize(),
            [step[name]["mean"] for step in steps],
            number,
            pointRadius=2,
            yAxisID="y",
            order=0,
        )
        for number, name in enumerate(RATINGS)
    ]
    counts = _bars("Ratings of satisfaction (n)", [step["satisfaction"]["n"] for step in steps], COUNT, "n")
    scales = {
        "y": scale(min=WORST, max=BEST),
        "n": {**scale(beginAtZero=True), "position": "right", "grid": {"display": False}},
    }
    return Chart(
        title=f"Ratings, mean by {document['step']}",
        text="From 1 to 5, on the left; the bars say how many rated their satisfaction, on the right.",
        data=json.dumps({"labels": labels, "datasets": [*lines, counts]}),
        options=json.dumps(options(scales)),
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
