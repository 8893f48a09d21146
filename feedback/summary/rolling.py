"""The daily counts of tickets: written for days that are over, and again where something changed.

All of it can run late, twice, or be cut off in the middle: the next run goes on.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min, Model, Q
from django.db.models.expressions import Combinable
from django.utils import timezone

from feedback.models import AreaCount, DayCount, StaleDay, SummaryDay, Ticket
from feedback.models.tickets import TicketQuerySet
from feedback.summary.counting import OF_AREA, OF_DAY, OF_RESOLUTIONS, heard

DAY = timedelta(days=1)
# How long a change may take that began while its day was not over yet, and so left no mark (`days.stale`).
MARGIN = timedelta(hours=1)
# Days that one transaction counts: SQLite has one writer, and the others must not wait long.
CHUNK = 30


def roll_up(now: datetime | None = None) -> int:
    """Count the days that are over and have no count that holds; return how many there were."""
    now = now or timezone.now()
    due = _due(until=timezone.localdate(now - MARGIN))
    for start in range(0, len(due), CHUNK):
        _roll(due[start : start + CHUNK], now)
    return len(due)


def _due(*, until: date) -> list[date]:
    """Every day before `until`, from that of the first ticket on, that has no count or a stale one."""
    stale = set(StaleDay.objects.filter(day__lt=until).values_list("day", flat=True).distinct())
    first = Ticket.objects.aggregate(first=Min("received_on"))["first"] or until
    counted = set(SummaryDay.objects.values_list("day", flat=True))
    every = {first + number * DAY for number in range((until - first).days)}
    return sorted(every - counted | stale)


@transaction.atomic
def _roll(days: Sequence[date], now: datetime) -> None:
    """Count some days. The order of the first four statements is what keeps the counts true.

    The rows of the days are written first: a second roll-up at the same time waits here, and then replaces
    what this one wrote. The marks go before the tickets are read: a change whose mark goes had committed
    before, so it is counted; one that commits later leaves its mark, and the day is due once more.
    """
    kept = [SummaryDay(day=day, rolled_at=now) for day in days]
    SummaryDay.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["day"], update_fields=["rolled_at"]
    )
    StaleDay.objects.filter(day__in=days).delete()
    DayCount.objects.filter(day__in=days).delete()
    AreaCount.objects.filter(day__in=days).delete()
    tickets = heard(Q(received_on__in=days))
    _insert(DayCount, ("category", "severity", "module_id"), OF_DAY, tickets.annotate(**OF_RESOLUTIONS))
    _insert(AreaCount, ("category", "module_id", "feature_area"), OF_AREA, tickets)


def _insert(
    model: type[Model], by: Sequence[str], counts: Mapping[str, Combinable], tickets: TicketQuerySet
) -> None:
    """INSERT … SELECT: one row of each day and kind. `by` and `counts` name columns of both."""
    totals = {f"total_{name}": count for name, count in counts.items()}
    select, values = tickets.values_list("received_on", *by).annotate(**totals).query.sql_with_params()
    columns = ", ".join(connection.ops.quote_name(name) for name in ("day", *by, *counts))
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) {select}", values)
