"""A small CI on this machine: takes the portal's signed webhooks and reports back over HTTP, as real ones do.

    def test_…(live_server: Any, settings: Any) -> None:        # live_server: what is written is committed
        settings.OUTGOING_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
        with CI(live_server.url, an_api_key("deploy")) as ci:
            added = channels.add(actor=ROOT, name="CI", kind="webhook", address=ci.url)
            ci.secret = added.secret                              # and the channel into the environment
            ci.plays("performance_tests", Scenario.FAILS, Scenario.SUCCEEDS)
            …start, tick…
            deliver()                                             # operations.tasks: the outbox
            ci.wait()                                             # until it has said all that it will say
            assert ci.said_of("performance_tests") == [("failed", 200), ("succeeded", 200)]

`ci.jobs` is what it was asked for (the `data` of each `step.requested`), `ci.reports` what it said and what
the portal answered, `ci.turned_away` how many messages had no good signature. It answers a webhook with 202
before it works, drops a message that it had before, and reports from a thread of its own. It imports nothing
of the portal: a process outside the tests can use it as well.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from standardwebhooks import Webhook, WebhookVerificationError

# Seconds after which an answer of the portal counts as none; and for which `wait` waits.
PATIENCE = 30


class Scenario(StrEnum):
    """What the CI makes of a step."""

    SUCCEEDS = "succeeds"
    FAILS = "fails"
    # It takes the webhook, and nothing is heard of it again.
    SILENT = "silent"
    # It says that it works, and succeeds when the test lets it go (`ci.let_go`).
    SLOW = "slow"
    # It succeeds, and says so twice.
    TWICE = "twice"
    # It takes its job for the attempt after: the portal must not believe it. Then it is silent.
    WRONG_ATTEMPT = "wrong_attempt"
    # It answers the webhook itself with 500, so that the portal sends it again.
    DOWN = "down"


class Report(NamedTuple):
    """What it said of a step, and what the portal answered: status 0 where no answer came."""

    step: str
    said: dict[str, Any]
    status: int
    answer: Any


class CI:
    """Listens at `url`; `usually` is how it plays a step for which nothing else was said."""

    def __init__(
        self, portal: str, key: str, secret: str = "", usually: Scenario = Scenario.SUCCEEDS
    ) -> None:
        self.secret = secret
        self.jobs: list[dict[str, Any]] = []
        self.reports: list[Report] = []
        self.other: list[dict[str, Any]] = []
        self.turned_away = 0
        self._portal, self._key, self._usually = urlsplit(portal), key, usually
        self._plays: dict[str, list[Scenario]] = defaultdict(list)
        self._seen: set[str] = set()
        self._working = self._held = 0
        self._changed = threading.Condition()
        self._free = threading.Event()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def plays(self, step: str, *scenarios: Scenario) -> None:
        """How it plays this step, one for each time that it is asked; the last one ever after."""
        self._plays[step] = list(scenarios)

    def let_go(self) -> None:
        """Let what is slow come to its end, now and from now on."""
        with self._changed:
            self._working, self._held = self._working + self._held, 0
            self._free.set()

    def wait(self, jobs: int = 0) -> None:
        """Wait until it was asked for `jobs` jobs and has said all that it will say by itself."""
        with self._changed:
            done = self._changed.wait_for(
                lambda: len(self.jobs) >= jobs and not self._working, timeout=PATIENCE
            )
        assert done, f"the CI was asked {len(self.jobs)} times and works on {self._working} of them"

    def said_of(self, step: str) -> list[tuple[str, int]]:
        """What it said of a step, and the status that came back, in order."""
        return [(each.said["status"], each.status) for each in self.reports if each.step == step]

    def close(self) -> None:
        """Say what is left to say, and listen no more."""
        self.let_go()
        with self._changed:
            self._changed.wait_for(lambda: not self._working, timeout=PATIENCE)
        self._server.shutdown()
        self._server.server_close()

    def report(self, job: dict[str, Any], **said: Any) -> Report:
        """Say something of a job, as its `callback` asks for it; keeps and returns the portal's answer."""
        connection = HTTPConnection(self._portal.hostname or "", self._portal.port, timeout=PATIENCE)
        status, answer = 0, None
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        with suppress(OSError):
            connection.request("PATCH", urlsplit(job["callback"]).path, json.dumps(said), headers)
            response = connection.getresponse()
            status, answer = response.status, json.loads(response.read())
        connection.close()
        found = Report(job["step"], said, status, answer)
        with self._changed:
            self.reports.append(found)
        return found

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Take a webhook: the status to answer. The work is done afterwards."""
        try:
            message = Webhook(self.secret).verify(body, headers)
        except (WebhookVerificationError, ValueError):
            self.turned_away += 1
            return 401
        identity = headers["webhook-id"]
        with self._changed:
            if identity in self._seen:
                return 202
            if message["type"] != "step.requested":
                self._seen.add(identity)
                self.other.append(message)
                return 202
            job = message["data"]
            scenario = self._next(job["step"])
            if scenario == Scenario.DOWN:
                return 500
            self._seen.add(identity)
            self.jobs.append(job)
            self._working += 1
            self._changed.notify_all()
        threading.Thread(target=self._work, args=(job, scenario), daemon=True).start()
        return 202

    def _next(self, step: str) -> Scenario:
        ahead = self._plays[step]
        if len(ahead) > 1:
            return ahead.pop(0)
        return ahead[0] if ahead else self._usually

    def _work(self, job: dict[str, Any], scenario: Scenario) -> None:
        for said in _words(scenario, job):
            if said is None:
                self._hold()
            else:
                self.report(job, **said)
        with self._changed:
            self._working -= 1
            self._changed.notify_all()

    def _hold(self) -> None:
        """Wait until it is let go; what is held counts for no work until then."""
        with self._changed:
            if self._free.is_set():
                return
            self._working, self._held = self._working - 1, self._held + 1
            self._changed.notify_all()
        self._free.wait()


def _words(scenario: Scenario, job: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    """What is said of a job, one after the other; None is where a slow one waits."""
    attempt = job["attempt"]
    good = {
        "status": "succeeded",
        "attempt": attempt,
        "note": f"{job['step']} passed",
        "url": f"https://ci.example.org/runs/{job['deployment']}/{job['step']}/{attempt}",
        "evidence": {"passed": 412, "failed": 0},
    }
    match scenario:
        case Scenario.SUCCEEDS:
            yield good
        case Scenario.FAILS:
            yield {
                **good,
                "status": "failed",
                "note": "3 of 412 tests failed",
                "evidence": {"passed": 409, "failed": 3},
            }
        case Scenario.SLOW:
            yield {"status": "running", "attempt": attempt, "note": "queued"}
            yield None
            yield good
        case Scenario.TWICE:
            yield good
            yield good
        case Scenario.WRONG_ATTEMPT:
            yield {**good, "attempt": attempt + 1}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, ci: CI) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ci = ci


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(self.server.ci.take(body, headers))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *said: Any) -> None:
        """Say nothing: a test's output is its own."""
