"""What a worker counts as taken from Redis, when Redis does not answer."""

from collections.abc import Callable
from typing import Any

import pytest
from kombu.transport import redis

from ops_portal import celery
from ops_portal.broker import QoS


class Gone:
    """A channel whose connection is lost."""

    connection_errors = (ConnectionError,)
    do_restore = False
    unacked_key = "unacked"
    unacked_index_key = "unacked_index"

    def conn_or_acquire(self, client: Any = None) -> Any:
        raise ConnectionError("refused")


@pytest.mark.parametrize(
    "give_back",
    [
        lambda qos: qos.ack("tag"),
        lambda qos: qos.reject("tag"),
        lambda qos: qos.reject("tag", requeue=True),
    ],
)
def test_a_message_that_cannot_be_given_back_makes_room_for_the_next(
    give_back: Callable[[Any], None],
) -> None:
    qos: Any = QoS(Gone(), prefetch_count=1)
    qos._delivered["tag"] = object()
    assert not qos.can_consume()
    with pytest.raises(ConnectionError):
        give_back(qos)
    assert qos.can_consume()


def test_every_connection_of_the_portal_counts_so() -> None:
    assert celery.app.main == "ops_portal"
    assert redis.Channel.QoS is QoS
