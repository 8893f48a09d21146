"""The database goes away under load and comes back: answers go on, and nothing needs a restart."""

import itertools
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.faults.portal import Client, Heard, Load, Portal, until
from tests.faults.private_postgres import PrivatePostgres, Way
from tests.faults.world import tell

# Seconds for which the database is gone.
GONE = float(os.environ.get("FAULT_SECONDS", "60"))
# Generous bounds, in seconds: a shared machine stops for a moment now and then.
WARM, COLD, BACK = 2.0, 10.0, 15.0


def test_a_stopped_database_changes_no_warm_answer_and_costs_no_restart(
    postgres: PrivatePostgres,
    world: dict[str, Any],
    portal: Callable[[str], Portal],
    client: Callable[[Portal], Client],
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = portal(postgres.url)
    asking = client(server)
    until(lambda: asking.ask("W00000").status == 200, BACK)
    written = tell(postgres.url, "usage")
    warmed = [asking.ask(unit) for unit in world["answers"]]
    assert {heard.unit: heard.value for heard in warmed} == world["answers"]

    warm, unknown = _load(server, world)
    time.sleep(1)
    postgres.stop()
    gone_at = [len(warm.heard), len(unknown.heard)]
    time.sleep(GONE)
    outage = warm.heard[gone_at[0] :], unknown.heard[gone_at[1] + 2 :]
    postgres.start()
    try:
        tell(postgres.url, "kill", "true")
        took = until(lambda: asking.ask("W00000").reason == "DISABLED", BACK)
        tell(postgres.url, "kill", "false")
        until(lambda: asking.ask("W00000").reason != "DISABLED", BACK)
    finally:
        after = warm.stop(), unknown.stop()

    _say(capsys, f"stopped for {GONE:.0f} s", *outage)
    _say(capsys, f"in all; a change was heard {took:.1f} s after the restart", *after)
    _check_warm(outage[0], world, during_a_kill=False)
    _check_warm(after[0], world, during_a_kill=True)
    assert {(heard.status, heard.value, heard.reason) for heard in outage[1]} == {(200, False, "UNKNOWN")}
    assert {heard.status for heard in after[1]} == {200}
    assert _slowest(after[1]) < COLD

    # Whatever was heard since the server counts, the outage included, is written down.
    least = written + sum(map(len, after)) + len(warmed)
    until(lambda: tell(postgres.url, "usage") >= least, 60)


def test_a_server_that_starts_without_its_database_says_when_to_ask_again_and_then_answers(
    postgres: PrivatePostgres,
    world: dict[str, Any],
    portal: Callable[[str], Portal],
    client: Callable[[Portal], Client],
) -> None:
    postgres.stop()
    try:
        server = portal(postgres.url)
        asking = client(server)
        until(lambda: asking.ask("W00000").status == 503, BACK)
        for _ in range(10):
            heard = asking.ask("W00000")
            assert heard.status == 503, (heard, server.log.read_text())
            assert heard.retry_after.isdecimal()
            assert int(heard.retry_after) >= 1
            assert heard.seconds < WARM
    finally:
        postgres.start()
    until(lambda: asking.ask("W00000").status == 200, BACK)
    assert asking.ask("W00000").value == world["answers"]["W00000"]


def test_a_database_that_falls_silent_takes_no_thread_from_warm_answers(
    postgres: PrivatePostgres,
    world: dict[str, Any],
    portal: Callable[[str], Portal],
    client: Callable[[Portal], Client],
    capsys: pytest.CaptureFixture[str],
) -> None:
    way = Way(postgres.port)
    server = portal(postgres.url_at(way.port))
    asking = client(server)
    until(lambda: asking.ask("W00000").status == 200, BACK)
    for unit in world["answers"]:
        asking.ask(unit)

    warm, unknown = _load(server, world, unknown_threads=6)
    time.sleep(1)
    way.silent = True
    time.sleep(12)
    way.silent = False
    time.sleep(2)
    try:
        until(lambda: asking.ask(f"back-{time.monotonic()}").reason == "DEFAULT", BACK)
    finally:
        heard = warm.stop(), unknown.stop()
        way.close()

    _say(capsys, "silent for 12 s", *heard)
    _check_warm(heard[0], world, during_a_kill=False)
    assert {each.status for each in heard[1]} == {200}


def _load(server: Portal, world: dict[str, Any], *, unknown_threads: int = 2) -> tuple[Load, Load]:
    """Those who ask about workspaces that were asked about before, and about ones that never were."""
    numbers = itertools.count()

    def strangers() -> Iterator[str]:
        while True:
            yield f"nobody-{next(numbers)}"

    known = list(world["answers"])
    return (
        Load(server, world["key"], lambda: itertools.cycle(known), 4),
        Load(server, world["key"], strangers, unknown_threads),
    )


def _check_warm(heard: Sequence[Heard], world: dict[str, Any], *, during_a_kill: bool) -> None:
    wrong = [
        each
        for each in heard
        if each.status != 200
        or each.value != (world["answers"][each.unit] and not (during_a_kill and each.reason == "DISABLED"))
    ]
    assert len(heard) > 100
    assert wrong[:5] == []
    assert _slowest(heard) < WARM


def _slowest(heard: Sequence[Heard]) -> float:
    return max(each.seconds for each in heard)


def _say(
    capsys: pytest.CaptureFixture[str], what: str, warm: Sequence[Heard], unknown: Sequence[Heard]
) -> None:
    """Print how long the answers took, and which they were."""
    with capsys.disabled():
        for name, heard in (("warm", warm), ("unknown", unknown)):
            times = sorted(each.seconds * 1e3 for each in heard)
            took = ", ".join(f"p{share} {times[len(times) * share // 100]:.1f}" for share in (50, 95, 99))
            told = dict(Counter((each.status, each.reason) for each in heard))
            sys.stdout.write(f"\n  {what}, {name}: {took}, slowest {times[-1]:.0f} ms: {told}")
