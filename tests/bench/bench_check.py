"""A health check of a plan with 100,000 workspaces, over two days of hourly rows and over fourteen.

What a check reads are windows: with more history behind them it takes no longer. Each check is measured in a
process of its own, for its memory. CHECK_WORKSPACES makes it smaller.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring import examining, slots
from monitoring.models import Baseline, BaselineSet
from rollout import phases
from rollout.models import Plan
from tests import builders
from tests.bench.harness import median, resident, table
from tests.builders import ROOT

WORKSPACES = int(os.environ.get("CHECK_WORKSPACES", "100000"))
ROUNDS = 3
DAY = timedelta(days=1)
IN_A_FRESH_PROCESS = """
import django, json
django.setup()
from tests.bench import bench_check
print(json.dumps(bench_check.examined()))
"""
# Began a day and an hour ago: the first look is due.
BEGUN = timedelta(hours=25)

FILL = """
    INSERT INTO rollout_workspace (id, name, tier, status, region, time_zone, created_at, updated_at)
    SELECT 'W' || lpad(i::text, 7, '0'), 'Pharmacy ' || i, 'professional', 'active', '', '', now(), now()
    FROM generate_series(1, %s) i;
    INSERT INTO rollout_member (workspace_id, member, role, email, active)
    SELECT id, 'unnamed:pharmacist', 'pharmacist', '', true FROM rollout_workspace;
"""
# Ten to a hundred requests an hour, about one in a hundred fails; each hour is inserted as it would come.
HOURS = """
    INSERT INTO monitoring_workspacehour (module_id, workspace, arm, hour, requests, errors, timeouts,
        module_requests, module_errors, latency_sum_ms, le_50, le_100, le_200, le_300, le_500, le_1000,
        le_2000, le_5000, le_inf)
    SELECT %(module)s, w.id, '', hour, n, (random() < n / 100.0)::int, 0, 0, 0, n * 120.0, n / 4, n / 2,
        n - 2, n - 1, n, n, n, n, n
    FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz - interval '1 hour', '1 hour') hour
    CROSS JOIN (SELECT id, 10 + abs(hashtext(id)) %% 90 AS n FROM rollout_workspace) w;
"""


def main() -> None:
    now = slots.newest(timezone.now())
    builders.modules()
    plan = builders.engagement()
    with connection.cursor() as cursor:
        cursor.execute(FILL, [WORKSPACES])
    phases.run(plan, 1, actor=ROOT)
    began = now - BEGUN
    Plan.objects.filter(pk=plan.pk).update(started_at=began, share_changed_at=began)
    rows = []
    for days, since, until in ((2, now - 2 * DAY, now), (14, now - 14 * DAY, now - 2 * DAY)):
        _write(plan.module_id, since, until)
        rows += [_row(days, name, prepare) for name, prepare in CHECKS.items()]
    header = ["history", "check", "seconds", "of it judging", "queries", "memory MB"]
    title = f"A check of {WORKSPACES:,} workspaces, hourly rows, medians of {ROUNDS}"
    table(title, header, rows)


def _write(module: int, since: datetime, until: datetime) -> None:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for number in range(int((until - since) / DAY)):
            window = {"since": since + number * DAY, "until": since + (number + 1) * DAY}
            cursor.execute(HOURS, {"module": module, **window})
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            "SELECT count(*), pg_size_pretty(pg_total_relation_size('monitoring_workspacehour'))"
            " FROM monitoring_workspacehour"
        )
        count, size = cursor.fetchone()
    sys.stdout.write(f"{count:,} hourly rows, {size}, written in {time.perf_counter() - began:.0f} s\n")
    sys.stdout.flush()


def _first(plan: Plan) -> None:
    """Baselines are taken, and a look is due."""
    Baseline.objects.filter(plan=plan).delete()
    BaselineSet.objects.filter(plan=plan).delete()
    _with_look(plan)


def _with_look(plan: Plan) -> None:
    """Baselines are known, and a look is due."""
    Plan.objects.filter(pk=plan.pk).update(share_changed_at=plan.started_at)


def _hourly(plan: Plan) -> None:
    """Baselines are known, and no look is due: 23 of 24 checks."""
    Plan.objects.filter(pk=plan.pk).update(share_changed_at=slots.newest(timezone.now()) - timedelta(hours=2))


CHECKS: dict[str, Callable[[Plan], None]] = {
    "the first, taking baselines": _first,
    "hourly": _hourly,
    "with the daily look": _with_look,
}


def _row(days: int, name: str, prepare: Callable[[Plan], None]) -> list[str]:
    found = []
    for _ in range(ROUNDS):
        prepare(builders.engagement())
        command = [sys.executable, "-c", IN_A_FRESH_PROCESS]
        found.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    seconds, judging, queries, memory = (median(values) for values in zip(*found, strict=True))
    return [f"{days} days", name, f"{seconds:.1f}", f"{judging:.1f}", f"{queries:.0f}", f"{memory:.0f}"]


def examined() -> list[float]:
    """One examination: its seconds, those of judging, its queries, and by how many MB memory peaked."""
    judging: list[float] = []
    plain: Any = examining
    judge = plain.judge

    def timed(evidence: Any) -> Any:
        began = time.perf_counter()
        judgement = judge(evidence)
        judging.append(time.perf_counter() - began)
        return judgement

    plain.judge = timed
    plan = builders.engagement()
    before = resident()
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        examining.examine(plan, keep=True)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return [seconds, sum(judging), len(queries), peak - before]
