"""A private PostgreSQL for all tests here, filled once. Skipped, with the reason, where there can be none."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.checks import Checks
from tests.faults.portal import Client, Portal
from tests.faults.private_postgres import PrivatePostgres
from tests.faults.private_redis import PrivateRedis
from tests.faults.workers import Workers
from tests.faults.world import tell


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = PrivatePostgres.why_not()
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session", autouse=True)
def told_to_end() -> Iterator[None]:
    """End as by Ctrl-C when told by a signal: no server is left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    found = PrivatePostgres()
    try:
        yield found
    finally:
        found.remove()


@pytest.fixture(scope="session")
def world(postgres: PrivatePostgres) -> dict[str, Any]:
    """The product's `key`, and everybody's `answers` by the rows of the database."""
    found: dict[str, Any] = tell(postgres.url, "fill")
    return found


@pytest.fixture(scope="session")
def redis() -> Iterator[PrivateRedis]:
    if missing := PrivateRedis.why_not():
        pytest.skip(missing)
    found = PrivateRedis()
    try:
        yield found
    finally:
        found.remove()


@pytest.fixture
def checks(postgres: PrivatePostgres, world: dict[str, Any], tmp_path: Path) -> Iterator[Checks]:
    """The health checks of two plans."""
    found = Checks(postgres, tmp_path, tell(postgres.url, "run_another_plan"))
    yield found
    found.close()


@pytest.fixture
def workers(
    postgres: PrivatePostgres, redis: PrivateRedis, checks: Checks, tmp_path: Path
) -> Iterator[Callable[..., Workers]]:
    """Starts a worker and two beats whose checks take their time; waits until they made their first one."""
    started = []

    def start(processes: int = 2, **variables: str) -> Workers:
        slot = checks.strike()
        started.append(
            Workers(postgres, redis, tmp_path, processes, {"SLOW_FOLDER": str(tmp_path), **variables})
        )
        checks.wait(slot, 60)
        return started[-1]

    yield start
    for each in started:
        each.stop()
        # Shown beside a failure.
        sys.stdout.write(each.log()[-20_000:])


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Callable[..., Portal]]:
    """Starts the portal's server on the database of a URL, with further variables of its environment."""
    started = []

    def start(url: str, **variables: str) -> Portal:
        started.append(Portal(url, tmp_path, **variables))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def client(world: dict[str, Any]) -> Iterator[Callable[[Portal], Client]]:
    made = []

    def make(portal: Portal) -> Client:
        made.append(Client(portal.port, world["key"]))
        return made[-1]

    yield make
    for each in made:
        each.close()
