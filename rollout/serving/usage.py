"""How often the product asked for each flag and what it heard: counted in process, written in batches."""

import collections
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from rollout.models import Flag, FlagUsage

# Requests whose answers wait to be counted; more than that between two countings are not.
MOST_WAITING = 500_000
KEPT_FOR = timedelta(days=90)
BATCH = 200


class Heard(NamedTuple):
    """One thing that a flag can answer."""

    flag: str
    variant: str
    reason: str


class Answered(Protocol):
    """An answer that can be counted; the same one is the same object, which is quick to count."""

    @property
    def flag(self) -> str: ...
    @property
    def variant(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Counter:
    """Counts for one process. `note` takes no lock."""

    def __init__(self) -> None:
        self._waiting: deque[Sequence[Answered]] = deque(maxlen=MOST_WAITING)
        self._counted: collections.Counter[tuple[datetime, Heard]] = collections.Counter()
        # One thread counts and writes, and another at the end of the process.
        self._lock = threading.RLock()
        self.note = self._waiting.append

    def collect(self) -> None:
        """Count what was noted since the last time, for the hour that it is now."""
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
            counted: collections.Counter[Answered] = collections.Counter()
            hour = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            # Whole answers are the same objects again and again: each is gone through once.
            whole = {id(found): found for found in taken}
            for each, count in collections.Counter(map(id, taken)).items():
                for answered in whole[each]:
                    counted[answered] += count
            for answered, count in counted.items():
                self._counted[hour, Heard(answered.flag, answered.variant, answered.reason)] += count

    def write(self) -> None:
        """Add what was counted to the table. Raises what the database raises, and forgets nothing then."""
        with self._lock:
            self.collect()
            if self._counted:
                _add(self._counted)
                self._counted = collections.Counter()


def of_flag(flag: Flag, since: datetime) -> list[FlagUsage]:
    """The rows of a flag from the hour of `since` on, oldest first."""
    start = since.replace(minute=0, second=0, microsecond=0)
    return list(flag.usage.filter(hour__gte=start).order_by("hour", "variant", "reason"))


def last_asked(flags: Iterable[Flag]) -> dict[int, datetime]:
    """The last hour in which each flag was asked for, by primary key; without those never asked for."""
    rows = FlagUsage.objects.filter(flag__in=list(flags)).order_by().values_list("flag")
    return dict(rows.annotate(last=Max("hour")))


def purge() -> int:
    """Delete the counts older than 90 days and return how many rows that were."""
    return FlagUsage.objects.filter(hour__lt=timezone.now() - KEPT_FOR).delete()[0]


def _add(counted: Mapping[tuple[datetime, Heard], int]) -> None:
    """Add to the rows of these hours, in one order everywhere, so that two processes cannot deadlock."""
    flags = dict(Flag.objects.filter(key__in={heard.flag for _, heard in counted}).values_list("key", "pk"))
    rows = sorted(
        (flags[heard.flag], hour, heard.variant, heard.reason, count)
        for (hour, heard), count in counted.items()
        if heard.flag in flags
    )
    hour_field = FlagUsage._meta.get_field("hour")
    with transaction.atomic(), connection.cursor() as cursor:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            values = ", ".join(["(%s, %s, %s, %s, %s)"] * len(batch))
            cursor.execute(
                f"INSERT INTO {FlagUsage._meta.db_table} AS had (flag_id, hour, variant, reason, count) "  # noqa: S608
                f"VALUES {values} ON CONFLICT (flag_id, hour, variant, reason) "
                "DO UPDATE SET count = had.count + excluded.count",
                [
                    hour_field.get_db_prep_save(value, connection) if isinstance(value, datetime) else value
                    for row in batch
                    for value in row
                ],
            )
