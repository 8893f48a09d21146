"""What is counted in lists as gauges. What is in nobody's list is said as 0, so that a line does not end."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings

from feedback.lifecycle import OPEN
from feedback.models import Ticket
from monitoring import levels
from operations.models import Window
from ops_portal.exposition.families import Families
from ops_portal.exposition.reading import counts
from ops_portal.exposition.reading.counts import Row
from releases.lifecycle import ENDED
from releases.models import PRODUCTION, STAGING, Deployment, Release

Rows = Sequence[Row]


def tell(families: Families, rows: Iterable[Row], modules: Sequence[str]) -> None:
    """Say what stands in the lists. `modules` are those of which alerts are told, with or without any."""
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    _alerts(families, by_kind[counts.ALERTS], modules)
    for kind, say in SAYERS.items():
        say(families, by_kind[kind])
    families.set("backups_scheduled", settings.BACKUP_DAILY)


def _alerts(families: Families, rows: Rows, modules: Sequence[str]) -> None:
    opened: dict[tuple[str, str], int] = dict.fromkeys(
        ((level, module) for level in levels.ORDER for module in (*modules, "")), 0
    )
    pairs = [(level, origin) for level in levels.ORDER for origin in (counts.OF_RULES, counts.OF_OTHERS)]
    free, late = dict.fromkeys(pairs, 0), dict.fromkeys(pairs, 0)
    oldest: dict[tuple[str, str], datetime] = {}
    for row in rows:
        pair = (row.a, row.c)
        opened[row.a, row.b] = opened.get((row.a, row.b), 0) + row.n
        free[pair] += row.m
        late[pair] += row.k
        if row.at is not None:
            oldest[pair] = min(row.at, oldest.get(pair, row.at))
    for (level, module), count in opened.items():
        families.set("alerts_open", count, level=level, module=module)
    for level, origin in pairs:
        labels = {"level": level, "origin": origin}
        families.set("alerts_unacknowledged", free[level, origin], **labels)
        families.set("alerts_overdue", late[level, origin], **labels)
        name, since = "alert_oldest_unacknowledged_seconds", oldest.get((level, origin), families.now)
        families.age(name, since, **labels)


def _tickets(families: Families, rows: Rows) -> None:
    found = {(row.a, row.b, row.c): row.n for row in rows}
    for severity in Ticket.Severity.values:
        for category in Ticket.Category.values:
            for state in OPEN:
                count = found.get((severity, category, state), 0)
                families.set("tickets_open", count, severity=severity, category=category, state=state)
        overdue = sum(row.m for row in rows if row.a == severity)
        families.set("tickets_overdue", overdue, severity=severity)


def _releases(families: Families, rows: Rows) -> None:
    found = {row.a: row.n for row in rows}
    for state in Release.State.values:
        families.set("releases", found.get(state, 0), state=state)


def _deployments(families: Families, rows: Rows) -> None:
    found = {(row.a, row.b): row for row in rows}
    for environment in (STAGING, PRODUCTION):
        for state in Deployment.State.values:
            row = found.get((environment, state))
            labels = {"environment": environment, "state": state}
            families.set("deployments", row.n if row else 0, **labels)
            if state in ENDED:
                families.set("deployments_30d", row.m if row else 0, **labels)


def _steps(families: Families, rows: Rows) -> None:
    for row in rows:
        labels = {"environment": row.a, "release": row.b, "step": row.c}
        families.age("deployment_step_age_seconds", row.at, **labels)


def _waiting(families: Families, rows: Rows) -> None:
    for row in rows:
        families.set("outbox_waiting", row.n, kind=row.a, lane=row.b)
        families.set("outbox_late", row.m, kind=row.a, lane=row.b)
        families.age("outbox_oldest_seconds", row.at, kind=row.a, lane=row.b)


def _dead(families: Families, rows: Rows) -> None:
    for row in rows:
        families.set("outbox_dead", row.n, kind=row.a, lane=row.b)
        families.set("outbox_dead_24h", row.m, kind=row.a, lane=row.b)


def _windows(families: Families, rows: Rows) -> None:
    found = {row.a: row.n for row in rows}
    for kind in Window.Kind.values:
        families.set("windows_in_force", found.get(kind, 0), kind=kind)


def _due(families: Families, rows: Rows) -> None:
    for row in rows:
        families.age("job_overdue_seconds", row.at, name=row.a)


def _done(families: Families, rows: Rows) -> None:
    for row in rows:
        families.set("job_failing", row.m, name=row.a)
        families.age("job_last_done_age_seconds", row.at, name=row.a)


def _backups(families: Families, rows: Rows) -> None:
    families.set("backups_proven", sum(row.n for row in rows))
    for row in rows:
        families.age("backup_age_seconds", row.at)


def _unsealed(families: Families, rows: Rows) -> None:
    families.set("audit_unsealed_events", sum(row.n for row in rows))
    families.age("audit_seal_lag_seconds", min((row.at for row in rows if row.at), default=families.now))


SAYERS: Mapping[str, Callable[[Families, Rows], None]] = {
    counts.TICKETS: _tickets,
    counts.RELEASES: _releases,
    counts.DEPLOYMENTS: _deployments,
    counts.STEPS: _steps,
    counts.WAITING: _waiting,
    counts.DEAD: _dead,
    counts.WINDOWS: _windows,
    counts.DUE: _due,
    counts.DONE: _done,
    counts.BACKUPS: _backups,
    counts.UNSEALED: _unsealed,
}
