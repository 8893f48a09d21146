"""The worker that moves a deployment is killed, and its database restarted, in the middle of its steps."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.private_postgres import PrivatePostgres

PATIENCE = 120
# One of each kind, in the order in which they come.
MIDDLES = (
    *("begin health_check", "work backup", "settle backup", "begin update_backend", "settle update_backend"),
    *("work gradual_rollout", "settle gradual_rollout", "begin monitoring", "complete done"),
)


@pytest.fixture
def fresh() -> Iterator[PrivatePostgres]:
    """A server of the test's own."""
    found = PrivatePostgres()
    try:
        yield found
    finally:
        found.remove()


def test_a_worker_killed_in_the_middle_of_any_step_leaves_a_deployment_that_goes_on(
    fresh: PrivatePostgres, tmp_path: Path
) -> None:
    ask(fresh, "fill")
    killed = []
    for middle in MIDDLES:
        worker = start(fresh, tmp_path)
        if reaches(worker, tmp_path, middle):
            os.kill(worker.pid, signal.SIGKILL)
            killed.append(middle)
        worker.wait(timeout=PATIENCE)
    start(fresh, tmp_path).wait(timeout=PATIENCE)
    assert len(killed) >= len(MIDDLES) - 2
    check_complete(ask(fresh, "standing"))


def test_a_database_restarted_in_the_middle_of_any_step_leaves_a_deployment_that_goes_on(
    fresh: PrivatePostgres, tmp_path: Path
) -> None:
    ask(fresh, "fill")
    worker = start(fresh, tmp_path)
    for middle in MIDDLES:
        if reaches(worker, tmp_path, middle):
            fresh.stop()
            fresh.start()
    away, _ = worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 0
    assert json.loads(away) >= len(MIDDLES) - 2, "it noticed"
    check_complete(ask(fresh, "standing"))


def check_complete(found: dict[str, Any]) -> None:
    """It went on to its end: nothing lost, nothing done twice."""
    assert (found["state"], found["release"], found["on"]) == ("complete", "deployed", 40)
    assert {state for _, state, _ in found["steps"]} == {"succeeded"}
    keys = [key for key, _, _ in found["steps"]]
    assert found["begun"] == keys[:-1], "each was begun once: what was begun halfway was not written"
    assert found["succeeded"] == len(keys) - 1
    assert found["completed"] == 1


def environ(postgres: PrivatePostgres) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": postgres.url, "REDIS_URL": "", "ENV_FILE": ""}


def ask(postgres: PrivatePostgres, what: str) -> Any:
    command = [sys.executable, "-m", "tests.faults.deploying", what]
    ran = subprocess.run(command, env=environ(postgres), check=True, stdout=subprocess.PIPE, timeout=PATIENCE)
    return json.loads(ran.stdout)


def start(postgres: PrivatePostgres, folder: Path) -> subprocess.Popen[bytes]:
    (folder / "mark").unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.faults.deploying", "work", str(folder)]
    return subprocess.Popen(command, env=environ(postgres), stdout=subprocess.PIPE)


def reaches(worker: subprocess.Popen[bytes], folder: Path, middle: str) -> bool:
    """Wait until the worker is there; False when it ended, or is past it."""
    until = time.monotonic() + PATIENCE
    mark = folder / "mark"
    while time.monotonic() < until and worker.poll() is None:
        if mark.exists() and mark.read_text() == middle:
            return True
        time.sleep(0.02)
    return False
