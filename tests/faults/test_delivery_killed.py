"""Deliverers are killed between sending a message and noting that, again and again: none is lost."""

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.deliverer import Deliverers
from tests.faults.private_postgres import PrivatePostgres
from tests.operations.receiver import Receiver, Request, answer

KILLS = int(os.environ.get("FAULT_DELIVERY_KILLS", "50"))
# Beside those that are killed, so that a killed deliverer leaves some behind.
MESSAGES = KILLS + 10
# Stopped while the receiver answers, so that it never hears it; by itself, when it has the answer; at any
# time around it, when the message may have been marked just before.
MOMENTS = ("before it hears", "before it marks", "at random")


class Fate:
    """What befalls the present deliverer, once: `moment`, or "" for nothing."""

    def __init__(self) -> None:
        self.process = 0
        self.moment = ""
        self.chance = random.Random(2026)
        self.sent: Counter[str] = Counter()
        self.bodies: dict[str, set[bytes]] = {}

    def answer(self, request: Request) -> Iterator[str]:
        """Answer as the receiver, around which the deliverer is killed."""
        moment, self.moment = self.moment, ""
        identity = request.headers["webhook-id"]
        self.sent[identity] += 1
        self.bodies.setdefault(identity, set()).add(request.body)
        if moment == "before it hears":
            os.kill(self.process, signal.SIGSTOP)
        if moment == "at random":
            threading.Timer(self.chance.uniform(0, 0.006), self._kill).start()
        yield answer(200)
        if moment == "before it hears":
            self._kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)


@pytest.fixture
def deliverers() -> Iterator[Callable[[str], Deliverers]]:
    started: list[Deliverers] = []

    def start(url: str) -> Deliverers:
        started.append(Deliverers(url))
        return started[-1]

    yield start
    for each in started:
        each.close()


def test_on_postgresql(
    deliverers: Callable[[str], Deliverers], postgres: PrivatePostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    _check(deliverers(postgres.url), "PostgreSQL", capsys)


def test_on_sqlite(
    deliverers: Callable[[str], Deliverers], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _check(deliverers(f"sqlite:///{tmp_path / 'portal.sqlite3'}"), "SQLite", capsys)


def _check(deliverers: Deliverers, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    fate = Fate()
    receiver = Receiver(fate.answer)
    ids = deliverers.fill(receiver.url, MESSAGES)
    killed: Counter[str] = Counter()
    until = time.monotonic() + 120
    while (states := deliverers.states()).get("delivered", 0) < MESSAGES:
        assert time.monotonic() < until, f"not all arrived: {states}"
        moment = MOMENTS[killed.total() % len(MOMENTS)] if killed.total() < KILLS else ""
        fate.process = deliverers.begin(dies=moment == "before it marks")
        fate.moment = moment
        if deliverers.go():
            killed[moment] += 1
        # What a killed one holds is due again after its lease.
        time.sleep(0.02 if moment else 0.2)
    receiver.close()
    repeats = fate.sent.total() - MESSAGES
    with capsys.disabled():
        sys.stdout.write(
            f"\n  {database}: deliverers killed {killed.total()} times ({dict(killed)}): "
            f"{MESSAGES} messages, {MESSAGES - len(fate.sent)} lost, {repeats} repeated with their id"
        )
    assert killed.total() == KILLS
    assert set(fate.sent) == set(ids)
    assert killed["before it hears"] + killed["before it marks"] <= repeats <= KILLS
    assert all(len(bodies) == 1 for bodies in fate.bodies.values())
