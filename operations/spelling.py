"""How names, times and lengths of time are spelled outside."""

from datetime import datetime, timedelta

from django.utils import timezone


def camel(name: str) -> str:
    """A field's name as documents spell it: `expires_at` is `expiresAt`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def local_time(at: datetime) -> str:
    """A time as sentences spell it, in the portal's zone: `2026-03-01 12:00 GMT`."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}"


def span(length: timedelta) -> str:
    """`45 s`, `7 min`, `1 h 20 min`, `2 d 3 h`: the two largest units, cut and not rounded."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3_600, seconds // 86_400
    if days:
        return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"
