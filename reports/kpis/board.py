"""A module's KPIs as they stand now: what was measured or entered, against target and baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from reports.kpis import catalogue, measuring
from reports.kpis.catalogue import Bound, Entry, Group
from reports.kpis.measuring import Measured
from reports.models import Kpi, KpiReading
from reports.standing import Judged, Rule, Standing, change_of, holds, judge
from rollout.models import Module

MEASURED, ENTERED = KpiReading.Source.MEASURED.value, KpiReading.Source.ENTERED.value
ENTERED_FIELDS = ("day", "value", "by", "note")
NOTHING_ENTERED = "Nobody has entered a value."
NO_BASELINE = "No baseline to compare with: set one."


@dataclass(frozen=True, kw_only=True)
class Line:
    """One KPI now.

    `figure` is what is held against the target: the value, or its change in percent. `source` is measured,
    entered or "" for no value; `entered_on`, `entered_by` and `entered_note` say whose an entered value is.
    `reason` says why it is unknown. `version` is the row's, 0 where nothing was ever set.
    """

    entry: Entry
    own: bool
    target: float | None
    target_is_own: bool
    value: float | None
    n: int | None
    source: str
    entered_on: date | None
    entered_by: str
    entered_note: str
    out_of_date: bool
    baseline: float | None
    baseline_by: str
    change: float | None
    standing: Standing
    reason: str
    version: int
    kpi_id: int | None

    @property
    def figure(self) -> float | None:
        return self.change if self.entry.judged is Judged.CHANGE else self.value


def lines_of(module: Module, *, now: datetime, key: str | None = None) -> list[Line]:
    """Every KPI of a module that is not retired, in the catalogue's order and then its own ones.

    With `key` that one alone, and only what it needs is measured.
    """
    module = module.whole
    rows = rows_of(module)
    entries = [entry for entry in entries_of(module, rows) if key is None or entry.key == key]
    names = [entry.measure for entry in entries if entry.measure]
    measured = measuring.measure(module, names, now=now) if names else {}
    return [_line(entry, rows.get(entry.key), measured.get(entry.measure), now) for entry in entries]


def rows_of(module: Module) -> Mapping[str, Kpi]:
    """What was set, by key, each with the newest entered reading's day, value and author; one query."""
    entered = KpiReading.objects.filter(kpi=OuterRef("pk"), source=ENTERED).order_by("-day")
    found = Kpi.objects.in_use().filter(module=module).select_related("module").order_by("created_at", "pk")
    latest = {f"entered_{name}": Subquery(entered.values(name)[:1]) for name in ENTERED_FIELDS}
    return {row.key: row for row in found.annotate(**latest)}


def entries_of(module: Module, rows: Mapping[str, Kpi]) -> Sequence[Entry]:
    """The catalogue's KPIs and the module's own ones."""
    return [*catalogue.entries_of(module.key).values(), *(own_entry(row) for row in rows.values() if row.own)]


def own_entry(row: Kpi) -> Entry:
    """A module's own KPI, as the catalogue would tell it."""
    return Entry(
        key=row.key,
        title=row.title,
        group=Group.OWN,
        unit=row.unit,
        rule=Rule(row.rule),
        judged=Judged(row.judged),
        guides="",
        note=row.note,
        least=-catalogue.LARGEST,
    )


def _line(entry: Entry, row: Kpi | None, measured: Measured | None, now: datetime) -> Line:
    target = row.target if row is not None and row.target is not None else entry.target
    found = _Value.of(entry, row, measured, target, now)
    by_hand = row is not None and row.baseline is not None
    baseline = row.baseline if row is not None and by_hand else measured.baseline if measured else None
    change = change_of(found.value, baseline)
    figure = change if entry.judged is Judged.CHANGE else found.value
    reason = found.unknown
    if not reason and figure is None and target is not None:
        reason = NO_BASELINE
    # What nobody set a target for is tracked as it is, also where its change is not known.
    shown = found.value if target is None else figure
    standing = Standing.UNKNOWN if reason else judge(entry.rule, shown, target)
    return Line(
        entry=entry,
        own=entry.group is Group.OWN,
        target=target,
        target_is_own=row is not None and row.target is not None,
        value=found.value,
        n=found.n,
        source=found.source,
        entered_on=found.day,
        entered_by=found.by,
        entered_note=found.note,
        out_of_date=found.out_of_date,
        baseline=baseline,
        baseline_by=row.baseline_by if row is not None and by_hand else "",
        change=change,
        standing=standing,
        reason=reason,
        version=row.version if row else 0,
        kpi_id=row.pk if row else None,
    )


@dataclass(frozen=True)
class _Value:
    """Which value counts now, and why it is not enough to judge where it is not."""

    value: float | None = None
    n: int | None = None
    source: str = ""
    day: date | None = None
    by: str = ""
    note: str = ""
    out_of_date: bool = False
    unknown: str = ""

    @classmethod
    def of(
        cls, entry: Entry, row: Kpi | None, measured: Measured | None, target: float | None, now: datetime
    ) -> "_Value":
        """What is measured counts before what was entered, but for a bound that decides nothing."""
        entered = cls._entered(entry, row, now)
        if measured is not None and measured.value is not None:
            told = cls(measured.value, measured.n, MEASURED)
            if entry.bound is Bound.NONE or decides(entry, measured.value, target):
                return told
            if entered is not None and not entered.out_of_date:
                return entered
            return cls(measured.value, measured.n, MEASURED, unknown=_undecided(entry))
        if entered is not None:
            return entered
        if measured is not None:
            return cls(n=measured.n, unknown=measured.unknown)
        return cls(unknown=NOTHING_ENTERED)

    @classmethod
    def _entered(cls, entry: Entry, row: Kpi | None, now: datetime) -> "_Value | None":
        day: date | None = getattr(row, "entered_day", None)
        if row is None or day is None:
            return None
        age = timezone.localdate(now) - day
        old = age > entry.valid_for
        aged = f"Out of date: it is {_days(age)} old, and holds for {_days(entry.valid_for)}."
        _, value, by, note = (getattr(row, f"entered_{name}") for name in ENTERED_FIELDS)
        return cls(value, None, ENTERED, day, by, note, old, aged if old else "")


def decides(entry: Entry, value: float, target: float | None) -> bool:
    """Whether a bound is enough: the truth lies on the far side of it, and that side is all met or missed."""
    if target is None:
        return False
    met = holds(entry.rule, value, target)
    return met if (entry.bound is Bound.LEAST) != entry.rule.less_is_better else not met


def _undecided(entry: Entry) -> str:
    side = "at least" if entry.bound is Bound.LEAST else "at most"
    return f"Measured is only that it is {side} as much: enter what is known."


def _days(length: timedelta) -> str:
    return f"{length.days} day{'' if length.days == 1 else 's'}"
