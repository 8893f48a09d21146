"""What a deployment needs beside answers: settings, migrations, a backup, somebody at work, mail."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from monitoring import database_health, dead_man
from monitoring.alerts import deliveries
from monitoring.database_health import Level
from operations.errors import Refused
from operations.models import Backup
from operations.spelling import local_time

# Two nights, and the time that the backup of the second one may take: as the alert about it.
BACKUP_AGE = timedelta(days=2, hours=1)
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `ok` is None for advice, which fails nothing."""

    name: str
    ok: bool | None
    reason: str


def findings() -> list[Finding]:
    """Look at everything, whatever fails. Reads only; asks the mail server for a greeting."""
    found = list(_settings())
    for name, look in LOOKS.items():
        try:
            found += list(look(name))
        except (Error, Refused) as error:
            found.append(Finding(name, False, " ".join(str(error).split()) or type(error).__name__))
    return found


def _settings() -> Iterator[Finding]:
    """Django's checks for production, the portal's own among them."""
    said = [
        message
        for message in checks.run_checks(include_deployment_checks=True)
        if message.level >= checks.WARNING and not message.is_silenced()
    ]
    for message in said:
        yield Finding("settings", False, f"{message.id}: {message.msg} {message.hint or ''}".strip())
    if not said:
        yield Finding("settings", True, "Django's checks for production find nothing")


def _migrations(name: str) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        first = pending[0][0]
        yield Finding(name, False, f"{len(pending)} not applied, {first.app_label} {first.name} first")
    else:
        yield Finding(name, True, "all are applied")


def _database(name: str) -> Iterator[Finding]:
    report = database_health.examine("check")
    bad = [*report.at(Level.BREACH), *report.at(Level.HOLD)]
    for finding in bad:
        # A breach is broken; a hold wants a look, and keeps nobody from deploying.
        ok = False if finding.answer.level is Level.BREACH else None
        yield Finding(name, ok, f"{finding.name}: {finding.answer.reason}")
    if not bad:
        yield Finding(name, True, "db_health check finds nothing to do")


def _backup(name: str) -> Iterator[Finding]:
    newest = Backup.objects.proven().first()
    if newest is None:
        yield Finding(name, False, "no backup was ever proven: manage.py backup create --verify")
        return
    young = timezone.now() - newest.created_at <= BACKUP_AGE
    yield Finding(name, young, f"{newest.name}, the newest proven one, is of {local_time(newest.created_at)}")


def _schedule(name: str) -> Iterator[Finding]:
    last, stuck = dead_man.tick()
    if last is None:
        yield Finding(name, False, "nobody ever ran what is due: is there a worker, and beat or the trigger?")
        return
    yield Finding(name, not stuck, f"what is due was last run at {local_time(last)}")


def _deliveries(name: str) -> Iterator[Finding]:
    faults = deliveries.faults()
    yield Finding(name, not faults, "; ".join(faults) or "no message is late, failing or given up")


def _mail(name: str) -> Iterator[Finding]:
    if settings.EMAIL_BACKEND != SMTP:
        yield Finding(name, False, "mail leaves by no server: set EMAIL_URL")
    else:
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        try:
            mail = get_connection()
            mail.open()
            mail.close()
        except OSError as error:
            yield Finding(name, False, f"{server} does not take mail: {type(error).__name__}")
        else:
            yield Finding(name, True, f"{server} takes mail")
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        yield Finding(name, False, "mail says that it is from localhost: set DEFAULT_FROM_EMAIL")


def _outside(name: str) -> Iterator[Finding]:
    """What somebody outside must hold, so that a portal that is lost or rewritten is noticed."""
    for setting, why in {
        "HEARTBEAT_URL": "nobody outside notices when the portal falls silent",
        "AUDIT_HEAD_EMAIL": "a rewritten audit trail cannot be told from the true one",
    }.items():
        there = bool(getattr(settings, setting))
        yield Finding(name, there or None, f"{setting} is set" if there else f"{setting} is not set: {why}")


LOOKS: dict[str, Callable[[str], Iterator[Finding]]] = {
    "migrations": _migrations,
    "database": _database,
    "backup": _backup,
    "scheduled work": _schedule,
    "deliveries": _deliveries,
    "mail": _mail,
    "outside": _outside,
}
