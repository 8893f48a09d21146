"""A Prometheus server of the tests' own, with a history that nobody had to wait for."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.faults.private_postgres import free_port


class History:
    """Samples of series, as scrapes would have left them."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def add(self, series: str, samples: Mapping[datetime, float]) -> None:
        """The values of one series, `name{label="value"}`, by time."""
        lines = self._lines.setdefault(series.partition("{")[0], [])
        lines += [f"{series} {value} {at.timestamp():.0f}" for at, value in samples.items()]

    @property
    def text(self) -> str:
        """OpenMetrics: each metric's lines together, and the end said."""
        return "\n".join([*(line for lines in self._lines.values() for line in lines), "# EOF\n"])


class PrivatePrometheus:
    """One instance in a folder of its own, on a free port of this machine. `files` are its configuration."""

    def __init__(self, history: History | None = None, *, files: Mapping[str, str] | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="ops-portal-prometheus-"))
        self._process: subprocess.Popen[bytes] | None = None
        for name, text in {"prometheus.yml": "scrape_configs: []\n", **(files or {})}.items():
            (self._folder / name).parent.mkdir(exist_ok=True)
            (self._folder / name).write_text(text)
        if history is not None:
            (self._folder / "history.txt").write_text(history.text)
            self._run("promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", "history.txt", "data")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    "--config.file=prometheus.yml",
                    "--storage.tsdb.path=data",
                    "--storage.tsdb.retention.time=10y",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    "--log.level=warn",
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
                if self._is_ready():
                    return
            time.sleep(0.025)
        self.stop()
        raise RuntimeError((self._folder / "log").read_text())

    def stop(self) -> None:
        if self._process is not None:
            # What it scraped is nobody's: there is nothing to write down.
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """What the expression is now: a list of `metric` and `value`."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", f"/api/v1/query?{urlencode({'query': expression})}")
            found: list[dict[str, Any]] = json.loads(connection.getresponse().read())["data"]["result"]
            return found
        finally:
            connection.close()

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", "/-/ready")
        status = connection.getresponse().status
        connection.close()
        return status == 200

    @staticmethod
    def why_not() -> str:
        """What is missing here to run one; "" where nothing is."""
        missing = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
        return f"{' and '.join(missing)} of Debian's package prometheus are not installed" if missing else ""

    def _run(self, *command: str) -> None:
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True, timeout=60)
