"""With the worker and beat dead, the web processes alone raise the alert and deliver it, once."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.portal import until
from tests.faults.private_postgres import PrivatePostgres
from tests.faults.silence import Receiver, WholePortal
from tests.faults.world import tell

SILENCE, STANDSTILL = "No health check for 2 hours", "Scheduled work stands still"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def whole(postgres: PrivatePostgres, tmp_path: Path, receiver: Receiver) -> Iterator[WholePortal]:
    found = WholePortal(postgres, tmp_path)
    tell(found.url, "watch", receiver.url)
    found.start()
    yield found
    found.stop()
    # Shown beside a failure.
    sys.stdout.write(found.log()[-20_000:])


def test_the_web_alone_tells_people_that_nobody_checks_health_any_more(
    whole: WholePortal, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    until(lambda: whole.checks() and all(whole.status(port) for port in whole.ports), 60)
    assert [whole.status(port)["deadMan"]["ringing"] for port in whole.ports] == [False, False]

    whole.kill_workers()
    made = whole.checks()
    whole.age()
    took = until(lambda: receiver.bodies, 30)
    # As long as both watchmen take to look a few times more.
    time.sleep(3)
    assert [(level, title, count) for level, title, count, _ in whole.alerts()] == [
        ("critical", SILENCE, 1),
        ("error", STANDSTILL, 1),
    ]
    [message] = receiver.bodies
    assert SILENCE in str(message)
    for port in whole.ports:
        told = whole.status(port)
        assert told["status"] == "ok"
        assert told["deadMan"]["ringing"]
        assert told["lastCheck"]["overdue"]
        assert told["schedule"]["stuck"]
        assert told["deliveries"] == {"waiting": 0, "late": 0, "dead": 0}
    assert whole.checks() == made

    whole.start_workers()
    whole.let_run("health-checks")
    back = until(lambda: whole.checks() > made, 60)
    # It looks once a minute.
    whole.let_run("dead-man")
    back += until(lambda: all(resolved for *_, resolved in whole.alerts()), 30)
    assert not any(whole.status(port)["deadMan"]["ringing"] for port in whole.ports)
    assert len(whole.alerts()) == 2
    with capsys.disabled():
        sys.stdout.write(
            f"\n  two web processes without worker and beat: the alert arrived after {took:.1f} s, once; "
            f"it was over {back:.1f} s after their return"
        )
