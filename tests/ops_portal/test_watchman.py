"""The watchman of a web process: silent while others work, and able to raise and deliver alerts alone."""

import sys
import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import OperationalError
from django.utils import timezone

from monitoring import dead_man
from monitoring.models import Alert
from operations import schedule
from operations.models import ScheduledJob
from ops_portal import watchman
from ops_portal.schedule import JOBS, LIFELINE, TICK
from ops_portal.watchman import Watchman
from tests import builders
from tests.at_once import at_once
from tests.monitoring.announcing_world import a_channel, a_route
from tests.ops_portal.processes import python

pytestmark = pytest.mark.django_db

NAMES = [job.name for job in LIFELINE]


def done(*names: str, ago: timedelta = timedelta(0)) -> None:
    """These jobs were last done so long ago, and are due."""
    now = timezone.now()
    for name in names:
        ScheduledJob.objects.update_or_create(pk=name, defaults={"due_at": now, "last_done_at": now - ago})


def test_the_lifeline_raises_sweeps_announces_and_delivers_in_this_order() -> None:
    assert NAMES == ["dead-man", "sweep-alerts", "announce-alerts", "deliver-outbox"]


def test_who_ticks_is_told_by_a_job_of_every_tick_that_the_watchman_leaves_alone() -> None:
    [job] = [job for job in JOBS if job.name == dead_man.TICK_JOB]
    assert job.every == TICK
    assert job.name not in NAMES


def test_it_leaves_everything_to_those_who_are_at_work(django_assert_num_queries: Any) -> None:
    done(dead_man.TICK_JOB, *NAMES, ago=timedelta(minutes=4))
    with django_assert_num_queries(1):
        assert Watchman().look() == []


def test_it_does_the_lifeline_when_nobody_ticks() -> None:
    done(dead_man.TICK_JOB, ago=timedelta(minutes=6))
    done(*NAMES)
    assert Watchman().look() == NAMES
    last = dead_man.tick().last
    assert last is not None
    assert last < timezone.now() - timedelta(minutes=5)


def test_it_does_it_again_and_again_until_somebody_ticks(caplog: pytest.LogCaptureFixture) -> None:
    watching = Watchman()
    now = timezone.now()
    for minutes in range(3):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            assert watching.look() == NAMES
    with time_machine.travel(now + timedelta(minutes=3), tick=False):
        done(dead_man.TICK_JOB)
        assert watching.look() == []
    said = [record.getMessage() for record in caplog.records if record.name == watchman.logger.name]
    assert len(said) == 2
    assert "nobody runs dead-man" in said[0]
    assert "run again" in said[1]


def test_it_does_a_single_job_that_the_others_neglect() -> None:
    done(dead_man.TICK_JOB, *NAMES)
    done("announce-alerts", ago=timedelta(minutes=6))
    assert Watchman().look() == ["announce-alerts"]


def test_of_two_watchmen_one_does_the_work() -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        assert Watchman().look() == NAMES
        assert Watchman().look() == []


def test_alone_it_raises_the_alert_and_delivers_it_within_two_looks() -> None:
    now = timezone.now()
    with time_machine.travel(now - timedelta(hours=4), tick=False):
        builders.a_plan_in_phase(1)
    a_route(a_channel(kind="mail", address="ops@example.org"), "critical")
    with time_machine.travel(now, tick=False):
        done(dead_man.TICK_JOB, dead_man.JOB, ago=timedelta(minutes=6))
    watching = Watchman()
    for seconds in (0, 30):
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            watching.look()
    [message] = mail.outbox
    assert message.to == ["ops@example.org"]
    assert "No health check for 2 hours" in message.subject
    assert Alert.objects.open().get().count == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_web_processes_at_once_raise_one_alert_and_send_one_message() -> None:
    now = timezone.now()
    with time_machine.travel(now - timedelta(hours=4), tick=False):
        builders.a_plan_in_phase(1)
    a_route(a_channel(kind="mail", address="ops@example.org"), "critical")
    with time_machine.travel(now, tick=False):
        done(dead_man.TICK_JOB, dead_man.JOB, ago=timedelta(minutes=6))
    for seconds in (0, 30, 60, 90):
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            at_once(*[lambda: Watchman().look()] * 4)
    assert Alert.objects.open().get().count == 1
    assert len(mail.outbox) == 1


class Ended(BaseException):
    """Ends the endless loop of a watchman."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are noted and not waited; the third one ends the loop."""
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise Ended

    monkeypatch.setattr(watchman, "time", SimpleNamespace(sleep=wait))
    monkeypatch.setattr(watchman, "connections", SimpleNamespace(close_all=lambda: None))
    return waits


def test_a_database_that_is_lost_neither_ends_it_nor_the_process(
    quick: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: str) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(schedule, "last_done", fail)
    with pytest.raises(Ended):
        Watchman().run()
    assert caplog.text.count("could not look after scheduled work") == 2
    assert len(set(quick)) > 1
    assert all(30 <= wait <= 60 for wait in quick)


def watchmen() -> int:
    return [thread.name for thread in threading.enumerate()].count("watchman")


def test_it_sleeps_in_tests_and_in_management_commands(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    watchman.start()
    settings.WATCHMAN = True
    monkeypatch.setattr(sys, "argv", ["/srv/portal/manage.py", "runserver"])
    watchman.start()
    assert watchmen() == 0


FORK = """
import os, sys, threading
import ops_portal.wsgi
child = os.fork()
if child:
    os.waitpid(child, 0)
names = [thread.name for thread in threading.enumerate()]
os.write(1, f"{names.count('watchman')}\\n".encode())
os._exit(0)
"""


def test_a_process_of_a_server_has_one_and_so_has_each_that_it_forks(tmp_path: Path) -> None:
    run = python(tmp_path, "-c", FORK)
    assert run.stdout.split() == ["1", "1"], run.stderr
