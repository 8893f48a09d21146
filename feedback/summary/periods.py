"""The steps of a chart: days, weeks, months or years, cut off where the range begins and ends. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)
# A range of at most so many days is told in these steps: some hundred points at the most.
STEPS = ((92, "day"), (731, "week"), (3_660, "month"))
LONGEST = "year"


@dataclass(frozen=True)
class Period:
    """The days from one to another, both included. `key` is the day with which the whole step begins."""

    key: date
    first: date
    last: date


def step_of(days: int) -> str:
    """In which steps so many days are told."""
    return next((step for most, step in STEPS if days <= most), LONGEST)


def periods(first: date, last: date) -> list[Period]:
    """The steps that cover the days from `first` to `last`, none left out; weeks begin on Monday."""
    step = step_of((last - first).days + 1)
    found = []
    key = start_of(first, step)
    while key <= last:
        following = _next(key, step)
        found.append(Period(key, max(key, first), min(following - DAY, last)))
        key = following
    return found


def start_of(day: date, step: str) -> date:
    """The first day of the step that a day is in."""
    if step == "week":
        return day - day.weekday() * DAY
    if step == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if step == "year" else day


def _next(key: date, step: str) -> date:
    longest = {"day": 1, "week": 7, "month": 31, "year": 366}[step]
    return start_of(key + longest * DAY, step)
