"""Business hours: when a stretch of work ends that begins now, and how much of it lies between two moments.

Open is every moment at which a clock on the workspace's wall shows a time within the day's opening hours.
What counts is the time that really passes: where the clocks change while it is open, that day is longer or
shorter. An hour that the clocks repeat counts both times, one that they leave out does not count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTES_OF_DAY = 1440
# Whoever asks for more than this is asking by mistake.
YEARS_AHEAD = 100

# From, to (both UTC, without tzinfo), and what to add for the time on the wall.
Piece = tuple[datetime, datetime, timedelta]


@dataclass(frozen=True)
class Calendar:
    """When work is done: per weekday (0 is Monday) the minutes after midnight at which it begins and ends.

    A weekday that is missing is closed, and so are the holidays. ValueError for hours that are not in order
    within 0 to 1440.
    """

    zone: ZoneInfo
    week: Mapping[int, tuple[int, int]]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        for weekday, (opens, closes) in self.week.items():
            if not (0 <= weekday <= 6 and 0 <= opens < closes <= MINUTES_OF_DAY):
                raise ValueError(f"weekday {weekday} can't be open from minute {opens} to minute {closes}")


def add(calendar: Calendar, start: datetime, work: timedelta) -> datetime:
    """The earliest moment, in UTC, by which `work` of open time has passed since `start`.

    `start` itself for no work. ValueError for less than none, and where a hundred years do not suffice, as
    in a calendar that never opens.
    """
    if work < timedelta(0):
        raise ValueError("work can't be negative")
    if not work:
        return start.astimezone(UTC)
    for opens, closes in _stretches(calendar, _naive(start)):
        if work <= closes - opens:
            return (opens + work).replace(tzinfo=UTC)
        work -= closes - opens
    raise ValueError(f"this calendar does not have that much open time in {YEARS_AHEAD} years")


def between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How much open time lies between two moments; none where the end is not after the start."""
    begins, ends = _naive(start), _naive(end)
    passed = timedelta(0)
    for opens, closes in _stretches(calendar, begins):
        if opens >= ends:
            break
        passed += min(closes, ends) - opens
    return passed


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _stretches(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From when to when it is open, one after the other, in UTC; the first may begin at `start`."""
    week = {
        weekday: (timedelta(minutes=opens), timedelta(minutes=closes))
        for weekday, (opens, closes) in calendar.week.items()
    }
    if not week:
        return
    for begins, ends, offset in _pieces(calendar.zone, start):
        day = (begins + offset).replace(hour=0, minute=0, second=0, microsecond=0)
        while (midnight := day - offset) < ends:
            hours = week.get(day.weekday())
            if hours is not None and day.date() not in calendar.holidays:
                opens, closes = max(midnight + hours[0], begins), min(midnight + hours[1], ends)
                if opens < closes:
                    yield opens, closes
            day += DAY


def _pieces(zone: ZoneInfo, start: datetime) -> Iterator[Piece]:
    """The time from `start` on, cut where the clocks change."""
    for year in range(start.year, start.year + YEARS_AHEAD + 1):
        for begins, ends, offset in _pieces_of_year(zone, year):
            if start < ends:
                yield max(begins, start), ends, offset


@lru_cache(maxsize=2048)
def _pieces_of_year(zone: ZoneInfo, year: int) -> tuple[Piece, ...]:
    begins, end = (_naive(datetime(first, 1, 1, tzinfo=UTC)) for first in (year, year + 1))
    pieces: list[Piece] = []
    day = begins
    while day < end:
        offset = _offset(zone, day)
        if _offset(zone, day + DAY) != offset:
            change = _change(zone, day)
            pieces.append((begins, change, offset))
            begins = change
        day += DAY
    if begins < end:
        pieces.append((begins, end, _offset(zone, begins)))
    return tuple(pieces)


def _change(zone: ZoneInfo, day: datetime) -> datetime:
    """The second within the day from which another offset holds."""
    before, after = 0, int(DAY.total_seconds())
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, day + timedelta(seconds=middle)) == _offset(zone, day):
            before = middle
        else:
            after = middle
    return day + timedelta(seconds=after)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) - moment
