"""Dates as other programs write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from feedback.imports import dates

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-07-01", "2026-06-30T23:00"),
        ("2026-07-01 18:00", "2026-07-01T17:00"),
        ("2026-07-01T18:00:00Z", "2026-07-01T18:00"),
        ("2026-07-01T18:00:00+02:00", "2026-07-01T16:00"),
        ("01/Jul/26 18:00", "2026-07-01T17:00"),
        (" 01/Jul/26  6:00 PM ", "2026-07-01T17:00"),
        ("1 Jul 2026", "2026-06-30T23:00"),
        ("03/04/2026 12:00", "2026-04-03T11:00"),
        ("3.4.2026", "2026-04-02T23:00"),
    ],
)
def test_a_date_is_read_in_the_zone_that_was_given(text: str, found: str) -> None:
    assert dates.parse(text, LONDON) == datetime.fromisoformat(found).replace(tzinfo=UTC)


def test_the_month_may_come_first() -> None:
    assert dates.parse("03/04/2026", ZoneInfo("UTC"), month_first=True) == datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "20260701", "31/02/2026", "13/13/2026", "0001-01-01", "9" * 70, "2026-07-01T25:00"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert dates.parse(text, LONDON if text != "0001-01-01" else ZoneInfo("Asia/Tokyo")) is None
