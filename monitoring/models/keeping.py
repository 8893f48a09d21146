"""How long pushed vitals are kept, and which hours make a day.

A day is one of the portal's time zone: the hours (UTC) that begin in it. Everything is kept and forgotten by
whole days, so that a day can always be rolled up from all of its hours or from none.
"""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

DAY = timedelta(days=1)
# Hours, counters, users and readings: those of today and of the 35 days before.
KEEP_HOURS = timedelta(days=35)
# A batch must outlive its samples: while one of them would still be taken, a repeat must be known for one.
# The newest is 5 minutes ahead at most (CLOCKS_DIFFER), so 35 days and a day to its end would do.
KEEP_BATCHES = KEEP_HOURS + timedelta(days=5)
KEEP_DAYS = timedelta(days=730)
# How far the product's clock may be ahead of the portal's.
CLOCKS_DIFFER = timedelta(minutes=5)


def day_of(moment: datetime) -> date:
    """The day to which `moment` belongs."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def start_of(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time.min, timezone.get_default_timezone())


def taken_since(now: datetime) -> datetime:
    """The moment before which no sample is taken any more: the beginning of a day, 35 to 36 days ago."""
    return start_of(day_of(now) - KEEP_HOURS)
