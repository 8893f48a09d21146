"""When reports go out: an hour of the clock on the wall, once a day or once a week, summer and winter."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.subscriptions.timing import Timing

LONDON = ZoneInfo("Europe/London")
APIA = ZoneInfo("Pacific/Apia")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("weekday", "hour", "after", "expected"),
    [
        (None, 7, "2026-01-14 06:59", "2026-01-14 07:00"),
        (None, 7, "2026-01-14 07:00", "2026-01-15 07:00"),
        (0, 7, "2026-01-14 12:00", "2026-01-19 07:00"),
        (2, 7, "2026-01-14 06:00", "2026-01-14 07:00"),
        (6, 0, "2026-12-31 12:00", "2027-01-03 00:00"),
        # In summer seven o'clock is an hour earlier by UTC.
        (None, 7, "2026-07-01 12:00", "2026-07-02 06:00"),
        # The clock is put forward on 29 March, at one: the hour from one to two is left out.
        (None, 1, "2026-03-28 12:00", "2026-03-29 01:00"),
        (None, 1, "2026-03-29 01:00", "2026-03-30 00:00"),
        # It is put back on 25 October, at two: the hour from one to two is there twice, and counts once.
        (None, 1, "2026-10-24 12:00", "2026-10-25 00:00"),
        (None, 1, "2026-10-25 00:00", "2026-10-26 01:00"),
        (None, 1, "2026-10-25 00:59", "2026-10-26 01:00"),
    ],
)
def test_the_next_time_is_the_hour_by_the_clock_on_the_wall(
    weekday: int | None, hour: int, after: str, expected: str
) -> None:
    assert Timing(weekday, hour, LONDON).next_after(utc(after)) == utc(expected)


def test_a_day_that_a_zone_leaves_out_altogether_has_no_time_of_its_own() -> None:
    """Samoa went over the date line: after 29 December 2011 came the 31st."""
    times = Timing(None, 7, APIA).following(utc("2011-12-29 12:00"), 3)
    assert [each.astimezone(APIA).date().isoformat() for each in times] == [
        "2011-12-29",
        "2011-12-31",
        "2012-01-01",
    ]


MOMENTS = st.integers(0, 10 * 366 * 24 * 60).map(
    lambda minutes: utc("2020-01-01") + timedelta(minutes=minutes)
)
TIMINGS = st.builds(
    Timing,
    st.one_of(st.none(), st.integers(0, 6)),
    st.integers(0, 23),
    st.sampled_from([UTC, LONDON, ZoneInfo("America/New_York"), ZoneInfo("Africa/Cairo"), APIA]),
)


@given(TIMINGS, MOMENTS)
def test_each_time_is_followed_by_the_one_of_the_next_day_or_week(timing: Timing, moment: datetime) -> None:
    first, second = timing.following(moment, 2)
    days = 1 if timing.weekday is None else 7
    local = first.astimezone(timing.zone).date(), second.astimezone(timing.zone).date()
    assert moment < first < second
    assert local[1] - local[0] == timedelta(days=days)
    assert timing.weekday in (None, local[0].weekday())


@given(TIMINGS, MOMENTS)
def test_the_last_time_is_the_one_before_the_next(timing: Timing, moment: datetime) -> None:
    last = timing.last_until(moment)
    assert last <= moment < timing.next_after(moment)
    assert timing.next_after(last) == timing.next_after(moment)
