"""Slots: the full hours at which health checks end."""

from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
# Late counters of the last minutes may still be on their way (SPEC 4.1).
SETTLING = timedelta(minutes=10)


def newest(now: datetime) -> datetime:
    """The last full hour that is at least ten minutes past: at 13:09 it is 12:00, at 13:10 it is 13:00."""
    return full_hour(now - SETTLING)


def full_hour(at: datetime) -> datetime:
    """The full hour at or before `at`."""
    return at.replace(minute=0, second=0, microsecond=0)


def missed(previous: datetime | None, slot: datetime) -> int:
    """How many slots between two checks had none."""
    return 0 if previous is None else max(0, (slot - previous) // HOUR - 1)
