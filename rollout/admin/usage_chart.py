"""How often a flag was asked, and what it answered: by hour and by day, as a chart and as a table."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import formats, timezone

from rollout.models import Flag, FlagUsage
from rollout.rules.values import OFF
from rollout.serving import usage

HOURS, DAYS = 24, 30
# Told apart by people who see no red and green as well, on white and on black.
COLOURS = ("#3b82f6", "#f59e0b", "#10b981", "#a855f7", "#ef4444", "#06b6d4", "#ec4899", "#84cc16")
OFF_COLOUR = "#94a3b8"
# More variants than that share the last colour and its name.
MOST_SERIES = 8
TEXT = "#8b93a1"


@dataclass(frozen=True)
class Line:
    """One hour or day of the table."""

    label: str
    total: int
    counts: Sequence[int]


@dataclass(frozen=True)
class Chart:
    """The answers of a span of time: `data` and `options` as Chart.js reads them, the lines as people do."""

    title: str
    name: str
    total: int
    variants: Sequence[str]
    lines: Sequence[Line]
    data: str
    options: str


@dataclass(frozen=True)
class Usage:
    """What a flag's page says of its usage."""

    charts: Sequence[Chart]
    last_asked: datetime | None


def of_flag(flag: Flag) -> Usage:
    """The last 24 hours by hour and the last 30 days by day, in one query, two where nobody asked."""
    now = timezone.localtime()
    first_day = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = usage.of_flag(flag, first_day)
    if not rows:
        return Usage((), usage.last_asked([flag]).get(flag.pk))
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    days = [(now - timedelta(days=back)).date() for back in range(DAYS - 1, -1, -1)]
    recent = [row for row in rows if row.hour >= hours[0]]
    variants = _variants(rows)
    charts = (
        _chart(
            "The last 24 hours",
            "usage-hours",
            recent,
            variants,
            hours,
            lambda row: timezone.localtime(row.hour).replace(minute=0),
            lambda hour: formats.date_format(hour, "H:i"),
        ),
        _chart(
            "The last 30 days",
            "usage-days",
            rows,
            variants,
            days,
            lambda row: timezone.localtime(row.hour).date(),
            lambda day: formats.date_format(day, "j M"),
        ),
    )
    return Usage(charts, max(row.hour for row in rows))


def _variants(rows: Iterable[FlagUsage]) -> list[str]:
    """What was answered, the most frequent first and off last: one order and one colour in every chart."""
    totals: Counter[str] = Counter()
    for row in rows:
        totals[row.variant] += row.count
    return sorted(totals, key=lambda variant: (variant == OFF, -totals[variant], variant))


def _chart(
    title: str,
    name: str,
    rows: Iterable[FlagUsage],
    variants: Sequence[str],
    steps: Sequence[Any],
    step_of: Callable[[FlagUsage], Any],
    label_of: Callable[[Any], str],
) -> Chart:
    counted: Counter[tuple[Any, str]] = Counter()
    for row in rows:
        counted[step_of(row), row.variant] += row.count
    labels = [label_of(step) for step in steps]
    lines = []
    for label, step in zip(labels, steps, strict=True):
        counts = [counted[step, variant] for variant in variants]
        lines.append(Line(label, sum(counts), counts))
    return Chart(
        title=title,
        name=name,
        total=counted.total(),
        variants=variants,
        # The latest first, as people look for it.
        lines=lines[::-1],
        data=json.dumps({"labels": labels, "datasets": _series(variants, lines)}),
        options=json.dumps(_options(len(variants))),
    )


def _series(variants: Sequence[str], lines: Sequence[Line]) -> list[dict[str, Any]]:
    colours = iter(COLOURS)
    found = []
    for index, variant in enumerate(variants[:MOST_SERIES]):
        rest = index == MOST_SERIES - 1 and len(variants) > MOST_SERIES
        counts = [sum(line.counts[index:]) if rest else line.counts[index] for line in lines]
        colour = OFF_COLOUR if variant == OFF else next(colours)
        found.append({"label": "others" if rest else variant, "data": counts, "backgroundColor": colour})
    return found


def _options(series: int) -> dict[str, Any]:
    axis = {"stacked": True, "border": {"display": False}, "grid": {"display": True, "tickWidth": 0}}
    return {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "categoryPercentage": 0.9,
        "barPercentage": 0.9,
        "plugins": {
            "legend": {
                "display": series > 1,
                "position": "bottom",
                "labels": {"color": TEXT, "boxWidth": 12},
            },
        },
        "scales": {
            "x": {
                **axis,
                "grid": {"display": False},
                "ticks": {"color": TEXT, "maxRotation": 0, "autoSkipPadding": 12},
            },
            "y": {**axis, "beginAtZero": True, "ticks": {"color": TEXT, "precision": 0, "maxTicksLimit": 6}},
        },
    }
