"""Savings and revenue of each month as bars, and what they had brought by then as a line to the cost."""

import json
from collections.abc import Sequence
from decimal import Decimal

from operations.doors.charts import LINES, Chart, line, options, scale
from reports.roi.statement import Statement

SAVINGS, REVENUE = LINES[0][0], LINES[2][0]


def by_month(found: Statement) -> Chart:
    """Two bars upon each other for each month."""
    datasets = [
        _bars("Savings", _over([month.savings for month in found.months], found), SAVINGS),
        _bars("Revenue increase", _over([month.revenue for month in found.months], found), REVENUE),
    ]
    return Chart(
        title="Savings and revenue increase, by month",
        text=f"In {found.currency}." if found.currency else "",
        data=json.dumps({"labels": [name for name, _ in found.span], "datasets": datasets}),
        options=json.dumps(options({"y": scale(stacked=True, beginAtZero=True)}, stacked=True)),
        empty=not found.rows,
    )


def cumulated(found: Statement) -> Chart:
    """What the months had brought together, against the cost."""
    lines = [line("Brought so far", _over(found.sums, found), 0, pointRadius=3, spanGaps=True)]
    if found.cost is not None:
        lines.append(line("Implementation cost", [float(found.cost)] * len(found.span), 1, pointRadius=0))
    return Chart(
        title="Brought so far, against the cost",
        text="It is paid back where the lines cross.",
        data=json.dumps({"labels": [name for name, _ in found.span], "datasets": lines}),
        options=json.dumps(options({"y": scale(beginAtZero=True)})),
        empty=not found.rows,
    )


def _bars(label: str, values: list[float | None], colour: str) -> dict[str, object]:
    return {
        "type": "bar",
        "label": label,
        "data": values,
        "backgroundColor": colour,
        "maxBarThickness": 28,
    }


def _over(amounts: Sequence[Decimal], found: Statement) -> list[float | None]:
    """The amounts of the months that were entered at their places in time; None for those that were not."""
    return [None if place is None else float(amounts[place]) for _, place in found.span]
