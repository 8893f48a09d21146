"""An Alertmanager of the tests' own."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.faults.private_postgres import free_port

# Debian's name of the program, and everybody else's.
PROGRAMS = ("prometheus-alertmanager", "alertmanager")


class PrivateAlertmanager:
    """One instance with this configuration, in a folder of its own, on a free port of this machine."""

    def __init__(self, config: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="ops-portal-alertmanager-"))
        self._process: subprocess.Popen[bytes] | None = None
        (self._folder / "alertmanager.yml").write_text(config)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    _program(),
                    "--config.file=alertmanager.yml",
                    "--storage.path=data",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    # Each try that failed is in the log.
                    "--log.level=debug",
                    # No cluster: nothing that listens beside the web.
                    "--cluster.listen-address=",
                ],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        for _ in range(400):
            if self._process.poll() is not None:
                break
            with suppress(OSError):
                if self.get("/-/ready")[0] == 200:
                    return
            time.sleep(0.025)
        self.stop()
        raise RuntimeError(self.log())

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def reconfigure(self, change: Callable[[str], str]) -> None:
        """Start anew with the configuration that `change` makes of this one."""
        file = self._folder / "alertmanager.yml"
        before = file.read_text()
        assert change(before) != before
        file.write_text(change(before))
        self.stop()
        self.start()

    def fire(self, **labels: str) -> None:
        """Tell it of an alert, as Prometheus does."""
        body = json.dumps([{"labels": labels}])
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
        connection.close()

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that fire, as its API tells them."""
        found: list[dict[str, Any]] = json.loads(self.get("/api/v2/alerts")[1])
        return found

    def sent(self) -> int:
        """How many webhooks were answered, well or not."""
        lines = self.get("/metrics")[1].decode().splitlines()
        wanted = 'alertmanager_notifications_total{integration="webhook"}'
        return int(next(float(line.split()[-1]) for line in lines if line.startswith(wanted)))

    def log(self) -> str:
        return (self._folder / "log").read_text()

    def get(self, path: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    @staticmethod
    def why_not() -> str:
        """What is missing here to run one; "" where nothing is."""
        missing = [] if any(map(shutil.which, PROGRAMS)) else ["prometheus-alertmanager"]
        missing += ["amtool"] if shutil.which("amtool") is None else []
        return f"{' and '.join(missing)} of Debian's prometheus-alertmanager are missing" if missing else ""


def _program() -> str:
    return next(name for name in PROGRAMS if shutil.which(name))
