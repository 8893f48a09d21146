"""The demo's clock: what it adds, to whom, and that nothing else changes by it."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from ops_portal.demo_clock import CLOCK, saying
from ops_portal.demo_clock.clock import Clock, now
from ops_portal.demo_clock.steady import steady, still

HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "demo_clock"


def test_a_clock_without_a_file_is_the_machines_and_does_not_move() -> None:
    clock = Clock()
    assert clock.ahead() == timedelta(0)
    with pytest.raises(ValueError, match="no file"):
        clock.move(HOUR)


def test_a_new_file_adds_nothing(file: Path) -> None:
    clock = Clock()
    clock.attach(file)
    assert clock.ahead() == timedelta(0)
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_one_process_moves_all_of_them_read_at_once(file: Path) -> None:
    here, there = Clock(), Clock()
    here.attach(file)
    there.attach(file)
    here.move(HOUR)
    here.move(1.5 * HOUR)
    assert there.ahead() == here.ahead() == 2.5 * HOUR


def test_a_restarted_portal_goes_on_where_the_clock_was(file: Path) -> None:
    first, second = Clock(), Clock()
    first.attach(file)
    first.move(HOUR)
    first.detach()
    second.attach(file)
    assert (first.ahead(), second.ahead()) == (timedelta(0), HOUR)


def test_the_clock_never_goes_back(file: Path) -> None:
    clock = Clock()
    clock.attach(file)
    with pytest.raises(ValueError, match="go back"):
        clock.move(-HOUR)


def test_a_frozen_time_is_still_moved_ahead(file: Path) -> None:
    CLOCK.attach(file)
    try:
        with time_machine.travel(NOON, tick=False):
            assert now() == NOON
            CLOCK.move(HOUR)
            assert now() == NOON + HOUR
    finally:
        CLOCK.detach()


def test_migrations_know_the_function_by_djangos_own_name() -> None:
    assert f"{now.__module__}.{now.__qualname__}" == "django.utils.timezone.now"


@pytest.mark.parametrize(
    ("hours", "said"), [(0, ""), (1, "1 hour ahead"), (47, "47 hours ahead"), (71.6, "3 days ahead")]
)
def test_the_banner_says_by_how_much(file: Path, hours: float, said: str) -> None:
    CLOCK.attach(file)
    try:
        CLOCK.move(hours * HOUR)
        assert saying.banner() == (f"Demo: this portal's clock runs {said}." if said else "")
        assert saying.state() == {"aheadHours": hours}
    finally:
        CLOCK.detach()
    assert saying.state() is None


def test_what_means_the_real_nights_rests_while_the_clock_is_ahead(file: Path) -> None:
    job = saying.not_ahead(lambda: "saved")
    CLOCK.attach(file)
    try:
        assert job() == "saved"
        CLOCK.move(HOUR)
        assert job() == ""
    finally:
        CLOCK.detach()


def test_a_leap_waits_for_the_job_that_runs_and_many_jobs_run_side_by_side(file: Path) -> None:
    done: list[str] = []
    leaping = threading.Thread(target=lambda: _leap(done))
    CLOCK.attach(file)
    try:
        with steady(), steady():
            leaping.start()
            leaping.join(0.05)
            done.append("both jobs")
        leaping.join(5)
    finally:
        CLOCK.detach()
    assert done == ["both jobs", "leap"]


def _leap(done: list[str]) -> None:
    with still():
        done.append("leap")
