"""What several tests of this folder need."""

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from tests.operations.receiver import Receiver


@pytest.fixture
def receive(settings: Any) -> Iterator[Callable[..., Receiver]]:
    """Starts receivers on this machine, which webhooks may go to."""
    settings.OUTGOING_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    started: list[Receiver] = []

    def start(*answers: Any, **options: Any) -> Receiver:
        started.append(Receiver(*answers, **options))
        return started[-1]

    yield start
    for each in started:
        each.close()
