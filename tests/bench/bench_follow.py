"""The time from a change to the new answer, in each of four server processes: 100 turns of a kill switch.

The verb is the admin's. The time runs from the moment before the verb is called, so its own transaction is in
it. Each process is asked on a connection of its own, again and again, until it answers the new value.
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ops_portal.supervisor import BLOCKING_THREADS
from tests.bench.harness import table
from tests.bench.load import server

PROCESSES = 4
CHANGES = 100
WORKSPACES = 1_000
# Seconds between two questions on one connection.
EVERY = 0.005
TARGET = 1.0
FLAG, UNIT = "patient_engagement_module", "W00000"
GIVEN_UP = 10.0


def main() -> None:
    rows = [["PostgreSQL", *_measured()]]
    with tempfile.TemporaryDirectory() as folder:
        # Django's settings are read once in a process: SQLite has one of its own.
        url = f"sqlite:///{folder}/portal.sqlite3"
        environ = {**os.environ, "DATABASE_URL": url, "VAR_DIR": folder}
        said = subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_follow"],
            env=environ,
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
    rows.append(["SQLite", *json.loads(said)])
    header = ["", "p50 ms", "p95 ms", "slowest ms", f"all within {TARGET:.0f} s"]
    table(f"From a change to the new answer, {PROCESSES} processes, {CHANGES} changes", header, rows)


def _measured() -> list[str]:
    """The row of the database that the settings name."""
    from operations import keys
    from rollout import flags, phases
    from tests import builders
    from tests.builders import ROOT

    plan = builders.a_plan(WORKSPACES)
    phases.set_percentage(plan, 100, actor=ROOT)
    key = keys.create("Benchmark", ["evaluate"], actor=ROOT)[1]
    took: list[float] = []
    with _processes() as ports:
        watchers = [_Watcher(port, key) for port in ports]
        for watcher in watchers:
            watcher.wait_for("SPLIT")
        for number in range(CHANGES):
            killed = number % 2 == 0
            began = time.perf_counter()
            threads = [
                threading.Thread(target=watcher.time, args=("DISABLED" if killed else "SPLIT", began, took))
                for watcher in watchers
            ]
            flags.kill(builders.flag(FLAG), killed, actor=ROOT, reason="measured")
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    took.sort()
    assert len(took) == CHANGES * PROCESSES
    p50, p95 = (took[len(took) * share // 100] for share in (50, 95))
    word = "yes" if took[-1] <= TARGET else "NO"
    return [f"{p50 * 1e3:.0f}", f"{p95 * 1e3:.0f}", f"{took[-1] * 1e3:.0f}", word]


@contextmanager
def _processes() -> Iterator[Sequence[int]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(server("ops_portal.wsgi:application", threads=BLOCKING_THREADS, core=None))
            for _ in range(PROCESSES)
        ]


class _Watcher:
    """One process's connection."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GIVEN_UP)
        self._key = key

    def time(self, reason: str, began: float, took: list[float]) -> None:
        self.wait_for(reason)
        took.append(time.perf_counter() - began)

    def wait_for(self, reason: str) -> None:
        limit = time.monotonic() + GIVEN_UP
        while self._reason() != reason:
            assert time.monotonic() < limit, f"not {reason} within {GIVEN_UP} s"
            time.sleep(EVERY)

    def _reason(self) -> str:
        body = json.dumps({"context": {"targetingKey": UNIT}})
        try:
            self._connection.request(
                "POST", f"/ofrep/v1/evaluate/flags/{FLAG}", body, {"Authorization": f"Bearer {self._key}"}
            )
            found: str = json.loads(self._connection.getresponse().read()).get("reason", "")
        except (OSError, http.client.HTTPException):
            # Still starting.
            self._connection.close()
            return ""
        return found


if __name__ == "__main__":
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_portal.settings")
    django.setup()
    Path(os.environ["VAR_DIR"]).mkdir(exist_ok=True)
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(_measured()))
