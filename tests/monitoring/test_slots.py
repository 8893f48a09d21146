"""A check ends at the last full hour that is at least ten minutes past."""

from datetime import UTC, datetime, timedelta

import pytest

from monitoring import slots


@pytest.mark.parametrize(
    ("now", "slot"),
    [("13:09:59", "12:00"), ("13:10:00", "13:00"), ("13:59:59", "13:00"), ("00:05:00", "23:00")],
)
def test_a_slot_is_ten_minutes_past(now: str, slot: str) -> None:
    day = datetime(2026, 3, 29, tzinfo=UTC)
    hour, minute, second = map(int, now.split(":"))
    found = slots.newest(day.replace(hour=hour, minute=minute, second=second))
    assert f"{found:%H:%M}" == slot
    assert found.day == (28 if hour == 0 else 29)


def test_slots_between_two_checks_are_missed() -> None:
    slot = datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert slots.missed(None, slot) == 0
    assert slots.missed(slot - timedelta(hours=1), slot) == 0
    assert slots.missed(slot - timedelta(hours=6), slot) == 5
