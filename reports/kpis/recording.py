"""Each day's reading of what is measured: a KPI's history."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Avg
from django.utils import timezone

from monitoring.models import GaugeReading
from operations import audit
from operations.actor import Actor
from reports.kpis import catalogue, measuring
from reports.kpis.board import MEASURED, decides
from reports.kpis.catalogue import Bound, Entry
from reports.kpis.measuring import Measured
from reports.models import Kpi, KpiReading
from rollout.models import Module

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MEMORY_INCREASE = "memory_increase"
TAKEN = "measured: the mean of the 7 days before the rollout began"


def record_due(now: datetime, *, actor: Actor) -> list[str]:
    """Write the readings of the last full day for every module that has none of it yet; say what was done.

    However often it runs, a day is measured once, and what somebody entered stays.
    """
    day = timezone.localdate(now) - DAY
    done = Kpi.objects.filter(readings__day=day, readings__source=MEASURED).order_by().values("module")
    return [
        f"{module}: {count} KPIs of {day}"
        for module in Module.objects.whole().exclude(pk__in=done)
        if (count := record(module, day, actor=actor))
    ]


def record(module: Module, day: date, *, actor: Actor) -> int:
    """Measure a module's KPIs over the time until the end of `day`; return how many had a value.

    A bound that decides nothing is no value of the KPI, and has no place between those that people entered.
    """
    entries = [entry for entry in catalogue.entries_of(module.key).values() if entry.measure]
    end = _midnight(day + DAY)
    found = measuring.measure(module, [entry.measure for entry in entries], now=end, until=end)
    targets = dict(Kpi.objects.filter(module=module).exclude(target=None).values_list("key", "target"))
    known = []
    for entry in entries:
        measured = found[entry.measure]
        target = targets.get(entry.key, entry.target)
        if measured.value is not None and (
            entry.bound is Bound.NONE or decides(entry, measured.value, target)
        ):
            known.append((entry, measured))
    return _write(module, day, known, actor)


@transaction.atomic
def _write(module: Module, day: date, known: list[tuple[Entry, Measured]], actor: Actor) -> int:
    rows = _rows(module, [entry.key for entry, _ in known], by=str(actor))
    _take_memory(module, rows.get(MEMORY_INCREASE), actor)
    readings = [
        _reading(rows[entry.key], day, measured, measured.value, actor)
        for entry, measured in known
        if measured.value is not None
    ]
    KpiReading.objects.bulk_create(readings, ignore_conflicts=True)
    return len(readings)


def _reading(row: Kpi, day: date, measured: Measured, value: float, actor: Actor) -> KpiReading:
    baseline = row.baseline if row.baseline is not None else measured.baseline
    return KpiReading(
        kpi=row, day=day, value=value, baseline=baseline, n=measured.n, source=MEASURED, by=str(actor)
    )


def _rows(module: Module, keys: list[str], *, by: str) -> dict[str, Kpi]:
    """The rows of these KPIs, made where they are missing."""
    wanted = Kpi.objects.filter(module=module, key__in=keys)
    have = set(wanted.values_list("key", flat=True))
    missing = [Kpi(module=module, key=key, created_by=by) for key in keys if key not in have]
    Kpi.objects.bulk_create(missing, ignore_conflicts=True)
    return {row.key: row for row in wanted.select_for_update(of=("self",)).select_related("module")}


def _take_memory(module: Module, row: Kpi | None, actor: Actor) -> None:
    """Keep how much memory was in use before the rollout began: the readings are forgotten in five weeks."""
    plan = measuring.live_plan(module)
    if row is None or row.baseline is not None or plan is None or plan.started_at is None:
        return
    before = GaugeReading.objects.filter(at__gte=plan.started_at - WEEK, at__lt=plan.started_at)
    mean = before.aggregate(mean=Avg("memory"))["mean"]
    if not mean:
        return
    row.baseline, row.baseline_by, row.baseline_note = mean, str(actor), TAKEN
    row.baseline_at = timezone.now()
    row.version += 1
    row.save(update_fields=["baseline", "baseline_by", "baseline_note", "baseline_at", "version"])
    audit.record("kpi.baseline_set", actor=actor, subject=row, data={"baseline": [None, mean]})


def _midnight(day: date) -> datetime:
    """When a day of the portal's time zone begins."""
    return datetime.combine(day, time.min, timezone.get_default_timezone())
