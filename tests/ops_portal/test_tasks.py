"""Beat's table and the list of jobs: they name what exists, and a tick may come late, twice or never."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from celery.schedules import crontab
from django.conf import settings

from operations import schedule
from operations.models import AuditEvent, AuditSeal, ScheduledJob
from ops_portal import tasks
from ops_portal.celery import app
from ops_portal.schedule import HOUR, JOBS
from tests import builders

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2026, 3, 29, tzinfo=UTC)


def test_beat_says_when_to_look_and_nothing_else() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
    assert all(entry["options"]["expires"] for entry in app.conf.beat_schedule.values())
    schedules = {name: entry["schedule"] for name, entry in app.conf.beat_schedule.items()}
    assert schedules == {"health-checks": crontab(minute="10"), "tick": 5.0}


def test_each_job_has_a_name_of_its_own() -> None:
    names = Counter(job.name for job in JOBS)
    assert set(names.values()) == {1}
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


def test_operators_can_read_of_each_job() -> None:
    page = (settings.BASE_DIR / "docs" / "scheduling.md").read_text()
    assert [job.name for job in JOBS if f"| `{job.name}` |" not in page] == []


def test_no_job_is_leased_for_less_time_than_a_task_may_take_unless_two_at_once_do_no_harm() -> None:
    long = {job.name for job in JOBS if job.lease.total_seconds() > settings.CELERY_TASK_TIME_LIMIT}
    assert long >= {"reconcile-cohorts", "verify-audit"}
    assert all(job.lease == schedule.LEASE for job in JOBS if job.name not in long)


def test_a_tick_runs_what_is_due_and_another_one_nothing() -> None:
    builders.modules()
    tasks.tick()
    assert AuditSeal.objects.count() == AuditEvent.objects.count()
    assert set(ScheduledJob.objects.values_list("name", flat=True)) == {job.name for job in JOBS}
    assert not ScheduledJob.objects.exclude(last_error="", leased_until=None).exists()
    before = list(ScheduledJob.objects.order_by("pk").values())
    with time_machine.travel(min(row["due_at"] for row in before) - timedelta(microseconds=1), tick=False):
        tasks.tick()
    assert list(ScheduledJob.objects.order_by("pk").values()) == before


def test_over_a_day_in_which_the_clocks_change_each_job_runs_as_often_as_it_should(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.TIME_ZONE = "Europe/London"
    ran: Counter[str] = Counter()

    def counted(job: schedule.Job) -> schedule.Job:
        def run() -> str:
            ran[f"{job.name} at {datetime.now(UTC).minute}"] += 1
            return ""

        return replace(job, run=run)

    rare = [job for job in JOBS if job.every >= HOUR]
    monkeypatch.setattr(tasks, "JOBS", [counted(job) for job in rare])
    with time_machine.travel(MIDNIGHT - timedelta(minutes=1), tick=False) as clock:
        tasks.tick()
        ran.clear()
        clock.shift(timedelta(minutes=1))
        for _ in range(24 * 12):
            # And that of a second beat.
            tasks.tick()
            tasks.tick()
            clock.shift(timedelta(minutes=5))
    hourly = {f"{job.name} at {job.offset.seconds // 60}": 24 for job in rare if job.every == HOUR}
    # On the first tick of five minutes that is past their time.
    daily = (
        "back-up at 25",
        "keep-tickets at 50",
        "verify-audit at 20",
        "forget-recipients at 45",
        "forget-reports at 55",
    )
    assert ran == {**hourly, **dict.fromkeys(daily, 1)}


def test_the_settings_lose_no_message_of_a_killed_worker() -> None:
    """Acknowledged late, put back when the process dies, never given to two workers that live."""
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT
    assert settings.CELERY_TASK_IGNORE_RESULT
    assert not app.conf.result_backend
    assert app.conf.broker_connection_max_retries is None
    if settings.REDIS_URL:
        patience = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
        assert patience > settings.CELERY_TASK_TIME_LIMIT
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        assert settings.DATABASES["default"]["CONN_HEALTH_CHECKS"]
