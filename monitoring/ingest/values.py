"""What single values of a sample may be, and how a fault speaks of the value that was sent.

No Django here, and nothing that takes long: a batch has up to a hundred thousand values.
"""

import math
import re
from datetime import UTC, datetime
from typing import Any

# A billion requests of a workspace in an hour. Nine billion such samples would have to be added up before a
# sum leaves the 63 bits that the database has for it.
MOST = 10**9
# Milliseconds, and so a float: whole numbers are exact up to 9 * 10^15.
MOST_MS = 10**12

WHOLE_RULE = f"must be a whole number from 0 to {MOST:,}"
MS_RULE = f"must be a number from 0 to {MOST_MS:,}"
PERCENT_RULE = "must be a number from 0 to 100"
TIME_RULE = "must be a time in ISO 8601 with its zone, such as 2026-03-01T12:00:00Z"

# Of a name that somebody sent, as a message repeats it.
_LONGEST_NAME = 100
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_SHOWN = 40


def is_whole(value: Any) -> bool:
    """Whether it is a JSON integer from 0 to a billion; true and 5.0 are not."""
    return type(value) is int and 0 <= value <= MOST


def is_number(value: Any, most: float) -> bool:
    """Whether it is a finite JSON number from 0 to `most`."""
    return type(value) in (int, float) and 0 <= value <= most


def is_text(value: Any, longest: int) -> bool:
    """Whether it is a text of 1 to `longest` characters, none of them a control character."""
    return isinstance(value, str) and 0 < len(value) <= longest and not _CONTROL.search(value)


def moment(value: Any) -> datetime | None:
    """The time that `value` tells, in UTC; None where it is no time, or tells no zone."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def shown_name(name: str) -> str:
    """A name that was sent, as it may stand in an answer and in the database."""
    return name if is_text(name, _LONGEST_NAME) else ascii(name[:_LONGEST_NAME])[1:-1]


def but(rule: str, value: Any) -> str:
    """The rule, with the number or the kind of value that breaks it; no text, which may be personal."""
    return f"{rule}, not {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if isinstance(value, int | float):
        text = str(value)
        return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"
