"""Hours are rolled up to days and forgotten: no hour goes before it stands in its day for good.

A day is rolled up when it is over, and again while batches still bring samples of it. When none of them is
taken any more (`keeping.KEEP_HOURS`) it is rolled up for the last time, and then its hours may go. All of
it can run late, twice, or be cut off in the middle: the next run goes on.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Min, OuterRef, Subquery
from django.utils import timezone

from monitoring.models import (
    Batch,
    CounterDay,
    CounterHour,
    DailyUser,
    DayRoll,
    GaugeReading,
    WorkspaceDay,
    WorkspaceHour,
)
from monitoring.models.keeping import (
    DAY,
    KEEP_BATCHES,
    KEEP_DAYS,
    KEEP_HOURS,
    day_of,
    start_of,
    taken_since,
)
from monitoring.models.vitals import Sums
from rollout.models import Module

# What may pass between the time that a batch notes for itself and its commit; a request ends long before.
IN_FLIGHT = timedelta(hours=1)
# Rows that one transaction deletes: SQLite has one writer, and the others must not wait long.
CHUNK = 10_000


def roll_up(now: datetime | None = None) -> list[date]:
    """Write the days that are over, and those that changed since, from their hours; return these days."""
    now = now or timezone.now()
    due, unchanged = [], []
    rolls = {roll.day: roll for roll in DayRoll.objects.all()}
    changed = _changed(rolls)
    for day in _days(rolls, until=day_of(now)):
        roll = rolls.get(day)
        if roll is None or (not roll.final and (day in changed or _is_settled(day, now))):
            due.append(day)
        elif not roll.final:
            unchanged.append(day)
    rolled = [day for day in due if _roll(day, now)]
    DayRoll.objects.filter(day__in=unchanged).update(rolled_at=now)
    return rolled


def purge(now: datetime | None = None) -> Mapping[str, int]:
    """Delete what is older than it is kept, in small transactions; return how many rows of each table.

    Hours, counters and users go by whole days, each after its last roll-up.
    """
    now = now or timezone.now()
    gone: Counter[str] = Counter()
    for roll in DayRoll.objects.filter(final=True).order_by("day"):
        since, until = start_of(roll.day), start_of(roll.day + DAY)
        gone += _delete(WorkspaceHour, hour__gte=since, hour__lt=until)
        gone += _delete(CounterHour, hour__gte=since, hour__lt=until)
        gone += _delete(DailyUser, day=roll.day)
        roll.delete()
    oldest = day_of(now) - KEEP_DAYS
    gone += _delete(GaugeReading, at__lt=taken_since(now))
    gone += _delete(WorkspaceDay, day__lt=oldest)
    gone += _delete(CounterDay, day__lt=oldest)
    gone += _delete(Batch, received_at__lt=now - KEEP_BATCHES)
    return gone


def _is_settled(day: date, now: datetime) -> bool:
    """Whether no sample of `day` is taken any more, nor still on its way into the database."""
    return now >= start_of(day + KEEP_HOURS + DAY) + IN_FLIGHT


def _days(rolls: Iterable[date], *, until: date) -> Iterator[date]:
    """Every day from the oldest that has an hour, a user or a roll-up to the one before `until`."""
    hours = [_oldest(WorkspaceHour, "hour"), _oldest(CounterHour, "hour")]
    users = _oldest(DailyUser, "day")
    day = min([*map(day_of, filter(None, hours)), *filter(None, [users]), *rolls], default=until)
    while day < until:
        yield day
        day += DAY


def _oldest(model: type[models.Model], column: str) -> Any:
    """The least value of a column; module by module, as the index goes."""
    first = model._default_manager.filter(module=OuterRef("pk")).order_by(column).values(column)[:1]
    return Module.objects.whole().aggregate(oldest=Min(Subquery(first)))["oldest"]


def _changed(rolls: Mapping[date, DayRoll]) -> set[date]:
    """The days that batches may have added to since they were rolled up."""
    seen = [roll.rolled_at for roll in rolls.values() if not roll.final]
    if not seen:
        return set()
    batches = Batch.objects.filter(received_at__gte=min(seen) - IN_FLIGHT)
    changed = set()
    for first, last in batches.order_by().values_list("first_hour", "last_hour").distinct():
        # A batch of gauges alone has none.
        if first and last:
            between = (day_of(last) - day_of(first)).days
            changed |= {day_of(first) + DAY * number for number in range(between + 1)}
    return changed


@transaction.atomic
def _roll(day: date, now: datetime) -> bool:
    """Write a day from its hours; False where its last roll-up is done, and its hours may be going."""
    roll, _ = DayRoll.objects.select_for_update().get_or_create(day=day, defaults={"rolled_at": now})
    if roll.final:
        return False
    given = {"day": day, "since": start_of(day), "until": start_of(day + DAY)}
    fields = {"day": models.DateField(), "since": models.DateTimeField(), "until": models.DateTimeField()}
    values = {name: fields[name].get_db_prep_save(value, connection) for name, value in given.items()}
    with connection.cursor() as cursor:
        for module in _modules():
            cursor.execute(_ROLL_WORKSPACES, {**values, "module": module})
            cursor.execute(_ROLL_COUNTERS, {**values, "module": module})
    roll.rolled_at, roll.final = now, _is_settled(day, now)
    roll.save(update_fields=["rolled_at", "final"])
    return True


def _delete(model: type[models.Model], **old: Any) -> Counter[str]:
    """Delete the rows with these properties, some at a time and module by module, as the indexes go."""
    gone = 0
    by_module = [{}] if model in (Batch, GaugeReading) else [{"module": module} for module in _modules()]
    for only in by_module:
        found = model._default_manager.filter(**only, **old).order_by()
        while some := model._default_manager.filter(pk__in=found.values("pk")[:CHUNK]).delete()[0]:
            gone += some
    return Counter({str(model._meta.verbose_name_plural): gone})


def _modules() -> list[int]:
    return list(Module.objects.whole().order_by("pk").values_list("pk", flat=True))


_SUMS = tuple(
    str(field.column)
    for field in Sums._meta.get_fields()
    if isinstance(field, models.BigIntegerField | models.FloatField)
)
_ROLL_WORKSPACES = f"""
INSERT INTO {WorkspaceDay._meta.db_table} (module_id, day, workspace, arm, users, {", ".join(_SUMS)})
SELECT %(module)s, %(day)s, workspace, arm, SUM(users), {", ".join(f"SUM({name})" for name in _SUMS)}
FROM (
    SELECT workspace, arm, 0 AS users, {", ".join(_SUMS)} FROM {WorkspaceHour._meta.db_table}
    WHERE module_id = %(module)s AND hour >= %(since)s AND hour < %(until)s
    UNION ALL
    SELECT workspace, arm, 1, {", ".join("0" for _ in _SUMS)} FROM {DailyUser._meta.db_table}
    WHERE module_id = %(module)s AND day = %(day)s
) AS found
GROUP BY workspace, arm
ON CONFLICT (module_id, day, workspace, arm)
DO UPDATE SET users = excluded.users, {", ".join(f"{name} = excluded.{name}" for name in _SUMS)}
"""  # noqa: S608 - names of our own

_ROLL_COUNTERS = f"""
INSERT INTO {CounterDay._meta.db_table} (module_id, day, workspace, arm, name, value)
SELECT %(module)s, %(day)s, workspace, arm, name, SUM(value) FROM {CounterHour._meta.db_table}
WHERE module_id = %(module)s AND hour >= %(since)s AND hour < %(until)s
GROUP BY workspace, arm, name
ON CONFLICT (module_id, day, workspace, arm, name) DO UPDATE SET value = excluded.value
"""  # noqa: S608
