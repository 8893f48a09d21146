"""A worker and two beats on private servers, as the supervisor starts them; to be killed and started anew."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from celery import Celery

from ops_portal.supervisor import commands
from tests.faults.private_postgres import PrivatePostgres
from tests.faults.private_redis import PrivateRedis

SETTINGS = "tests.faults.slow_settings"


class Workers:
    """Some pool processes and two beats. `variables` are those of `tests.faults.slow`."""

    def __init__(
        self,
        postgres: PrivatePostgres,
        redis: PrivateRedis,
        folder: Path,
        processes: int,
        variables: dict[str, str],
    ) -> None:
        self._folder = folder
        self._variables = {
            **os.environ,
            **variables,
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "ENV_FILE": "",
        }
        self._commands = commands(0, processes)
        self._beats = [self._start("beat", f"beat-{number}") for number in (1, 2)]
        self.start_worker()

    def start_worker(self) -> None:
        self._worker = self._start("worker", "worker")

    def nudge(self) -> None:
        """Send the hourly message of beat once more."""
        with Celery(broker=self._variables["REDIS_URL"], set_as_current=False) as sender:
            sender.send_task("ops_portal.tasks.check_health")

    def kill_worker(self) -> None:
        """The worker and its pool, all at once and without a word, as when a machine dies."""
        _kill(self._worker)

    def stop(self) -> None:
        for process in (*self._beats, self._worker):
            _kill(process)

    def log(self) -> str:
        """What the worker and the beats said."""
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def _start(self, part: str, name: str) -> subprocess.Popen[bytes]:
        # A beat remembers in its folder when it sent what, and two of them cannot share that.
        with (self._folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                self._commands[part],
                env={**self._variables, "VAR_DIR": str(self._folder / name)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
