"""Business hours against an oracle that knows nothing of them: minute by minute, open or not, added up."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback import clocks
from feedback.clocks import Calendar

CASES = 10_000
CASES_EACH = 100
SPAN = timedelta(days=120)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MICROSECONDS = 1_000_000
# Half an hour of summer time, clocks that change at midnight, a day that never was, offsets of quarters of an
# hour, a fast of a month without summer time, and zones where nothing changes.
CHANGES = {
    "Europe/London": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/New_York": ["2025-03-09T07:00", "2025-11-02T06:00"],
    "America/Havana": ["2024-03-10T05:00", "2024-11-03T05:00"],
    "America/St_Johns": ["2010-03-14T03:31", "2010-11-07T02:31"],
    "Australia/Lord_Howe": ["2027-04-03T15:00", "2027-10-02T15:30"],
    "Pacific/Apia": ["2011-12-30T10:00", "2012-03-31T14:00"],
    "Pacific/Chatham": ["2026-04-04T14:00", "2026-09-26T14:00"],
    "Africa/Casablanca": ["2026-02-15T02:00", "2026-03-22T02:00"],
    "Asia/Kolkata": ["2026-01-01T00:00"],
    "Africa/Lagos": ["2026-07-01T00:00"],
}
OFFICE = dict.fromkeys(range(5), (540, 1020))
ALWAYS = dict.fromkeys(range(7), (0, 1440))
NIGHTS = dict.fromkeys(range(7), (30, 165))


class Oracle:
    """Open time before each minute of some months, as the wall clock tells minute by minute."""

    def __init__(self, calendar: Calendar, begins: datetime) -> None:
        self.begins = begins
        minutes = _walls(calendar.zone, begins)
        table = np.zeros(7 * 1440, dtype=bool)
        for weekday, (opens, closes) in calendar.week.items():
            table[weekday * 1440 + opens : weekday * 1440 + closes] = True
        # The first of January 1970 was a Thursday.
        self.open = table[(minutes + 3 * 1440) % (7 * 1440)]
        epoch = date(1970, 1, 1)
        self.open &= ~np.isin(minutes // 1440, [(day - epoch).days for day in calendar.holidays])
        self.before = np.concatenate([[0], np.cumsum(self.open)]) * 60 * MICROSECONDS

    def passed(self, moment: datetime) -> int:
        """Microseconds of open time before the moment."""
        minute, rest = divmod(moment - self.begins, MINUTE)
        return int(self.before[minute]) + (_microseconds(rest) if self.open[minute] else 0)

    def between(self, start: datetime, end: datetime) -> timedelta:
        return timedelta(microseconds=max(0, self.passed(end) - self.passed(start)))

    def add(self, start: datetime, work: timedelta) -> datetime:
        goal = self.passed(start) + _microseconds(work)
        minute = int(np.searchsorted(self.before, goal)) - 1
        return self.begins + timedelta(minutes=minute, microseconds=goal - int(self.before[minute]))

    def left(self, start: datetime) -> int:
        return int(self.before[-1]) - self.passed(start)


def _walls(zone: ZoneInfo, begins: datetime) -> np.ndarray:
    """What the clock on the wall shows at each minute of the months, in minutes since 1970."""
    hours = np.array([_wall(zone, begins + HOUR * count) for count in range(SPAN // HOUR + 1)])
    minutes = (hours[:-1, None] + np.arange(60)).ravel()
    for hour in np.flatnonzero(np.diff(hours) != 60):
        for minute in range(hour * 60, hour * 60 + 60):
            minutes[minute] = _wall(zone, begins + MINUTE * int(minute))
    return minutes


def _wall(zone: ZoneInfo, moment: datetime) -> int:
    shown = moment.astimezone(zone).replace(tzinfo=UTC)
    return int(shown.timestamp()) // 60


def _microseconds(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def _week(random: Random) -> dict[int, tuple[int, int]]:
    chosen = random.choice([OFFICE, ALWAYS, NIGHTS, None, None])
    if chosen is not None:
        return chosen
    week: dict[int, tuple[int, int]] = {}
    for weekday in random.sample(range(7), random.randint(1, 7)):
        opens, closes = sorted(random.sample([*range(0, 1441, 15), *range(50, 200)], 2))
        week[weekday] = (opens, max(closes, opens + 1))
    return week


def _moment(random: Random, oracle: Oracle, change: datetime) -> datetime:
    """Anywhere in the months, or near the change; on the minute, or in the middle of a second."""
    rest = timedelta(microseconds=random.choice([0, 0, 1, 59_999_999, random.randrange(60 * MICROSECONDS)]))
    if random.random() < 0.5:
        return change + timedelta(minutes=random.randint(-2000, 2000)) + rest
    return oracle.begins + timedelta(minutes=random.randrange(1440, SPAN // MINUTE - 1440)) + rest


def _worlds(random: Random) -> Iterator[tuple[Calendar, Oracle, datetime]]:
    changes = [(zone, f"{change}Z") for zone, found in CHANGES.items() for change in found]
    for count in range(CASES // CASES_EACH):
        name, text = changes[count % len(changes)]
        change = datetime.fromisoformat(text)
        begins = (change - timedelta(days=random.randint(10, 100))).replace(hour=0, minute=0)
        days = [change.date() + timedelta(days=random.randint(-20, 20)) for _ in range(random.randint(0, 6))]
        calendar = Calendar(ZoneInfo(name), _week(random), frozenset(days))
        yield calendar, Oracle(calendar, begins), change


def test_ten_thousand_cases_over_zones_clock_changes_and_holidays_agree_with_the_oracle():
    random = Random(6)
    differences: list[Any] = []
    cases = 0
    for calendar, oracle, change in _worlds(random):
        for _ in range(CASES_EACH):
            start, end = _moment(random, oracle, change), _moment(random, oracle, change)
            if clocks.between(calendar, start, end) != oracle.between(start, end):
                differences.append((calendar, start, end))
            most = oracle.left(start)
            # To the end of what is open in between it lands on a closing time.
            lengths = [oracle.between(start, end), timedelta(microseconds=random.randint(0, most))]
            work = random.choice(lengths)
            if work and clocks.add(calendar, start, work) != oracle.add(start, work):
                differences.append((calendar, start, work))
            cases += 1
    assert differences == []
    assert cases == CASES


def _utc(*parts: int) -> datetime:
    year, month, day, hour, minute = (*parts, 0, 0)[:5]
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def _london(week: dict[int, tuple[int, int]], *holidays: date) -> Calendar:
    return Calendar(ZoneInfo("Europe/London"), week, frozenset(holidays))


def test_four_hours_from_friday_afternoon_end_on_monday_morning():
    friday = _utc(2026, 11, 20, 15, 30)
    assert clocks.add(_london(OFFICE), friday, timedelta(hours=4)) == _utc(2026, 11, 23, 11, 30)


def test_a_holiday_passes_without_a_tick():
    christmas = _london(OFFICE, date(2026, 12, 25), date(2026, 12, 28))
    assert clocks.add(christmas, _utc(2026, 12, 24, 16), timedelta(hours=2)) == _utc(2026, 12, 29, 10)
    assert clocks.between(christmas, _utc(2026, 12, 24, 17), _utc(2026, 12, 29, 9)) == timedelta(0)


def test_what_fills_the_day_exactly_ends_at_closing_time():
    assert clocks.add(_london(OFFICE), _utc(2026, 11, 20, 9), timedelta(hours=8)) == _utc(2026, 11, 20, 17)


def test_a_night_in_which_the_clocks_change_is_an_hour_longer_or_shorter():
    spring, autumn = _utc(2026, 3, 28, 23), _utc(2026, 10, 24, 23)
    for start, hours in ((spring, 23), (autumn, 25)):
        day = clocks.between(_london(ALWAYS), start, start + timedelta(hours=30)) - timedelta(
            hours=30 - hours
        )
        assert day == timedelta(hours=hours)
    nights = _london(NIGHTS)
    assert clocks.between(nights, spring, _utc(2026, 3, 29, 12)) == timedelta(minutes=75)
    assert clocks.between(nights, autumn, _utc(2026, 10, 25, 12)) == timedelta(minutes=195)


def test_no_work_ends_where_it_begins_even_on_a_sunday():
    sunday = _utc(2026, 11, 22, 3)
    assert clocks.add(_london(OFFICE), sunday, timedelta(0)) == sunday
    assert clocks.add(_london({}), sunday, timedelta(0)) == sunday


def test_nothing_passes_backwards():
    assert clocks.between(_london(ALWAYS), _utc(2026, 11, 22), _utc(2026, 11, 21)) == timedelta(0)


def test_a_calendar_that_never_opens_is_told_and_does_not_search_forever():
    with pytest.raises(ValueError, match="100 years"):
        clocks.add(_london({}), _utc(2026, 1, 1), timedelta(minutes=1))
    assert clocks.between(_london({}), _utc(2026, 1, 1), _utc(2027, 1, 1)) == timedelta(0)


def test_less_than_no_work_and_hours_out_of_order_are_refused():
    with pytest.raises(ValueError, match="negative"):
        clocks.add(_london(OFFICE), _utc(2026, 1, 1), timedelta(minutes=-1))
    for weekday, hours in ((7, (0, 60)), (0, (60, 60)), (0, (0, 1441)), (0, (-1, 60))):
        with pytest.raises(ValueError, match="can't be open"):
            _london({weekday: hours})


def test_moments_of_any_zone_count_alike():
    kolkata = ZoneInfo("Asia/Kolkata")
    start, end = _utc(2026, 11, 20, 8), _utc(2026, 11, 24, 16)
    office = _london(OFFICE)
    there = clocks.between(office, start.astimezone(kolkata), end.astimezone(kolkata))
    assert there == clocks.between(office, start, end) == timedelta(hours=23)
    added = clocks.add(office, start.astimezone(kolkata), there)
    assert (added, added.tzinfo) == (end, UTC)


CALENDARS = st.builds(
    Calendar,
    st.sampled_from([ZoneInfo(name) for name in CHANGES]),
    st.dictionaries(
        st.integers(0, 6),
        st.tuples(st.integers(0, 659), st.integers(720, 1440)) | st.tuples(st.just(0), st.integers(60, 200)),
        min_size=1,
    ),
    st.frozensets(st.dates(date(2026, 3, 20), date(2026, 4, 10)), max_size=5),
)
MOMENTS = st.integers(0, 300 * 24 * 3600).map(lambda second: _utc(2026, 2, 1) + timedelta(seconds=second))
WORK = st.timedeltas(timedelta(0), timedelta(days=8))


@given(CALENDARS, MOMENTS, WORK)
def test_what_was_added_lies_in_between_and_no_earlier_moment_suffices(calendar, start, work):
    end = clocks.add(calendar, start, work)
    assert clocks.between(calendar, start, end) == work
    if work:
        assert clocks.between(calendar, start, end - timedelta(microseconds=1)) < work


@given(CALENDARS, MOMENTS, WORK, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_later_start_or_more_work_never_ends_earlier(calendar, start, work, more):
    end = clocks.add(calendar, start, work)
    assert clocks.add(calendar, start + more, work) >= end
    assert clocks.add(calendar, start, work + more) >= end


@given(CALENDARS, MOMENTS, WORK, st.timedeltas(timedelta(0), timedelta(days=90)))
def test_two_parts_make_the_whole(calendar, start, first, rest):
    middle, end = start + first, start + first + rest
    parts = clocks.between(calendar, start, middle) + clocks.between(calendar, middle, end)
    assert parts == clocks.between(calendar, start, end) <= end - start
