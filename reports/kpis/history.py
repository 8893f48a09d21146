"""KPIs over time: the readings of some days, for lists and for one KPI."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.utils import timezone

from reports.models import KpiReading
from rollout.models import Module

SPANS = (30, 90, 365)
SPARK_DAYS = 30


def of_module(module: Module, *, now: datetime, days: int = SPARK_DAYS) -> Mapping[str, Sequence[KpiReading]]:
    """The readings of the last days by the KPIs' keys, the oldest first; one query."""
    first = _first(now, days)
    found = KpiReading.objects.filter(kpi__module=module.whole, day__gte=first).order_by("day")
    by_key: dict[str, list[KpiReading]] = {}
    for reading in found.select_related("kpi"):
        by_key.setdefault(reading.kpi.key, []).append(reading)
    return by_key


def of_kpi(kpi_id: int | None, *, now: datetime, days: int) -> list[KpiReading]:
    """The readings of one KPI, the oldest first."""
    return list(KpiReading.objects.filter(kpi=kpi_id, day__gte=_first(now, days)).order_by("day"))


def days_of(now: datetime, days: int) -> list[date]:
    """The last days, today included, the oldest first."""
    first = _first(now, days)
    return [first + timedelta(days=number) for number in range(days)]


def _first(now: datetime, days: int) -> date:
    return timezone.localdate(now) - timedelta(days=days - 1)
