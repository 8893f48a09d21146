"""The schedule: what is due, who runs it, and what becomes of a job that fails or whose worker dies."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import DjangoAssertNumQueries

from operations import schedule
from operations.models import ScheduledJob, Window
from operations.schedule import LEASE, RETRY, Job, run_due
from tests.at_once import at_once

pytestmark = pytest.mark.django_db

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAIVE = NOON.replace(tzinfo=None)


class Counted:
    """A job's function that counts its runs, and does `then` in each."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.runs = 0
        self.then = then

    def __call__(self) -> str:
        self.runs += 1
        self.then()
        return f"run {self.runs}"


def row(name: str = "hourly") -> ScheduledJob:
    return ScheduledJob.objects.get(pk=name)


def fail() -> None:
    raise ConnectionError("refused")


def test_a_new_job_is_due_at_once_and_then_at_each_multiple_of_its_period() -> None:
    work = Counted()
    hourly = Job("hourly", work, every=HOUR, offset=10 * MINUTE)
    with time_machine.travel(NOON, tick=False) as clock:
        ran = run_due([hourly])
        assert [(each.job, each.result, each.error) for each in ran] == [("hourly", "run 1", "")]
        assert ran[0].milliseconds >= 0
        assert (row().due_at, row().last_began_at, row().last_done_at) == (NOON + 10 * MINUTE, NOON, NOON)
        clock.move_to(NOON + timedelta(minutes=9, seconds=59))
        assert run_due([hourly]) == []
        clock.move_to(NOON + 10 * MINUTE)
        assert len(run_due([hourly])) == 1
        assert run_due([hourly]) == []
        assert (row().due_at, work.runs) == (NOON + 70 * MINUTE, 2)


def test_a_job_that_missed_its_time_for_hours_runs_once_and_is_back_in_step() -> None:
    work = Counted()
    hourly = Job("hourly", work, every=HOUR)
    with time_machine.travel(NOON, tick=False) as clock:
        run_due([hourly])
        clock.move_to(NOON + timedelta(hours=5, minutes=20))
        for _ in range(3):
            run_due([hourly])
    assert work.runs == 2
    assert row().due_at == NOON + 6 * HOUR


@given(
    moment=st.datetimes(NAIVE - 9999 * DAY, NAIVE + 9999 * DAY, timezones=st.just(UTC)),
    every=st.sampled_from([timedelta(seconds=1), MINUTE, HOUR, DAY, 7 * DAY]),
    offset=st.timedeltas(timedelta(0), timedelta(hours=23)),
)
def test_the_next_time_is_the_first_multiple_after_a_moment(
    moment: datetime, every: timedelta, offset: timedelta
) -> None:
    job = Job("any", Counted(), every=every, offset=offset)
    found = job.next_after(moment)
    assert moment < found <= moment + every
    assert (found - datetime(2001, 1, 1, tzinfo=UTC) - offset) % every == timedelta(0)


def test_the_offset_of_a_weekly_job_counts_from_monday() -> None:
    weekly = Job("weekly", Counted(), every=7 * DAY, offset=8 * HOUR)
    assert weekly.next_after(NOON) == datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert datetime(2026, 3, 9, tzinfo=UTC).weekday() == 0


@pytest.mark.parametrize("changes_on", ["2026-03-29", "2026-10-25"])
def test_summer_time_neither_doubles_nor_skips_a_job(changes_on: str, settings: object) -> None:
    settings.TIME_ZONE = "Europe/London"  # type: ignore[attr-defined]
    hourly, daily = Counted(), Counted()
    jobs = [Job("hourly", hourly, every=HOUR), Job("daily", daily, every=DAY, offset=90 * MINUTE)]
    with time_machine.travel(f"{changes_on}T00:00Z", tick=False) as clock:
        run_due(jobs)
        hourly.runs = daily.runs = 0
        for _ in range(24 * 12):
            clock.shift(timedelta(minutes=5))
            run_due(jobs)
    assert (hourly.runs, daily.runs) == (24, 1)


def test_a_job_that_fails_is_due_again_in_a_minute_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken, other = Counted(fail), Counted()
    jobs = [Job("hourly", broken, every=HOUR), Job("other", other, every=HOUR)]
    with time_machine.travel(NOON, tick=False) as clock:
        failed = run_due(jobs)[0]
        assert (failed.job, failed.result, failed.error) == ("hourly", "", "ConnectionError: refused")
        assert (row().due_at, row().last_error) == (NOON + RETRY, "ConnectionError: refused")
        assert (row().last_done_at, row().leased_until) == (None, None)
        assert (other.runs, row("other").due_at) == (1, NOON + HOUR)
        assert "the job hourly failed" in caplog.text
        clock.shift(RETRY)
        broken.then = lambda: None
        assert [each.job for each in run_due(jobs)] == ["hourly"]
    assert (row().due_at, row().last_error) == (NOON + HOUR, "")


def test_a_job_that_fails_every_second_is_tried_once_a_minute() -> None:
    work = Counted(fail)
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(60):
            run_due([Job("tick", work, every=timedelta(seconds=1))])
            clock.shift(timedelta(seconds=1))
    assert work.runs == 1


def test_a_job_whose_worker_was_killed_is_due_again_when_its_lease_ends() -> None:
    def be_killed() -> None:
        raise SystemExit

    work = Counted(be_killed)
    jobs = [Job("hourly", work, every=HOUR), Job("long", work, every=HOUR, lease=5 * MINUTE)]
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in jobs:
            with pytest.raises(SystemExit):
                run_due(jobs)
        work.then = lambda: None
        clock.move_to(NOON + LEASE - timedelta(seconds=1))
        assert run_due(jobs) == []
        clock.move_to(NOON + LEASE)
        assert [each.job for each in run_due(jobs)] == ["hourly"]
        clock.move_to(NOON + 5 * MINUTE)
        assert [each.job for each in run_due(jobs)] == ["long"]
        assert run_due(jobs) == []


def test_a_worker_that_outlived_its_lease_leaves_the_job_to_its_successor(
    caplog: pytest.LogCaptureFixture,
) -> None:
    later = NOON + LEASE
    with time_machine.travel(NOON, tick=False) as clock:

        def take_too_long() -> None:
            clock.move_to(later)
            ScheduledJob.objects.update(leased_until=later + LEASE)

        run_due([Job("hourly", Counted(take_too_long), every=HOUR)])
    assert (row().leased_until, row().due_at) == (later + LEASE, NOON)
    assert "took longer than its lease" in caplog.text


def test_what_became_due_while_a_job_ran_is_not_skipped() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        long = Job("hourly", Counted(lambda: clock.shift(61 * MINUTE)), every=HOUR, lease=2 * HOUR)
        run_due([long])
        assert row().due_at == NOON + HOUR
        assert len(run_due([long])) == 1


def test_one_call_begins_nothing_more_once_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [Job(name, Counted(), every=HOUR) for name in ("first", "second")]
    with monkeypatch.context() as patch:
        patch.setattr(schedule, "BEGIN_WITHIN", 0.0)
        assert [each.job for each in run_due(jobs)] == ["first"]
    assert [each.job for each in run_due(jobs)] == ["second"]


def test_the_one_that_waited_longest_comes_first() -> None:
    jobs = [Job(name, Counted(), every=HOUR) for name in ("first", "second", "third")]
    with time_machine.travel(NOON, tick=False):
        for minutes, job in enumerate(jobs):
            ScheduledJob.objects.create(name=job.name, due_at=NOON - minutes * MINUTE)
        assert [each.job for each in run_due(jobs)] == ["third", "second", "first"]


def test_a_row_without_a_job_is_left_alone() -> None:
    with time_machine.travel(NOON, tick=False):
        ScheduledJob.objects.create(name="removed", due_at=NOON - DAY)
        assert [each.job for each in run_due([Job("hourly", Counted(), every=HOUR)])] == ["hourly"]
    assert row("removed").last_began_at is None


def test_a_job_that_became_more_frequent_does_not_wait_for_the_old_time() -> None:
    work = Counted()
    with time_machine.travel(NOON, tick=False) as clock:
        run_due([Job("hourly", work, every=DAY)])
        hourly = Job("hourly", work, every=HOUR)
        assert run_due([hourly]) == []
        assert row().due_at == NOON + HOUR
        clock.shift(HOUR)
        assert len(run_due([hourly])) == 1


def test_nothing_due_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    jobs = [Job(f"job-{number}", Counted(), every=HOUR) for number in range(12)]
    run_due(jobs)
    with django_assert_num_queries(1):
        assert run_due(jobs) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_runs_each_job() -> None:
    lock, runs = threading.Lock(), []

    def work(name: str) -> Callable[[], str]:
        def run() -> str:
            with lock:
                runs.append(name)
            return ""

        return run

    jobs = [Job(f"job-{number}", work(f"job-{number}"), every=HOUR) for number in range(5)]
    for _ in range(3):
        ScheduledJob.objects.update(due_at=NOON)
        runs.clear()
        at_once(*[lambda: run_due(jobs)] * 8)
        assert sorted(runs) == [job.name for job in jobs]
    assert ScheduledJob.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_a_job_broke_is_not_the_next_ones() -> None:
    def collide() -> None:
        with transaction.atomic():
            ScheduledJob.objects.create(name="hourly", due_at=NOON)

    other = Counted(Window.objects.exists)
    ran = run_due([Job("hourly", Counted(collide), every=HOUR), Job("other", other, every=HOUR)])
    assert [each.error.split(":")[0] for each in ran] == [IntegrityError.__name__, ""]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_under_a_job_is_not_the_next_ones() -> None:
    def lose_the_connection() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    other = Counted(Window.objects.exists)
    ran = run_due([Job("hourly", Counted(lose_the_connection), every=HOUR), Job("other", other, every=HOUR)])
    assert ran[0].error
    assert ran[1].error == ""
    assert row().last_error == ran[0].error
