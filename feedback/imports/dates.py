"""Dates as other programs write them. Pure."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

# After ISO 8601, which is tried first: Jira's two, and what a spreadsheet makes of a date.
NAMED_MONTHS = (
    "%d/%b/%y %H:%M",
    "%d/%b/%y %I:%M %p",
    "%d/%b/%Y %H:%M",
    "%d %b %Y %H:%M",
    "%d %b %Y",
    "%d-%b-%Y",
)
DAY_FIRST = (
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
)
MONTH_FIRST = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y")
LONGEST = 60


@lru_cache(maxsize=4096)
def parse(text: str, zone: ZoneInfo, *, month_first: bool = False) -> datetime | None:
    """The moment that `text` tells, in `zone` where it names none itself; None where it is no date.

    03/04/2026 is the 3rd of April, with `month_first` the 4th of March.
    """
    text = " ".join(text.split())
    if not text or len(text) > LONGEST:
        return None
    formats = (*NAMED_MONTHS, *(MONTH_FIRST if month_first else DAY_FIRST))
    try:
        found = _iso(text) or next(filter(None, (_in_format(text, form) for form in formats)), None)
        return found and (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        # At either end of the calendar.
        return None


def _iso(text: str) -> datetime | None:
    # Such as 20260403 is rather a number than a date.
    if text.isdigit():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _in_format(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the caller knows the zone
    except ValueError:
        return None
