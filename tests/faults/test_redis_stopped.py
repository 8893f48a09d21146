"""Redis is emptied, and goes away: no check is lost or doubled, and the web goes on. With the portal's own
tick of 5 s and lease of 45 s."""

import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.faults.checks import Checks
from tests.faults.portal import Client, Portal, until
from tests.faults.private_postgres import PrivatePostgres
from tests.faults.private_redis import PrivateRedis
from tests.faults.workers import SETTINGS, Workers

# Seconds for which Redis is gone.
GONE = float(os.environ.get("FAULT_SECONDS", "60"))
# In seconds: two ticks and a check; a lease, a tick and a check; any page while Redis refuses connections.
SOON, RECOVERY, PAGE = 15.0, 60.0, 3.0
SECRET = "s" * 64

Start = Callable[..., Workers]


class Told(NamedTuple):
    """What an address answered, and how long that took."""

    status: int
    body: bytes
    seconds: float


def test_an_emptied_redis_loses_no_check_nor_does_a_kill_with_the_portals_own_lease(
    workers: Start, redis: PrivateRedis, checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    workers(SLOW_SECONDS="0.3")
    before = checks.strike()
    redis.empty()
    checks.wait(before, SOON)

    during = checks.strike()
    until(checks.in_the_middle, SOON)
    redis.empty()
    checks.wait(during, SOON)

    killed = checks.strike()
    until(checks.in_the_middle, SOON)
    os.kill(checks.in_the_middle()[0].process, signal.SIGKILL)
    redis.empty()
    took = checks.wait(killed, RECOVERY)

    _say(capsys, f"a check that was killed was made {took:.1f} s later, with the portal's own tick and lease")
    assert checks.lost_and_doubled() == (0, 0)
    assert checks.stuck() == []


def test_while_redis_is_stopped_the_web_goes_on_and_afterwards_what_was_due_is_done(
    postgres: PrivatePostgres,
    redis: PrivateRedis,
    world: dict[str, Any],
    workers: Start,
    checks: Checks,
    portal: Callable[..., Portal],
    client: Callable[[Portal], Client],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # One process, so that all of them are busy when Redis stops and none can acknowledge its message.
    workers(processes=1, SLOW_SECONDS="0.3")
    variables = {"DJANGO_SETTINGS_MODULE": SETTINGS, "SLOW_FOLDER": str(tmp_path)}
    server = portal(postgres.url, REDIS_URL=redis.url, MONITORING_CRON_SECRET=SECRET, **variables)
    asking = client(server)
    until(lambda: asking.ask("W00000").status == 200, SOON)

    during = checks.strike()
    until(checks.in_the_middle, SOON)
    redis.stop()
    since = time.monotonic()
    try:
        # What is in the middle goes on, and the trigger needs no Redis.
        checks.wait(during, SOON)
        by_hand = checks.strike()
        ran = _ask(server, "POST", "/api/monitoring/trigger", SECRET)
        assert ran.status == 200, ran
        assert "health-checks" in [line["job"] for line in json.loads(ran.body)["ran"]]
        assert checks.done(by_hand)
        waiting = checks.strike()
        slowest = 0.0
        while time.monotonic() - since < GONE:
            slowest = max(slowest, _pages(server, asking, world["key"]))
            time.sleep(1)
        assert not checks.done(waiting)
    finally:
        redis.start()
    took = checks.wait(waiting, RECOVERY)
    after = checks.strike()
    checks.wait(after, SOON)

    _say(
        capsys,
        f"Redis stopped for {GONE:.0f} s: pages took {slowest * 1e3:.0f} ms at the slowest, "
        f"and the check that was due was made {took:.1f} s after the restart",
    )
    assert checks.lost_and_doubled() == (0, 0)
    assert checks.stuck() == []


def _pages(server: Portal, asking: Client, key: str) -> float:
    """Ask for a flag, a page, the API and the status; the seconds that the slowest answer took."""
    flag = asking.ask("W00000")
    told = {
        path: _ask(server, "GET", path, key)
        for path in ("/admin/login/", "/api/rollouts", "/api/health/status")
    }
    statuses = [flag.status, *(each.status for each in told.values())]
    # The last one says that the cache and the broker are away.
    assert statuses == [200, 200, 200, 503], (statuses, server.log.read_text()[-4000:])
    slowest = max(flag.seconds, *(each.seconds for each in told.values()))
    assert slowest < PAGE
    return slowest


def _ask(server: Portal, method: str, path: str, bearer: str) -> Told:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    began = time.monotonic()
    try:
        connection.request(method, path, headers={"Authorization": f"Bearer {bearer}"})
        response = connection.getresponse()
        return Told(response.status, response.read(), time.monotonic() - began)
    finally:
        connection.close()


def _say(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n  {text}")
