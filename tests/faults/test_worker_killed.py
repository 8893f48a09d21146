"""Workers are killed in the middle of health checks, again and again: each hour has its checks, once."""

import os
import random
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from tests.faults.checks import Checks, Middle
from tests.faults.portal import until
from tests.faults.workers import Workers

KILLS = int(os.environ.get("FAULT_KILLS", "20"))
# Within which a check that was killed must be made.
RECOVERY = 60.0
# Shorter than the portal's 5 s and 45 s, so that many kills fit into a test; the portal's own are measured in
# `test_redis_stopped`.
QUICK = {"SLOW_TICK": "0.5", "SLOW_LEASE": "2", "SLOW_SECONDS": "0.2"}
# A check reads and writes for each plan, within one transaction, and then the job is settled; each of these
# lasts this long then.
PARTS, LASTS = ("reading", "writing", "settling"), 0.2

Start = Callable[..., Workers]


def test_a_pool_process_killed_in_the_middle_of_a_check_loses_and_doubles_nothing(
    workers: Start, checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    def kill(middle: Sequence[Middle]) -> None:
        for each in middle:
            os.kill(each.process, signal.SIGKILL)

    _check(checks, workers(**QUICK), kill, "a pool process", capsys)


def test_a_whole_worker_killed_in_the_middle_of_a_check_loses_and_doubles_nothing(
    workers: Start, checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    started = workers(**QUICK)

    def kill(middle: Sequence[Middle]) -> None:
        started.kill_worker()
        started.start_worker()

    _check(checks, started, kill, "a worker", capsys)


def _check(
    checks: Checks,
    workers: Workers,
    kill: Callable[[Sequence[Middle]], None],
    what: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(2026)
    took: list[float] = []
    killed: Counter[str] = Counter()
    while len(took) < KILLS:
        part = PARTS[len(took) % len(PARTS)]
        slot = checks.strike()
        if chance.random() < 0.5:
            # The hour is told twice: the tick finds the job due, and beat's own message comes.
            workers.nudge()
        until(lambda: part in checks.parts() or checks.done(slot), RECOVERY)  # noqa: B023 - called at once
        time.sleep(chance.uniform(0, LASTS))
        if middle := checks.in_the_middle():
            kill(middle)
            killed.update(each.part for each in middle)
            took.append(checks.wait(slot, RECOVERY))
        else:
            checks.wait(slot, RECOVERY)
    lost, doubled = checks.lost_and_doubled()
    with capsys.disabled():
        sys.stdout.write(
            f"\n  {what} killed {len(took)} times ({dict(killed)}): {lost} hours lost, {doubled} doubled, "
            f"made after {statistics.median(took):.1f} s in the median and {max(took):.1f} s at the slowest, "
            f"with a lease of {QUICK['SLOW_LEASE']} s and a tick of {QUICK['SLOW_TICK']} s"
        )
    assert (lost, doubled) == (0, 0)
    assert max(took) < RECOVERY
    assert checks.stuck() == []
