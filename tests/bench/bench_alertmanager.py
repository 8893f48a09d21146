"""A storm from Alertmanager: 10,000 different alerts over HTTP into PostgreSQL, and 1,000 times the same.

Messages come to one granian worker on one core; callers, PostgreSQL and the schedule share the other. Each
caller keeps its connection, waits for each answer, and sends again what gets a 503, as Alertmanager does.
Beside it alerts are swept and announced and messages delivered every five seconds, as beat lets them:
everything goes to two channels, so the last columns say how many messages people would get.
"""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from monitoring.alerts import routes
from monitoring.levels import ORDER
from monitoring.models import Alert, Notice, Occurrence
from operations import channels
from operations.models import OutboxMessage
from operations.schedule import run_due
from ops_portal.schedule import LIFELINE
from ops_portal.supervisor import BLOCKING_THREADS
from tests.bench.harness import table
from tests.bench.load import RATE, ask, need_tools, server
from tests.builders import ROOT
from tests.doors import an_api_key
from tests.monitoring.webhook import PATH, a_message, an_alert

ALERTS = 10_000
REPLAYS, THREADS = 1_000, 20
TICK = 5.0
# Digests are made once a minute.
PATIENCE = 150.0


class Case(NamedTuple):
    """So many alerts a message, each message a group of its own."""

    alerts: int
    callers: int
    total: int = ALERTS


class Heard(NamedTuple):
    """The seconds of each answer, and how often it was a 503."""

    seconds: list[float]
    shed: int


# Alertmanager makes groups, unless it is told to make none: a message for each alert.
CASES = (Case(1, 8, 2_000), Case(5, 8), Case(20, 8), Case(100, 4), Case(1_000, 2))


def main() -> None:
    need_tools()
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    key = an_api_key("ingest")
    for name in ("ops", "devs"):
        added = channels.add(actor=ROOT, name=name, kind="mail", address=f"{name}@example.org")
        routes.add(actor=ROOT, name=name, channel=added.channel, levels=ORDER)
    with server(
        "ops_portal.wsgi:application",
        threads=BLOCKING_THREADS,
        env={"API_RATE": RATE, "EMAIL_URL": "dummymail://"},
    ) as port:
        _wait(port)
        with _schedule():
            storms = [_storm(port, key, case) for case in CASES]
            replays = _replays(port, key)
    table(
        "Different alerts, each message a group of its own",
        ["alerts", "a message", "callers", "seconds", "alerts/s", *ANSWERS, "lost", "notices", "messages"],
        storms,
    )
    table(
        f"One message {REPLAYS:,} times from {THREADS} threads",
        ["seconds", "messages/s", *ANSWERS, "alerts", "count", "occurrences"],
        [replays],
    )


ANSWERS = ("p50 ms", "p95 ms", "p99 ms", "slowest", "503s")


def _storm(port: int, key: str, case: Case) -> list[str]:
    _clear()
    began = timezone.now().astimezone(UTC)
    bodies = [_body(case, first, began) for first in range(0, case.total, case.alerts)]
    lasted, heard = _send(port, key, bodies, case.callers)
    _settle()
    found = Alert.objects.filter(source=Alert.Source.ALERTMANAGER, resolved_at=None)
    assert Occurrence.objects.count() == found.count()
    return [
        f"{case.total:,}",
        f"{case.alerts:,}",
        str(case.callers),
        f"{lasted:.1f}",
        f"{case.total / lasted:,.0f}",
        *_times(heard),
        str(case.total - found.count()),
        f"{Notice.objects.count():,}",
        f"{OutboxMessage.objects.count():,}",
    ]


def _replays(port: int, key: str) -> list[str]:
    _clear()
    body = json.dumps(a_message(an_alert(timezone.now().astimezone(UTC)))).encode()
    lasted, heard = _send(port, key, [body] * REPLAYS, THREADS)
    alert = Alert.objects.get()
    return [
        f"{lasted:.1f}",
        f"{REPLAYS / lasted:,.0f}",
        *_times(heard),
        str(Alert.objects.count()),
        str(alert.count),
        str(Occurrence.objects.count()),
    ]


def _times(heard: Sequence[Heard]) -> list[str]:
    seconds = sorted(each for one in heard for each in one.seconds)
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    found = (cuts[49], cuts[94], cuts[98], seconds[-1])
    return [*(f"{1e3 * each:,.0f}" for each in found), f"{sum(one.shed for one in heard):,}"]


def _send(port: int, key: str, bodies: Sequence[bytes], callers: int) -> tuple[float, list[Heard]]:
    with ThreadPoolExecutor(callers) as pool:
        begun = time.perf_counter()
        shares = [pool.submit(_call, port, key, bodies[number::callers]) for number in range(callers)]
        heard = [share.result() for share in shares]
        return time.perf_counter() - begun, heard


def _call(port: int, key: str, bodies: Sequence[bytes]) -> Heard:
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times, shed = [], 0
    for body in bodies:
        wait = 0.1
        begun = time.perf_counter()
        while not _taken(caller, key, body):
            shed += 1
            time.sleep(wait)
            wait = min(2 * wait, 2)
            begun = time.perf_counter()
        times.append(time.perf_counter() - begun)
    caller.close()
    return Heard(times, shed)


def _taken(caller: http.client.HTTPConnection, key: str, body: bytes) -> bool:
    """Whether a message was taken in. A long one may be cut off by a 503 before all of it was sent."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        caller.request("POST", PATH, body, headers)
        response = caller.getresponse()
        answer = json.loads(response.read())
    except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
        caller.close()
        return False
    if response.status == 503:
        return False
    assert response.status == 200, answer
    assert not answer["rejectedCount"], answer
    return True


@contextmanager
def _schedule() -> Iterator[None]:
    """What beat lets a worker do meanwhile."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(TICK):
            run_due(LIFELINE)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _settle() -> None:
    """Wait until everything was announced."""
    limit = time.monotonic() + PATIENCE
    while Notice.objects.filter(gathered_at=None).exists():
        if time.monotonic() > limit:
            left = Notice.objects.filter(gathered_at=None).count()
            raise TimeoutError(f"{left:,} notices were not gathered within {PATIENCE:.0f} s")
        time.sleep(0.5)


def _clear() -> None:
    """Begin with no alerts and no messages."""
    tables = [Alert._meta.db_table, OutboxMessage._meta.db_table]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


def _body(case: Case, first: int, began: datetime) -> bytes:
    group = f"{case.alerts} {first}"
    alerts = [
        an_alert(
            began - timedelta(seconds=1),
            fingerprint=f"{case.alerts:06x}{number:010x}",
            instance=f"host-{number}:9100",
            severity=("critical", "warning", "error")[number % 3],
        )
        for number in range(first, first + case.alerts)
    ]
    message: dict[str, Any] = a_message(
        *alerts, groupKey=f'{{}}:{{alertname="HighErrorRate", rack="{group}"}}'
    )
    return json.dumps(message).encode()


def _wait(port: int) -> None:
    """Wait until the server answers."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        with suppress(OSError):
            ask(port, "GET", "/api/health/status")
            return
        time.sleep(0.1)
    raise TimeoutError
