"""The supervisor with real processes: all of it runs, and all of it stops, whoever is killed."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.ops_portal.processes import environment, free_port, python, wait_for, with_marker

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at /proc: Linux only")

PARTS = ("ops_portal.supervisor", "granian", " worker ", " beat ")


class Portal:
    """One running supervisor; its descendants are found by a word in their environment."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.marker = f"{folder}/var"
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops_portal.supervisor"],
                cwd=settings.BASE_DIR,
                env=environment(Path(self.marker), PORT=str(self.port)),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        wait_for(lambda: "The portal is at" in self.log.read_text(), 60, "the portal's address is printed")
        wait_for(lambda: len(self.of(" worker ")) >= 2, 30, "the worker has a child of its own")

    def of(self, word: str) -> list[int]:
        return [process for process, line in with_marker(self.marker).items() if word in line]

    def left(self) -> dict[int, str]:
        return with_marker(self.marker)

    def wait_until_gone(self) -> None:
        wait_for(lambda: not self.left(), 30, "no process is left")


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    running = Portal(tmp_path)
    try:
        running.wait_until_up()
        yield running
    finally:
        for process in running.left():
            os.kill(process, signal.SIGKILL)
        running.process.wait()


@pytest.mark.faults
def test_ctrl_c_stops_everything_in_order(portal: Portal) -> None:
    with pytest.raises(urllib.error.HTTPError) as answer:  # the database was not migrated: up, but not ready
        urllib.request.urlopen(f"http://127.0.0.1:{portal.port}/api/health/status")
    assert answer.value.code == 503
    assert all(portal.of(part) for part in PARTS)

    portal.process.send_signal(signal.SIGINT)

    assert portal.process.wait(timeout=30) == 0
    assert not portal.left()
    assert "Traceback" not in portal.log.read_text()


@pytest.mark.faults
@pytest.mark.parametrize("part", ["granian", " worker "])
def test_a_killed_part_stops_the_rest_loudly(portal: Portal, part: str) -> None:
    os.kill(min(portal.of(part)), signal.SIGKILL)

    assert portal.process.wait(timeout=30) == 1
    assert not portal.left()
    assert "was ended by SIGKILL: the portal stops." in portal.log.read_text()


@pytest.mark.faults
def test_a_killed_supervisor_leaves_no_orphan(portal: Portal) -> None:
    portal.process.kill()
    portal.process.wait()

    portal.wait_until_gone()


@pytest.mark.faults
def test_even_without_its_keeper_a_killed_supervisor_leaves_no_orphan(portal: Portal) -> None:
    keeper = next(process for process in portal.of("ops_portal.supervisor") if process != portal.process.pid)
    portal.process.send_signal(signal.SIGSTOP)  # or it would see the keeper die
    os.kill(keeper, signal.SIGKILL)
    portal.process.kill()
    portal.process.wait()

    portal.wait_until_gone()


@pytest.mark.faults
def test_a_part_that_hangs_is_killed_when_asked_twice(portal: Portal) -> None:
    for process in portal.of(" beat "):
        os.kill(process, signal.SIGSTOP)

    portal.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "Stopping" in portal.log.read_text(), 5, "it stops")
    portal.process.send_signal(signal.SIGTERM)

    assert portal.process.wait(timeout=10) == 0
    assert not portal.left()


def test_a_port_in_use_is_one_clear_line_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        run = python(tmp_path, "-m", "ops_portal.supervisor", "--prepare", PORT=port)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert f"port {port} is in use" in run.stderr
    assert not (tmp_path / "portal.sqlite3").exists()


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1"])
def test_a_bad_port_names_its_variable(tmp_path: Path, port: str) -> None:
    run = python(tmp_path, "-m", "ops_portal.supervisor", PORT=port)
    assert run.returncode == 1
    assert "PORT must be a whole number from 1 to 65535" in run.stderr


def test_a_bad_setting_stops_the_start_in_one_line(tmp_path: Path) -> None:
    run = python(tmp_path, "-m", "ops_portal.supervisor", PORT=str(free_port()), API_RATE="often")
    assert run.returncode == 1
    assert run.stderr.startswith("The portal cannot start: API_RATE must be")
    assert run.stderr.count("\n") == 1
