"""The web server as the image starts it, two processes of it: a walk through it, and its end."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings

from tests.ops_portal.processes import environment, free_port, python, wait_for

pytestmark = pytest.mark.faults

DOCKERFILE = (Path(settings.BASE_DIR) / "Dockerfile").read_text()


class Served(NamedTuple):
    """A portal that was prepared, and its server."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


def command(port: int) -> list[str]:
    """The image's own words, on a port of the test."""
    found = re.search(r"^CMD \[(.*?)\]$", DOCKERFILE.replace("\\\n", ""), re.M)
    assert found is not None
    words = re.findall(r'"([^"]*)"', found[1])
    words[words.index("--host") + 1] = "127.0.0.1"
    words[words.index("--port") + 1] = str(port)
    return [sys.executable, "-m", *words]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    prepared = python(tmp_path, "-m", "ops_portal.prepare", timeout=300, DEMO_CLOCK="false")
    assert prepared.returncode == 0, prepared.stderr
    port = free_port()
    process = subprocess.Popen(
        command(port),
        cwd=settings.BASE_DIR,
        env=environment(
            tmp_path, DEMO_CLOCK="false", DJANGO_SETTINGS_MODULE="tests.ops_portal.unhurried_settings"
        ),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    found = Served(tmp_path, port, process)
    try:
        wait_for(lambda: answers(found), 90, "the web server does not answer")
        yield found
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(served: Served) -> bool:
    try:
        return served.get("/api/health/status?live")[0] == 200
    except OSError:
        return False


def test_a_walk_through_two_processes_finds_nothing_wrong_and_a_change_reaches_both(served: Served) -> None:
    made = python(
        served.folder,
        "manage.py",
        "api_key",
        "create",
        "walk",
        "--scope",
        "read",
        "--scope",
        "evaluate",
        "--scope",
        "respond",
        "--json",
    )
    key = json.loads(made.stdout)["key"]
    walked = python(
        served.folder,
        "manage.py",
        "smoke",
        "--url",
        f"http://127.0.0.1:{served.port}",
        "--json",
        "--slowest",
        "30",
        OPS_PORTAL_KEY=key,
        timeout=120,
    )
    document = json.loads(walked.stdout)
    assert [call for call in document["calls"] if call["faults"]] == []
    assert walked.returncode == 0
    assert sum(call["group"] == "static" and call["result"] == "ok" for call in document["calls"]) > 10
    # A key that was made a moment ago is known to whichever process is asked.
    assert sum(call["status"] == 200 for call in document["calls"] if call["group"] == "api") > 10


def test_a_request_in_flight_is_answered_when_the_server_is_told_to_end(served: Served) -> None:
    heard: list[tuple[int, bytes]] = []
    asking = [
        threading.Thread(target=lambda: heard.append(served.get("/api/status?seconds=2"))) for _ in range(3)
    ]
    for each in asking:
        each.start()
    time.sleep(1)

    served.process.send_signal(signal.SIGTERM)
    for each in asking:
        each.join(30)

    assert [status for status, _ in heard] == [200, 200, 200]
    assert served.process.wait(30) == 0
    with pytest.raises(ConnectionRefusedError):
        served.get("/api/health/status?live")
