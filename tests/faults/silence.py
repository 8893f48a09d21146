"""A portal whose worker and beat can be killed, and made to look as if that were hours ago."""

import json
import os
import signal
import subprocess
import threading
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg

from ops_portal.supervisor import commands
from tests.faults.private_postgres import PrivatePostgres, free_port

SETTINGS = "tests.faults.hurried_settings"
# Nobody ticked for eleven minutes, nor did anything else for six, and the last check is three hours old.
LONG_AGO = """
    UPDATE rollout_plan
       SET started_at = started_at - interval '3 hours', share_changed_at = started_at - interval '3 hours';
    UPDATE monitoring_healthcheck
       SET slot = slot - interval '3 hours', made_at = made_at - interval '3 hours';
    UPDATE operations_scheduledjob SET leased_until = NULL, last_done_at = now() - interval '6 minutes';
    UPDATE operations_scheduledjob SET due_at = now() WHERE name = 'dead-man';
    UPDATE operations_scheduledjob SET last_done_at = now() - interval '11 minutes' WHERE name = 'seal-audit';
"""
DUE = "UPDATE operations_scheduledjob SET due_at = now() WHERE name = %s"
ALERTS = """
    SELECT level, title, count, resolved_at FROM monitoring_alert
    WHERE source = 'portal' AND level IN ('critical', 'error') ORDER BY level, id
"""


class Receiver:
    """Takes what webhooks send; `events` are their names, the oldest first, `bodies` what they said."""

    def __init__(self) -> None:
        receiver = self
        self.bodies: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                receiver.bodies.append(json.loads(self.rfile.read(length)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/alerts"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class WholePortal:
    """Two web processes, a worker and beat on a database of their own and a queue in files."""

    def __init__(self, postgres: PrivatePostgres, folder: Path) -> None:
        self.url = postgres.url.rpartition("/")[0] + "/silence"
        self._folder = folder
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "DATABASE_URL": self.url,
            "REDIS_URL": "",
            "ENV_FILE": "",
            "VAR_DIR": str(folder),
            "OUTGOING_ALLOWED_NETWORKS": "127.0.0.1/32",
        }
        with psycopg.connect(postgres.url, autocommit=True) as maker:
            maker.execute("CREATE DATABASE silence")
        self.ports = (free_port(), free_port())
        self._webs: list[subprocess.Popen[bytes]] = []
        self._workers: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start everything, on a database that is filled by now."""
        self._database = psycopg.connect(self.url, autocommit=True)
        self._webs = [self._run(commands(port, 1)["web server"]) for port in self.ports]
        self.start_workers()

    def start_workers(self) -> None:
        self._workers = [self._run(commands(0, 1)[part]) for part in ("worker", "beat")]

    def kill_workers(self) -> None:
        """The worker with its pool, and beat: at once and without a word."""
        _kill(self._workers)

    def stop(self) -> None:
        _kill([*self._workers, *self._webs])

    def log(self) -> str:
        return (self._folder / "portal.log").read_text()

    def age(self) -> None:
        """Let hours pass."""
        self._database.execute(LONG_AGO)

    def let_run(self, job: str) -> None:
        """A job is due."""
        self._database.execute(DUE, [job])

    def alerts(self) -> list[tuple[Any, ...]]:
        """Level, title, count, and when it was resolved, of each serious alert about the portal itself."""
        return self._database.execute(ALERTS).fetchall()

    def checks(self) -> int:
        found = self._database.execute("SELECT count(*) FROM monitoring_healthcheck").fetchone()
        return int(found[0]) if found else 0

    def status(self, port: int) -> dict[str, Any]:
        """What GET /api/health/status tells; empty while nobody answers."""
        with (
            suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health/status") as answer,
        ):
            told: dict[str, Any] = json.loads(answer.read())
            return told
        return {}

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "portal.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _kill(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
