"""What the tests of deployments share."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.releases.deployments.walks import BEGIN


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGIN, tick=False) as traveller:
        yield traveller
