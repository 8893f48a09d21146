"""What may be set and entered of a KPI, and finding the row to do it on."""

import math
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from operations.errors import NotFound, Refused
from reports.kpis import catalogue
from reports.kpis.board import own_entry
from reports.kpis.catalogue import LARGEST, Entry
from reports.models import Kpi
from rollout.models import Module

OLDEST = date(2000, 1, 1)
LONGEST_NOTE = 300
CHANGE = "reports.change_kpi"
ADD = "reports.add_kpi"
ENTER = "reports.add_kpireading"


def entry_of(module: Module, key: str) -> Entry:
    """The module's KPI of this key, of the catalogue or its own. Raises NotFound."""
    module = module.whole
    found = catalogue.entries_of(module.key).get(key)
    if found is not None:
        return found
    # PostgreSQL takes no NUL.
    rows = Kpi.objects.in_use().filter(module=module, key=key, own=True) if key.isprintable() else ()
    for row in rows:
        return own_entry(row)
    raise NotFound(f"{module} has no KPI {key[:60]!r}.")


def locked(module: Module, entry: Entry, version: int | None, *, by: str) -> Kpi:
    """The KPI's row, made where the catalogue's has none yet, locked until the transaction ends.

    Raises Refused when something was set since `version` was seen, NotFound when it was retired.
    """
    row, _ = Kpi.objects.select_for_update().get_or_create(
        module=module.whole, key=entry.key, defaults={"created_by": by}
    )
    if row.retired_at is not None:
        raise NotFound(f"{row} was retired.")
    if version is not None and row.version != version:
        raise Refused("stale", f"{entry.title} was changed since this was shown: look again.")
    return row


def number_fault(value: Any, least: float = -LARGEST, most: float = LARGEST) -> str:
    """The rule that a number breaks; "" for none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "must be a number"
    if value < least:
        return f"must be at least {least:,g}"
    if value > most:
        return f"must be at most {most:,g}"
    return ""


def day_fault(day: Any, now: datetime) -> str:
    """The rule that the day of a value breaks; "" for none."""
    if not isinstance(day, date) or isinstance(day, datetime):
        return "must be a day"
    if day > timezone.localdate(now):
        return "must not be in the future"
    return f"must not be before {OLDEST}" if day < OLDEST else ""


def text_fault(text: Any, most: int = LONGEST_NOTE, *, needed: bool = False) -> str:
    """The rule that a line of text breaks; "" for none."""
    if not isinstance(text, str) or len(text) > most or not text.isprintable():
        return f"must be at most {most} characters in one line"
    return "must not be empty" if needed and not text.strip() else ""
