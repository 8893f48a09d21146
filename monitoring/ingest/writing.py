"""Writes a batch: whole, once, in one transaction.

The row of the batch comes first and decides who counts it: a repeat waits there for the end of the first,
and then finds its answer, or nothing where the first failed. The rows that are added to follow table by
table, each in the order of its key, so that batches of other processes wait for one another and never in a
circle.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from monitoring.ingest.adding import Added
from monitoring.ingest.gauges import Reading
from monitoring.ingest.upserts import Table, insert_once
from monitoring.models import Batch, CounterHour, DailyUser, GaugeReading, LastUse, WorkspaceHour
from monitoring.models.keeping import day_of
from monitoring.vitals import BOUNDS

HOURS = Table(
    WorkspaceHour,
    ("module_id", "hour", "workspace", "arm"),
    # In the order of counts.Sums.
    added=(
        "requests",
        "errors",
        "timeouts",
        "module_requests",
        "module_errors",
        "latency_sum_ms",
        *(f"le_{bound}" for bound in BOUNDS),
        "le_inf",
    ),
)
COUNTERS = Table(CounterHour, ("module_id", "hour", "workspace", "arm", "name"), added=("value",))
USERS = Table(DailyUser, ("module_id", "day", "workspace", "arm", "user"))
LAST_USE = Table(LastUse, ("module_id", "workspace", "arm"), newest="hour")


@transaction.atomic
def write(batch: Batch, added: Added, reading: Reading | None) -> bool:
    """Write a batch with what it adds; False where it was there already, and then nothing is written."""
    if not insert_once(batch):
        return False
    module = batch.module_id
    HOURS.put([(module, *row, *sums) for row, sums in sorted(added.sums.items())])
    COUNTERS.put(
        [
            (module, *row, name, value)
            for row, counters in sorted(added.counters.items())
            for name, value in sorted(counters.items())
        ]
    )
    USERS.put([(module, *key) for key in sorted(_users_by_day(added))])
    LAST_USE.put([(module, *unit, hour) for unit, hour in sorted(added.last_use.items())])
    if reading is not None:
        GaugeReading.objects.create(module_id=module, **reading._asdict())
    return True


def _users_by_day(added: Added) -> Iterable[tuple[Any, ...]]:
    days = {hour: day_of(hour) for hour in added.hours}
    return {
        (days[row.hour], row.workspace, row.arm, user) for row, users in added.users.items() for user in users
    }
