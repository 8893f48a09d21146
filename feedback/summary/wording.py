"""Figures of the summary as people read them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from feedback.summary.documents import Document

HOUR = 60
NOBODY = "nobody said"
NOTHING = "nothing to measure"


def rating(found: Mapping[str, Any]) -> str:
    """A mean of ratings, never without its n."""
    return f"{found['mean']:.2f} of 5 (n = {found['n']:,})" if found["n"] else NOBODY


def share(found: Mapping[str, Any]) -> str:
    """A share, never without what it is of."""
    return f"{100 * found['share']:.1f} % of {found['n']:,}" if found["n"] else NOTHING


def percent(fraction: float | None) -> str:
    return "" if fraction is None else f"{100 * fraction:.1f} %"


def minutes(value: int | None) -> str:
    """45 as "45 min", 1,250 as "20 h 50 min"; whole hours from a hundred on."""
    if value is None:
        return NOTHING
    hours, rest = divmod(value, HOUR)
    if not hours:
        return f"{rest} min"
    return f"{hours:,} h {rest} min" if hours < 100 and rest else f"{round(value / HOUR):,} h"


def days(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def filters(document: Document) -> str:
    """What a summary is narrowed to, "" for nothing."""
    given = document["filters"].items()
    return ", ".join(f"{name} {value}" for name, value in given if value is not None)
