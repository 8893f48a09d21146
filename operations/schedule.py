"""Scheduled work: what is due stands in the database, is claimed there with a lease, and is run.

Whoever asks, a tick, that of a second beat, the same message once more or a request from outside, reads the
same rows, and one conditional UPDATE says who runs a job. A worker that is killed leaves its lease behind;
when it ends, the job is due again. So a job runs at least once for each time that it is due, and must have
one effect however often it runs.

All times are UTC: a change to or from summer time neither doubles nor skips anything.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import close_old_connections, connection
from django.utils import timezone

from operations.models import ScheduledJob

# A killed worker's job waits this long. One that may take longer names a lease that outlasts it, or a second
# worker begins it as well.
LEASE = timedelta(seconds=45)
RETRY = timedelta(minutes=1)
# Seconds after which one call begins no further job: it must end before the time limit of a task.
BEGIN_WITHIN = 30.0
# A Monday, so that the offset of a weekly job counts from Monday.
EPOCH = datetime(2001, 1, 1, tzinfo=UTC)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One thing to do `every` so often, `offset` after the full multiple of it, counted from a Monday in UTC.

    `run` says in one line what it did, "" for nothing.
    """

    name: str
    run: Callable[[], str]
    every: timedelta
    offset: timedelta = timedelta(0)
    lease: timedelta = LEASE

    def next_after(self, moment: datetime) -> datetime:
        """The first time after `moment` at which the job is due."""
        start = EPOCH + self.offset
        return start + ((moment - start) // self.every + 1) * self.every


class Ran(NamedTuple):
    """One job that was run: its own line, or its error, and how long it took."""

    job: str
    result: str
    error: str
    milliseconds: float


def run_due(jobs: Sequence[Job]) -> list[Ran]:
    """Run those of `jobs` that are due and that nobody else is at, the oldest first; return what was run.

    A job without a row is due at once; rows without a job are left alone. One that fails is logged and due
    again in a minute, and the others go on. One that missed its time several times runs once. Call it outside
    a transaction. Raises what the database raises; nothing is lost by that. One query when nothing is due.
    """
    ran: list[Ran] = []
    began = time.monotonic()
    for job in _due(jobs):
        if ran and time.monotonic() - began > BEGIN_WITHIN:
            break
        if began_at := _claim(job):
            ran.append(_run(job, began_at))
    return ran


def last_done(*names: str) -> dict[str, datetime]:
    """When each of these jobs was last done; one that never was is left out. One query."""
    rows = ScheduledJob.objects.filter(pk__in=names, last_done_at__isnull=False)
    return {row.pk: row.last_done_at for row in rows if row.last_done_at}


def _due(jobs: Sequence[Job]) -> list[Job]:
    rows = ScheduledJob.objects.in_bulk([job.name for job in jobs])
    now = timezone.now()
    if missing := [ScheduledJob(pk=job.name, due_at=now) for job in jobs if job.name not in rows]:
        ScheduledJob.objects.bulk_create(missing, ignore_conflicts=True)
        rows.update({row.pk: row for row in missing})
    for job in jobs:
        _bring_forward(job, rows[job.name], now)
    due = [job for job in jobs if rows[job.name].is_due(now)]
    return sorted(due, key=lambda job: rows[job.name].due_at)


def _bring_forward(job: Job, row: ScheduledJob, now: datetime) -> None:
    """Do not wait for a time that an earlier, longer period gave, or a clock that was ahead."""
    latest = max(job.next_after(now), now + RETRY)
    if row.due_at > latest:
        ScheduledJob.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=job.next_after(now))


def _claim(job: Job) -> datetime | None:
    """The moment from which the job is ours; None when somebody was faster."""
    now = timezone.now()
    mine = ScheduledJob.objects.due(now).filter(pk=job.name)
    return now if mine.update(leased_until=now + job.lease, last_began_at=now) else None


def _run(job: Job, began_at: datetime) -> Ran:
    result = error = ""
    began = time.perf_counter()
    try:
        result = job.run()
    except Exception as fault:  # whatever it was, the other jobs go on
        logger.exception("the job %s failed and is tried again in a minute", job.name)
        error = f"{type(fault).__name__}: {fault}"[:500]
    milliseconds = round((time.perf_counter() - began) * 1000, 1)
    if result:
        logger.info("%s: %s", job.name, result)
    if not connection.in_atomic_block:
        # One that broke under this job is opened anew, for what follows is not at fault.
        close_old_connections()
    _settle(job, began_at, error)
    return Ran(job.name, result, error, milliseconds)


def _settle(job: Job, began_at: datetime, error: str) -> None:
    """Say when the job is due next, unless it took longer than its lease and somebody else is at it now."""
    now = timezone.now()
    values = (
        {"due_at": now + RETRY, "last_error": error}
        if error
        # Counted from the beginning: what became due meanwhile is not skipped.
        else {"due_at": job.next_after(began_at), "last_error": "", "last_done_at": now}
    )
    mine = ScheduledJob.objects.filter(pk=job.name, leased_until=began_at + job.lease)
    if not mine.update(leased_until=None, **values):
        logger.warning("the job %s took longer than its lease of %s", job.name, job.lease)
