"""What the portal itself notices of its database: round trips, its own queries, free space beside it."""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta

from django.db.models import Count, Max, Sum
from django.utils import timezone

from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Item, Level, Unanswered, rising
from monitoring.database_health.texts import size
from monitoring.models import WorkspaceHour
from operations.models import AuditEvent
from rollout.models import Enrolment, Flag, Plan, Verdict, Workspace

# Milliseconds. Half of the guides' mean of 100 ms gone on the way; their p95 of the API gone on the way.
TRIP_HOLD, TRIP_BREACH = 50.0, 500.0
TRIPS = 5
# Times each of the portal's queries is asked.
TIMES = 3
# Milliseconds: the guides' target for a query; ten times as much stops pages.
QUERY_HOLD, QUERY_BREACH = 100.0, 1000.0
# Free space: percent of the disk, and bytes.
FREE_HOLD, FREE_BREACH = 20.0, 5.0
BYTES_BREACH = 2**30


def reachable(database: Database) -> Answer:
    """The median of five round trips, in milliseconds."""
    median = statistics.median(database.round_trips(TRIPS))
    level = rising(median, TRIP_HOLD, TRIP_BREACH)
    remedy = "Look at the network and the load of the database's machine"
    return Answer(
        level,
        f"answers in {median:.2f} ms (median of {TRIPS} round trips)",
        round(median, 2),
        TRIP_HOLD,
        TRIP_BREACH,
        "ms",
        "" if level == Level.PASS else remedy,
    )


def portal_queries(database: Database) -> Answer:
    """The slowest of a few queries that the portal's pages and checks really ask, in milliseconds."""
    items = []
    for name, query in QUERIES.items():
        try:
            items.append(Item(name, round(_timed(database, query), 2), "ms"))
        except Unanswered as unanswered:
            items.append(Item(name, None, "ms", str(unanswered)))
    taken = [item.value for item in items if item.value is not None]
    if not taken:
        raise Unanswered(f"none of the portal's queries was answered: {items[0].reason}", items[0].remedy)
    slowest = max(taken)
    failed = len(items) - len(taken)
    level = rising(slowest, QUERY_HOLD, QUERY_BREACH)
    reason = f"the slowest of {len(items)} took {slowest:.1f} ms, on average {statistics.mean(taken):.1f} ms"
    if failed:
        level, reason = max(level, Level.HOLD, key=_severity), f"{reason}; {failed} failed"
    remedy = (
        ""
        if level == Level.PASS
        else "See `db_health check` and `indexes`, planner_statistics and running_now"
    )
    return Answer(level, reason, round(slowest, 2), QUERY_HOLD, QUERY_BREACH, "ms", remedy, tuple(items))


def free_disk(free: int, total: int, folder: str) -> Answer:
    """The judgement of `free` bytes of a disk of `total` bytes."""
    share = 100.0 * free / total if total else 0.0
    level = Level.PASS
    if share < FREE_BREACH or free < BYTES_BREACH:
        level = Level.BREACH
    elif share < FREE_HOLD:
        level = Level.HOLD
    return Answer(
        level,
        f"{size(free)} of {size(total)} free at {folder}",
        round(share, 1),
        FREE_HOLD,
        FREE_BREACH,
        "%",
        "" if level == Level.PASS else "Make room before the database stops writing: old logs, old backups",
    )


def _plans() -> object:
    return list(Plan.objects.select_related("module").annotate(newest=Max("verdicts__measured_at")))


def _flags() -> object:
    return list(Flag.objects.select_related("module")[:500])


def _workspaces() -> object:
    return list(Workspace.objects.order_by("name")[:100])


def _cohorts() -> object:
    return list(Enrolment.objects.open().values("plan").annotate(enrolled=Count("pk")))


def _vitals() -> object:
    since = timezone.now() - timedelta(days=1)
    hours = WorkspaceHour.objects.filter(hour__gte=since).order_by()
    return list(hours.values("module").annotate(total=Sum("requests"), failed=Sum("errors")))


def _trail() -> object:
    return list(AuditEvent.objects.order_by("-pk")[:100])


def _verdicts() -> object:
    return list(Verdict.objects.order_by("-pk")[:100])


QUERIES: dict[str, Callable[[], object]] = {
    "plans with their newest verdict": _plans,
    "flags with their modules": _flags,
    "the first 100 workspaces by name": _workspaces,
    "the size of every cohort": _cohorts,
    "vitals of the last 24 h by module": _vitals,
    "the newest 100 audit events": _trail,
    "the newest 100 verdicts": _verdicts,
}


def _timed(database: Database, query: Callable[[], object]) -> float:
    """The median of three, in milliseconds: one alone is slow when the machine looks away."""
    taken = []
    for _ in range(TIMES):
        with database.reading():
            began = time.perf_counter()
            query()
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def _severity(level: Level) -> int:
    return (Level.PASS, Level.UNKNOWN, Level.HOLD, Level.BREACH).index(level)
