"""What can be made ready before the first person asks: after an installation, a restore or an emptied cache.

Each web process remembers the flags by itself and reads them when it starts: nothing that is kept in one
process can be warmed from another. What is shared can: the database's knowledge of its tables, the rows that
every process reads when it starts, and the sums that reports read, which the scheduled jobs otherwise make.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.core.cache import cache
from django.db import Error, connection
from redis.exceptions import RedisError

from operations.errors import Refused
from operations.schedule import Job
from ops_portal.schedule import JOBS
from rollout.serving import snapshot

# Scheduled work that leaves sums which pages and reports read; in this order, at any time, and twice is once.
SUMS = ("reconcile-cohorts", "keep-days", "index-tickets", "count-tickets", "record-kpis")


class NotReady(Exception):
    """Something is not as it should be; the message says what to do."""


@dataclass(frozen=True)
class Step:
    """One thing to make ready. `does` returns what it found or did, in one line. Raises NotReady."""

    name: str
    purpose: str
    does: Callable[[], str]
    writes: bool = True


@dataclass(frozen=True)
class Done:
    """What came of one step; `ok` is None for one that a dry run left out."""

    name: str
    ok: bool | None
    said: str
    milliseconds: float


def steps() -> Sequence[Step]:
    """Everything, in the order in which it is done."""
    jobs: Mapping[str, Job] = {job.name: job for job in JOBS}
    return (
        Step("cache", "write a value, count with it, and read it back", _round_trip),
        Step("planner", "let the database count its tables", _analyze),
        Step("flags", "read what every web process reads when it starts", _read_flags, writes=False),
        Step("static files", "look for the styles and scripts of every page", _static_files, writes=False),
        *(Step(name, f"run the scheduled job {name}", _running(jobs[name])) for name in SUMS),
    )


def warm(*, dry_run: bool = False) -> Iterator[Done]:
    """Do every step, whatever fails; a dry run does those that only read."""
    for step in steps():
        if dry_run and step.writes:
            yield Done(step.name, None, f"would {step.purpose}", 0.0)
            continue
        began = time.perf_counter()
        try:
            ok, said = True, step.does()
        except (NotReady, Refused, Error, RedisError, OSError) as error:
            ok, said = False, " ".join(str(error).split()) or type(error).__name__
        yield Done(step.name, ok, said, round((time.perf_counter() - began) * 1000, 1))


def _round_trip() -> str:
    key, value = f"cache-init-{secrets.token_hex(8)}", secrets.token_hex(8)
    cache.set(key, value, timeout=60)
    found = cache.get(key)
    cache.set(key, 0, timeout=60)
    counted = cache.incr(key)
    cache.delete(key)
    if found != value or counted != 1:
        raise NotReady("a value was written and not found again: has Redis memory left, and who empties it?")
    if not settings.REDIS_URL:
        return "each process has a cache of its own, which is empty when it starts (REDIS_URL is not set)"
    return "Redis keeps what is written"


def _analyze() -> str:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return "the database has counted its tables: it knows which index to take"


def _read_flags() -> str:
    read = snapshot.read()
    return f"{len(read.modules)} modules, {len(read.flags)} flags and {len(read.keys)} keys were read"


def _static_files() -> str:
    if not isinstance(staticfiles_storage, ManifestStaticFilesStorage):
        return "names have no digest here: nothing was collected"
    if not (Path(settings.STATIC_ROOT) / staticfiles_storage.manifest_name).is_file():
        raise NotReady(f"there are none in {settings.STATIC_ROOT}: manage.py collectstatic --noinput")
    return f"{len(staticfiles_storage.hashed_files):,} files are collected"


def _running(job: Job) -> Callable[[], str]:
    return lambda: job.run() or "nothing was left to do"
