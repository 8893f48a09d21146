"""The verb with which people enter a KPI's value of a day."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid
from reports.kpis.board import ENTERED
from reports.kpis.checking import ENTER, day_fault, entry_of, locked, number_fault, text_fault
from reports.models import KpiReading
from rollout.models import Module


@transaction.atomic
def enter(
    module: Module, key: str, value: float, *, day: date | None = None, note: str = "", actor: Actor
) -> KpiReading:
    """Enter what a KPI was on a day, today unless told; what that day had before is replaced.

    The trail keeps both. Raises Invalid, naming each bad field, and NotFound.
    """
    actor.require(ENTER, "enter values of KPIs")
    now = timezone.now()
    day = timezone.localdate(now) if day is None else day
    entry = entry_of(module, key)
    found = {
        "value": number_fault(value, entry.least, entry.most),
        "day": day_fault(day, now),
        "note": text_fault(note),
    }
    if faults := {name: fault for name, fault in found.items() if fault}:
        raise Invalid(faults)
    # Locked, so that two who enter the same day come one after the other.
    row = locked(module, entry, None, by=str(actor))
    before = KpiReading.objects.filter(kpi=row, day=day).first()
    reading, _ = KpiReading.objects.update_or_create(
        kpi=row,
        day=day,
        defaults={
            "value": value,
            "baseline": row.baseline if row.baseline is not None else before.baseline if before else None,
            "n": None,
            "source": ENTERED,
            "note": note.strip(),
            "by": actor.in_full,
            "at": now,
        },
    )
    data = {"day": f"{day}", "value": [before.value if before else None, value]}
    if before:
        data["replaced"] = before.source
    audit.record("kpi.entered", actor=actor, subject=row, data=data, reason=note.strip())
    return reading
