"""`manage.py cache init`: what is shared is made ready, and what is not ready is said."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError

from feedback.models import DayCount
from ops_portal import warming
from ops_portal.schedule import JOBS
from tests import builders
from tests.doors import run
from tests.feedback.builders import a_ticket

# What PostgreSQL counted of empty tables outlives a transaction, and misleads its planner in later tests.
pytestmark = pytest.mark.django_db(transaction=True)


def test_every_step_is_done_and_told() -> None:
    builders.a_plan_in_phase(1)
    ran = run("cache", "init", "--json")

    assert ran.code == 0, ran.err
    steps = {step["name"]: step for step in ran.document["steps"]}
    assert list(steps) == ["cache", "planner", "flags", "static files", *warming.SUMS]
    assert all(step["ok"] for step in steps.values())
    assert steps["flags"]["said"].startswith("2 modules, ")


def test_sums_are_there_before_their_jobs_were_due(tmp_path: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    a_ticket(received_at=timezone.now() - timedelta(days=3))
    assert not DayCount.objects.exists()

    assert run("cache", "init").code == 0
    assert DayCount.objects.exists()


def test_again_does_no_harm_and_finds_nothing_left() -> None:
    builders.a_plan_in_phase(1)
    run("cache", "init")
    steps = {step["name"]: step for step in run("cache", "init", "--json").document["steps"]}

    assert steps["count-tickets"]["said"] == "nothing was left to do"
    assert steps["reconcile-cohorts"]["said"] == "nothing was left to do"


def test_a_dry_run_only_reads(django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "set", None)
    ran = run("cache", "init", "--dry-run", "--json")

    assert ran.code == 0, ran.err
    assert ran.document["dryRun"]
    left_out = [step["name"] for step in ran.document["steps"] if step["ok"] is None]
    assert left_out == ["cache", "planner", *warming.SUMS]


def test_a_cache_that_forgets_is_told_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "get", lambda key: None)
    ran = run("cache", "init", "--json")

    assert ran.code == 1
    steps = {step["name"]: step for step in ran.document["steps"]}
    assert steps["cache"]["ok"] is False
    assert "not found again" in steps["cache"]["said"]
    assert steps["flags"]["ok"]


def test_a_job_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(warming, "_running", lambda job: fail if job.name == "keep-days" else lambda: "")
    ran = run("cache", "init")

    assert ran.code == 1
    assert any("keep-days" in line and "the disk is full" in line for line in ran.out.splitlines())


def test_the_jobs_that_make_sums_are_scheduled_ones() -> None:
    assert set(warming.SUMS) <= {job.name for job in JOBS}
