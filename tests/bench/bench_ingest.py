"""Pushed vitals: samples a second through the API into PostgreSQL, and where the time goes.

Calls come over HTTP to one granian worker on one core; callers and PostgreSQL share the other. Each caller
keeps its connection and waits for each answer. A sample has everything: counts, buckets, nine counters and
five users. The first call of an hour inserts its rows, those after it add to rows that are there.
"""

import http.client
import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from unittest.mock import patch

from django.utils import timezone

from monitoring import ingest
from monitoring.ingest import parsing, writing
from monitoring.ingest.counts import BUCKETS
from ops_portal.supervisor import BLOCKING_THREADS
from tests import builders
from tests.bench.harness import table
from tests.bench.load import RATE, ask, need_tools, server
from tests.builders import ROOT
from tests.doors import an_api_key

PATH = "/api/monitoring/metrics"
WORKSPACES = 5_000
ROUNDS = 7
COUNTERS = (
    "appointmentsCreated",
    "appointmentsDue",
    "appointmentsCompleted",
    "noShows",
    "followupsDue",
    "followupsCompleted",
    "remindersSent",
    "remindersDelivered",
    "portalVisits",
)
_batches = count()


class Case(NamedTuple):
    """So many samples a call, and the calls of one round: all of them are of different workspaces."""

    samples: int
    calls: int
    callers: int = 1


class Round(NamedTuple):
    """The seconds that all calls took together, and each."""

    lasted: float
    calls: list[float]


CASES = (Case(1, 300), Case(1, 600, callers=8), Case(100, 50), Case(100, 50, callers=8), Case(WORKSPACES, 1))


def main() -> None:
    need_tools()
    builders.modules()
    builders.workspaces(builders.numbered(WORKSPACES))
    key = an_api_key("ingest")
    size = len(_body(0, 100, _hour(0))) / 100
    with server("ops_portal.wsgi:application", threads=BLOCKING_THREADS, env={"API_RATE": RATE}) as port:
        _wait(port)
        rows = [row for case in CASES for row in _measured(port, key, case)]
    header = ["samples a call", "callers", "rows", "samples/s", "calls/s", "ms a call", "slowest"]
    table(f"Pushed vitals over HTTP, {size:.0f} bytes a sample, medians of {ROUNDS} rounds", header, rows)
    _where_the_time_goes()


def _measured(port: int, key: str, case: Case) -> list[list[str]]:
    """A case in hours of its own: each round inserts an hour and adds to it once."""
    inserted, added = [], []
    for number in range(ROUNDS + 1):
        hour = _hour(1 + number + 100 * CASES.index(case))
        inserted.append(_round(port, key, case, hour))
        added.append(_round(port, key, case, hour))
    # The first round warms up.
    return [_row(case, "inserted", inserted[1:]), _row(case, "added to", added[1:])]


def _row(case: Case, rows: str, rounds: list[Round]) -> list[str]:
    lasted = statistics.median(each.lasted for each in rounds)
    calls = [took for each in rounds for took in each.calls]
    return [
        f"{case.samples:,}",
        str(case.callers),
        rows,
        f"{case.samples * case.calls / lasted:,.0f}",
        f"{case.calls / lasted:,.1f}",
        f"{1e3 * statistics.median(calls):,.1f}",
        f"{1e3 * max(calls):,.1f}",
    ]


def _round(port: int, key: str, case: Case, hour: datetime) -> Round:
    bodies = [_body(number * case.samples, case.samples, hour) for number in range(case.calls)]
    with ThreadPoolExecutor(case.callers) as callers:
        begun = time.perf_counter()
        shares = [
            callers.submit(_calls, port, key, bodies[caller :: case.callers])
            for caller in range(case.callers)
        ]
        times = [took for share in shares for took in share.result()]
        return Round(time.perf_counter() - begun, times)


def _calls(port: int, key: str, bodies: list[bytes]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    times = []
    for body in bodies:
        begun = time.perf_counter()
        connection.request("POST", PATH, body, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        times.append(time.perf_counter() - begun)
        assert response.status == 200, answer
        assert answer["rejectedCount"] == 0, answer
    connection.close()
    return times


def _where_the_time_goes() -> None:
    """The parts of one call of 5,000 samples, in this process, with nothing of HTTP."""
    parts: dict[str, dict[str, list[float]]] = {}
    for number in range(ROUNDS + 1):
        hour = _hour(600 + number)
        for kind in ("inserted", "added to"):
            body = _body(0, WORKSPACES, hour)
            took: dict[str, float] = {}
            with ExitStack() as stack:
                for part, owner, name in STEPS:
                    stack.enter_context(patch.object(owner, name, _timed(took, part, getattr(owner, name))))
                before = time.process_time()
                _timed(took, "all", _take)(body)
                took["of it CPU of this process"] = time.process_time() - before
            if number:
                for part, seconds in took.items():
                    parts.setdefault(part, {}).setdefault(kind, []).append(seconds)
    rows = [
        [part, *(f"{1e3 * statistics.median(found[kind]):,.0f}" for kind in ("inserted", "added to"))]
        for part, found in parts.items()
    ]
    table(f"One call of {WORKSPACES:,} samples without HTTP, ms", ["", "inserted", "added to"], rows)


STEPS: tuple[tuple[str, Any, str], ...] = (
    ("parse", parsing, "parse"),
    ("check", ingest, "_read_samples"),
    ("add up", ingest, "add_up"),
    ("write hours", writing.HOURS, "put"),
    ("write counters", writing.COUNTERS, "put"),
    ("write users", writing.USERS, "put"),
    ("write last use", writing.LAST_USE, "put"),
)


def _take(body: bytes) -> None:
    taken = ingest.take(parsing.parse(body), actor=ROOT)
    assert taken.accepted == WORKSPACES


def _timed(took: dict[str, float], part: str, step: Callable[..., Any]) -> Callable[..., Any]:
    """`step`, which notes how long it took."""

    def timed(*args: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return step(*args, **options)
        finally:
            took[part] = time.perf_counter() - begun

    return timed


def _hour(number: int) -> datetime:
    """One of the hours that are kept, the newest first."""
    now = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return now - timedelta(hours=number)


def _body(start: int, samples: int, hour: datetime) -> bytes:
    found = [_sample(number % WORKSPACES, hour) for number in range(start, start + samples)]
    batch = f"batch {next(_batches)}"
    return json.dumps({"batch": batch, "module": "patient_engagement", "samples": found}).encode()


def _sample(number: int, hour: datetime) -> dict[str, Any]:
    return {
        "workspace": f"W{number:05}",
        "at": hour.isoformat(),
        "requests": 1_000,
        "errors": 10,
        "timeouts": 1,
        "latencyBuckets": dict(zip(BUCKETS, range(100, 1_000, 100), strict=True)),
        "latencySumMs": 123_456.75,
        "moduleRequests": 300,
        "moduleErrors": 3,
        "counters": dict.fromkeys(COUNTERS, 7),
        "users": [f"user {number}.{each}" for each in range(5)],
    }


def _wait(port: int) -> None:
    """Wait until the server answers."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        with suppress(OSError):
            ask(port, "GET", "/api/health/status")
            return
        time.sleep(0.1)
    raise TimeoutError
