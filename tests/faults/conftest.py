"""A private PostgreSQL for all tests here, filled once. Skipped, with the reason, where there can be none."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.portal import Client, Portal
from tests.faults.private_postgres import PrivatePostgres
from tests.faults.world import tell


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = PrivatePostgres.why_not()
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


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


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Callable[[str], Portal]]:
    """Starts the portal's server on the database of a URL."""
    started = []

    def start(url: str) -> Portal:
        started.append(Portal(url, tmp_path))
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
