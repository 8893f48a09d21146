"""Charts of the admin's pages, as Chart.js reads them from the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Grey that can be read on white and on black.
TEXT = "#8b93a1"
# Told apart by people who see no red and green as well; lines are dashed differently, too.
LINES: Sequence[tuple[str, Sequence[int]]] = (("#3b82f6", ()), ("#f59e0b", (6, 4)), ("#14b8a6", (2, 3)))


@dataclass(frozen=True)
class Chart:
    """`data` and `options` as Chart.js reads them; `text` says what is to be seen."""

    title: str
    text: str
    data: str
    options: str
    empty: bool


def line(label: str, values: Sequence[float | None], number: int, **more: Any) -> dict[str, Any]:
    """The chart's line of this number, from 0; None leaves a gap."""
    colour, dash = LINES[number]
    return {
        "type": "line",
        "label": label,
        "data": values,
        "borderColor": colour,
        "backgroundColor": colour,
        "borderDash": dash,
        "borderWidth": 2,
        "pointHitRadius": 8,
        **more,
    }


def scale(**more: Any) -> dict[str, Any]:
    """An axis of values."""
    return {
        "border": {"display": False},
        "grid": {"display": True, "tickWidth": 0},
        "ticks": {"color": TEXT, "maxTicksLimit": 6},
        **more,
    }


def options(scales: Mapping[str, Any], *, legend: bool = True, stacked: bool = False) -> dict[str, Any]:
    """The options of a chart over time with these axes of values."""
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
                "stacked": stacked,
                "border": {"display": False},
                "grid": {"display": False},
                "ticks": {"color": TEXT, "maxRotation": 0, "autoSkipPadding": 24},
            },
            **scales,
        },
    }
