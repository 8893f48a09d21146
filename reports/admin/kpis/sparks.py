"""A small line of one KPI's last 30 days, drawn as SVG without a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reports.models import KpiReading
from reports.standing import change_of

WIDTH, HEIGHT, EDGE = 120, 32, 3
FEWEST = 2


@dataclass(frozen=True)
class Spark:
    """The points of a polyline, the place of the last, and the same in words."""

    points: str
    x: float
    y: float
    text: str


def figure_of(reading: KpiReading, *, change: bool) -> float | None:
    """A reading's value, or its change since the baseline of then."""
    return change_of(reading.value, reading.baseline) if change else reading.value


def spark(readings: Sequence[KpiReading], days: Sequence[date], *, change: bool) -> Spark | None:
    """The line of the readings, or of their changes, over these days; None of fewer than two."""
    place = {day: number for number, day in enumerate(days)}
    found = [
        (place[reading.day], figure)
        for reading in readings
        if reading.day in place and (figure := figure_of(reading, change=change)) is not None
    ]
    if len(found) < FEWEST:
        return None
    low, high = min(figure for _, figure in found), max(figure for _, figure in found)
    step, span = (WIDTH - 2 * EDGE) / (len(days) - 1), high - low
    points = [
        (
            round(EDGE + number * step, 1),
            round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * ((figure - low) / span if span else 0.5), 1),
        )
        for number, figure in found
    ]
    first, last = found[0][1], found[-1][1]
    text = f"{len(found)} readings in {len(days)} days: from {first:,.6g} to {last:,.6g}"
    return Spark(" ".join(f"{x},{y}" for x, y in points), *points[-1], text)
