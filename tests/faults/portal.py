"""The portal's server, and those who ask it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ops_portal.supervisor import BLOCKING_THREADS
from tests.faults.private_postgres import free_port
from tests.faults.world import FLAG

# Seconds after which an answer counts as none.
PATIENCE = 15.0


class Portal:
    """One granian process on a database, as the supervisor starts it."""

    def __init__(self, url: str, folder: Path, **variables: str) -> None:
        self.port = free_port()
        self.log = folder / "server.log"
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"]
        threads = ["--workers", "1", "--blocking-threads", str(BLOCKING_THREADS)]
        options = ["--port", str(self.port), *threads, "--log-level", "warning", "--no-access-log"]
        self._process = subprocess.Popen(
            [*granian, *options, "ops_portal.wsgi:application"],
            env={**os.environ, "DATABASE_URL": url, "VAR_DIR": str(folder), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.log.open("wb"),
        )

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Heard(NamedTuple):
    """One answer: `status` 0 where none came; `value` and `reason` where it was 200."""

    unit: str
    status: int
    value: bool | None
    reason: str
    seconds: float
    retry_after: str


class Client:
    """Asks for one flag, on a connection that it keeps."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, unit: str) -> Heard:
        body = json.dumps({"context": {"targetingKey": unit}})
        began = time.monotonic()
        try:
            self._connection.request("POST", f"/ofrep/v1/evaluate/flags/{FLAG}", body, self._headers)
            response = self._connection.getresponse()
            told = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            self._connection.close()
            return Heard(unit, 0, None, "", time.monotonic() - began, "")
        return Heard(
            unit,
            response.status,
            told.get("value"),
            told.get("reason", ""),
            time.monotonic() - began,
            response.headers.get("Retry-After", ""),
        )

    def close(self) -> None:
        self._connection.close()


class Load:
    """Threads that ask until told to stop, about what `units` yields; `heard` is what they heard."""

    def __init__(self, portal: Portal, key: str, units: Callable[[], Iterator[str]], threads: int) -> None:
        self.heard: list[Heard] = []
        self._stopping = threading.Event()
        self._clients = [Client(portal.port, key) for _ in range(threads)]
        self._threads = [
            threading.Thread(target=self._ask, args=(client, units()), daemon=True)
            for client in self._clients
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[Heard]:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        for client in self._clients:
            with suppress(OSError):
                client.close()
        return self.heard

    def _ask(self, client: Client, units: Iterator[str]) -> None:
        for unit in units:
            if self._stopping.is_set():
                return
            self.heard.append(client.ask(unit))
            # The load shares the machine with the server.
            time.sleep(0.002)


def until(true: Callable[[], Any], seconds: float) -> float:
    """Wait until `true()` is; the seconds that it took. Fails when it takes longer than `seconds`."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - began
