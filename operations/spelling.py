"""How names and times are spelled outside."""

from datetime import datetime

from django.utils import timezone


def camel(name: str) -> str:
    """A field's name as documents spell it: `expires_at` is `expiresAt`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def local_time(at: datetime) -> str:
    """A time as sentences spell it, in the portal's zone: `2026-03-01 12:00 GMT`."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}"
