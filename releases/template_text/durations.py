"""Durations as templates write them: 90s, 30m, 24h, 7d."""

import re
from datetime import timedelta

_WRITTEN = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LONGEST = timedelta(days=90)


def duration(text: str) -> timedelta:
    """The length of time that is written. Raises ValueError with the rule."""
    found = _WRITTEN.fullmatch(text)
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    if length is None or length > LONGEST:
        raise ValueError(f"must be a duration such as 90s, 30m, 24h or 7d, of at most {LONGEST.days} days")
    return length
