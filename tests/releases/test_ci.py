"""The test CI itself, against a portal that is played: the walks of releases lean on it."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from operations.outgoing import signing
from tests.releases.ci import CI, Scenario

SECRET = signing.new_secret()


class Portal(BaseHTTPRequestHandler):
    """Takes every report and answers with it."""

    def do_PATCH(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps({"path": self.path, "key": self.headers["Authorization"], **json.loads(body)})
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *said: Any) -> None:
        """Say nothing."""


@pytest.fixture
def ci() -> Iterator[CI]:
    portal = HTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=portal.serve_forever, args=(0.02,), daemon=True).start()
    with CI(f"http://127.0.0.1:{portal.server_address[1]}", "k3y", secret=SECRET) as found:
        yield found
    portal.shutdown()
    portal.server_close()


def send(ci: CI, step: str = "tests", attempt: int = 1, *, secret: str = SECRET, **message: Any) -> int:
    """Post one `step.requested`, or another message; the status that came back."""
    data = {
        "deployment": 7,
        "step": step,
        "attempt": attempt,
        "callback": f"https://portal.example.org/api/deployments/7/steps/{step}",
    }
    body = json.dumps({"type": "step.requested", "data": data, **message}).encode()
    headers = signing.headers([secret], f"{step}-{attempt}", datetime.now(UTC), body)
    host, _, path = ci.url.removeprefix("http://").partition("/")
    connection = HTTPConnection(host, timeout=10)
    connection.request("POST", f"/{path}", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_it_takes_a_signed_job_once_and_reports_with_its_key(ci: CI) -> None:
    assert [send(ci), send(ci)] == [202, 202]
    ci.wait(jobs=1)
    assert [job["step"] for job in ci.jobs] == ["tests"]
    (report,) = ci.reports
    assert (report.said["status"], report.said["attempt"], report.status) == ("succeeded", 1, 200)
    assert report.answer["path"] == "/api/deployments/7/steps/tests"
    assert report.answer["key"] == "Bearer k3y"


def test_it_turns_away_what_nobody_signed(ci: CI) -> None:
    assert send(ci, secret=signing.new_secret()) == 401
    assert (ci.jobs, ci.turned_away) == ([], 1)


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        (Scenario.FAILS, [("failed", 200)]),
        (Scenario.SILENT, []),
        (Scenario.TWICE, [("succeeded", 200), ("succeeded", 200)]),
        (Scenario.WRONG_ATTEMPT, [("succeeded", 200)]),
    ],
)
def test_it_plays_what_it_was_told(ci: CI, scenario: Scenario, said: list[Any]) -> None:
    ci.plays("tests", scenario, Scenario.SUCCEEDS)
    send(ci)
    ci.wait(jobs=1)
    assert ci.said_of("tests") == said
    assert all(report.said["attempt"] == 1 for report in ci.reports) == (scenario != Scenario.WRONG_ATTEMPT)
    send(ci, attempt=2)
    ci.wait(jobs=2)
    assert ci.said_of("tests")[len(said) :] == [("succeeded", 200)]


def test_what_is_slow_says_so_and_ends_when_it_is_let_go(ci: CI) -> None:
    ci.plays("tests", Scenario.SLOW)
    send(ci)
    ci.wait(jobs=1)
    assert ci.said_of("tests") == [("running", 200)]
    ci.let_go()
    ci.wait()
    assert ci.said_of("tests") == [("running", 200), ("succeeded", 200)]


def test_one_that_is_down_takes_the_job_when_it_comes_again(ci: CI) -> None:
    ci.plays("tests", Scenario.DOWN, Scenario.SUCCEEDS)
    assert [send(ci), send(ci)] == [500, 202]
    ci.wait(jobs=1)
    assert ci.said_of("tests") == [("succeeded", 200)]


def test_other_messages_are_kept_apart(ci: CI) -> None:
    assert send(ci, type="channel.test") == 202
    assert ([each["type"] for each in ci.other], ci.jobs) == (["channel.test"], [])
