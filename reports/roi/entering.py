"""The verbs on the return on investment: what a module cost, and what each month brought."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, NotFound, Refused
from reports.models import Investment, RoiMonth
from reports.models.roi import FIGURES, FIRST_YEAR
from rollout.models import Module

COST = "reports.change_investment"
MONTH = "reports.change_roimonth"
# What the columns hold.
MOST_MONEY = Decimal("999999999999.99")
MOST_SMALL = Decimal("99999999.99")
SMALL = ("hours_saved", "hourly_rate")
LONGEST_NOTE = 300
CURRENCY = re.compile(r"[A-Z]{3}")
NAME = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@transaction.atomic
def set_cost(
    module: Module,
    cost: Decimal,
    currency: str,
    *,
    note: str = "",
    actor: Actor,
    version: int | None = None,
) -> Investment:
    """Set what a module's implementation cost, and the currency of all its amounts.

    Another currency converts nothing: it says what the figures were all along. Raises Invalid, and Refused
    when nothing is different or somebody changed it since `version` (0: it was never set).
    """
    actor.require(COST, "set what a module cost")
    module = Module.objects.select_for_update().get(pk=module.whole.pk)
    found = {
        "cost": _amount_fault(cost, MOST_MONEY),
        "currency": _currency_fault(currency),
        "note": _note_fault(note),
    }
    if faults := {name: fault for name, fault in found.items() if fault}:
        raise Invalid(faults)
    row = Investment.objects.filter(module=module).first()
    _check_version(row, version, f"What {module} cost")
    before = [f"{row.cost}", row.currency] if row else None
    if row is not None and (row.cost, row.currency, row.note) == (cost, currency, note.strip()):
        raise Refused("unchanged", f"{module} costs that already.")
    row = row or Investment(module=module, version=0)
    row.cost, row.currency, row.note = cost, currency, note.strip()
    _stamp(row, actor)
    data = {"before": before, "after": [f"{cost}", currency]}
    audit.record("roi.cost_set", actor=actor, subject=row, data=data, reason=row.note)
    return row


@transaction.atomic
def enter_month(
    module: Module,
    name: str,
    *,
    note: str = "",
    actor: Actor,
    version: int | None = None,
    **figures: Decimal,
) -> RoiMonth:
    """Enter what a month such as 2026-03 brought; what it had before is replaced, and the trail keeps both.

    A figure that is left out is 0, or what it was. Raises Invalid, and Refused when nothing is different or
    somebody changed it since `version` (0: it had none).
    """
    actor.require(MONTH, "enter what a month brought")
    if unknown := set(figures) - set(FIGURES):
        raise TypeError(f"a month has no {', '.join(sorted(unknown))}")
    module = Module.objects.select_for_update().get(pk=module.whole.pk)
    if faults := _faults(name, note, figures):
        raise Invalid(faults)
    year, month = _parts(name)
    row = RoiMonth.objects.filter(module=module, year=year, month=month).first()
    _check_version(row, version, f"{name} of {module}")
    before = {each: f"{getattr(row, each)}" for each in FIGURES} if row else None
    new = row is None
    row = row or RoiMonth(module=module, year=year, month=month, version=0)
    changed = {each: value for each, value in figures.items() if getattr(row, each) != value}
    if not new and not changed and row.note == note.strip():
        raise Refused("unchanged", f"{name} has these figures already.")
    for each, value in figures.items():
        setattr(row, each, value)
    row.note = note.strip()
    _stamp(row, actor)
    after = {each: f"{getattr(row, each)}" for each in FIGURES}
    data = {"month": name, "before": before, "after": after}
    audit.record("roi.month_entered", actor=actor, subject=row, data=data, reason=row.note)
    return row


@transaction.atomic
def remove_month(month: RoiMonth, *, actor: Actor, version: int | None = None) -> None:
    """Take away a month that was entered by mistake; the trail keeps its figures.

    Raises NotFound, and Refused when it was changed since `version`.
    """
    actor.require(MONTH, "remove a month")
    row = (
        RoiMonth.objects.select_for_update(of=("self",)).select_related("module").filter(pk=month.pk).first()
    )
    if row is None:
        raise NotFound(f"{month.name} was removed already.")
    _check_version(row, version, f"{row.name} of {row.module}")
    data = {"month": row.name, "before": {each: f"{getattr(row, each)}" for each in FIGURES}}
    audit.record("roi.month_removed", actor=actor, subject=row, data=data)
    row.delete()


def _check_version(row: Any, version: int | None, what: str) -> None:
    if version is not None and version != (row.version if row else 0):
        raise Refused("stale", f"{what} was changed since this was shown: look again.")


def _stamp(row: Investment | RoiMonth, actor: Actor) -> None:
    row.version += 1
    row.at, row.by = timezone.now(), actor.in_full
    row.save()


def _faults(name: Any, note: Any, figures: Mapping[str, Any]) -> dict[str, str]:
    found = {"month": _month_fault(name, timezone.now()), "note": _note_fault(note)}
    for each, value in figures.items():
        found[each] = _amount_fault(value, MOST_SMALL if each in SMALL else MOST_MONEY)
    return {name: fault for name, fault in found.items() if fault}


def _month_fault(name: Any, now: datetime) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return "must be a month such as 2026-03"
    today = timezone.localdate(now)
    year, month = _parts(name)
    if (year, month) > (today.year, today.month):
        return "must not be in the future"
    return f"must not be before {FIRST_YEAR}" if year < FIRST_YEAR else ""


def _parts(name: str) -> tuple[int, int]:
    year, month = name.split("-")
    return int(year), int(month)


def _amount_fault(value: Any, most: Decimal) -> str:
    if isinstance(value, bool) or not isinstance(value, Decimal) or not value.is_finite():
        return "must be a number"
    if value < 0:
        return "must be at least 0"
    if value > most:
        return f"must be at most {most:,}"
    return "must have at most 2 digits after the point" if value != round(value, 2) else ""


def _currency_fault(text: Any) -> str:
    good = isinstance(text, str) and CURRENCY.fullmatch(text)
    return "" if good else "must be three capital letters, such as EUR"


def _note_fault(note: Any) -> str:
    good = isinstance(note, str) and len(note) <= LONGEST_NOTE and note.isprintable()
    return "" if good else f"must be at most {LONGEST_NOTE} characters in one line"
