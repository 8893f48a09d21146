"""Preview and run of a phase over 1,000,000 workspaces, beside the bare SQL for the same rows.

Interleaved rounds, each committed. The bare statements know the rule and nothing else: no flags, no names, no
gate, no audit event.
"""

from collections.abc import Callable
from functools import partial

from django.db import connection, transaction

from rollout import phases
from rollout.models import Enrolment, FlagSpan, PhaseRun, Plan
from tests import builders
from tests.bench.harness import median, resident, table, timed
from tests.builders import ROOT

WORKSPACES = 1_000_000
ROUNDS = 3

FILL = """
    INSERT INTO rollout_workspace (id, name, tier, status, region, time_zone, created_at, updated_at)
    SELECT 'W' || lpad((i::bigint * 7919 %% 1000003)::text, 7, '0'), 'Pharmacy ' || i,
           (ARRAY['professional', 'enterprise', 'premium', 'basic'])[1 + i %% 4],
           (ARRAY['active', 'trial', 'active', 'expired', 'active'])[1 + i %% 5],
           'R' || (i %% 40), 'Europe/London', now(), now()
    FROM generate_series(1, %s) i;
    INSERT INTO rollout_member (workspace_id, member, role, email, active)
    SELECT id, 'u' || id, 'pharmacist', '', true FROM rollout_workspace;
"""

BARE = """
    WITH eligible AS MATERIALIZED (
        SELECT id, {key} AS order_key FROM rollout_workspace w
        WHERE tier IN ('professional', 'enterprise', 'premium') AND status IN ('active', 'trial')
        AND EXISTS (SELECT 1 FROM rollout_member m WHERE m.workspace_id = w.id AND m.active
                    AND m.role IN ('pharmacist', 'pharmacy_manager', 'super_admin'))),
    wanted AS (SELECT (count(*) * {percentage} + 99) / 100 AS n FROM eligible)
    SELECT id, order_key FROM eligible ORDER BY order_key LIMIT (SELECT n FROM wanted)
"""
KEYS = {
    "workspace_id": "id",
    "hash": "substr(encode(sha256(convert_to('{salt}:' || id, 'UTF8')), 'hex'), 1, 15) COLLATE \"C\"",
}


def main() -> None:
    builders.modules()
    with connection.cursor() as cursor:
        cursor.execute(FILL, [WORKSPACES])
        cursor.execute("VACUUM ANALYZE")
    rows = []
    for ordering in ("workspace_id", "hash"):
        rows.append(
            _measure(ordering, 10, "phase 1", lambda plan, **kw: phases.run(plan, 1, actor=ROOT, **kw))
        )
        rows.append(
            _measure(
                ordering,
                100,
                "set 100",
                lambda plan, **kw: phases.set_percentage(plan, 100, actor=ROOT, **kw),
            )
        )
    header = [
        "ordering, phase",
        "rows",
        "preview s",
        "bare s",
        "ratio",
        "run s",
        "bare s",
        "ratio",
        "memory MB",
    ]
    table(f"A phase over {WORKSPACES:,} workspaces, medians of {ROUNDS} rounds", header, rows)


def _measure(ordering: str, percentage: int, name: str, verb: Callable[..., object]) -> list[str]:
    plan = builders.engagement()
    key = KEYS[ordering].format(salt=plan.salt)
    bare = BARE.format(key=key, percentage=percentage)
    insert = (
        "INSERT INTO rollout_enrolment (plan_id, workspace_id, order_key, entered_at) "
        f"SELECT {plan.pk}, id, order_key, now() FROM ({bare}) rows"
    )
    _reset(ordering)
    verb(builders.engagement(), dry_run=True)
    times: dict[str, list[float]] = {"preview": [], "select": [], "run": [], "insert": []}
    before, most, found = resident(), 0.0, 0
    for _ in range(ROUNDS):
        plan = _reset(ordering)
        times["preview"].append(timed(partial(verb, plan, dry_run=True)))
        times["run"].append(timed(partial(verb, plan)))
        most = max(most, resident() - before)
        found = Enrolment.objects.count()
        _reset(ordering)
        times["select"].append(timed(_execute(f"SELECT count(*) FROM ({bare}) rows")))
        times["insert"].append(timed(_execute(insert)))
    preview, select, run, inserted = (median(times[name]) for name in ("preview", "select", "run", "insert"))
    return [
        f"{ordering}, {name}",
        f"{found:,}",
        f"{preview:.2f}",
        f"{select:.2f}",
        f"{preview / select:.2f}",
        f"{run:.2f}",
        f"{inserted:.2f}",
        f"{run / inserted:.2f}",
        f"{most:.1f}",
    ]


def _reset(ordering: str) -> Plan:
    """A draft at 0 % again, whose next phase is any; the tables as if nothing had been."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE rollout_enrolment")
    PhaseRun.objects.all().delete()
    FlagSpan.objects.all().delete()
    Plan.objects.filter(pk=builders.engagement().pk).update(
        ordering=ordering,
        status="draft",
        percentage=0,
        cutoff_key="",
        cutoff_open=False,
        version=1,
        started_at=None,
        share_changed_at=None,
    )
    return builders.engagement()


def _execute(sql: str) -> Callable[[], None]:
    def act() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

    return act
