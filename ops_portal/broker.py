"""What the broker's client lacks: a worker goes on after it could not acknowledge a message.

When Redis goes away while all processes of a worker are busy, none of their messages can be acknowledged.
kombu 5.7 counts them as taken for ever, asks for no other message, and so never learns that the connection is
gone: the worker waits until somebody starts it anew.
"""

from typing import Any

from kombu.transport import redis


class QoS(redis.QoS):
    """Counts a message as gone from this process, acknowledged or not. Redis hands it out again in time."""

    # What the stubs leave out.
    channel: Any
    _quick_ack: Any

    def ack(self, delivery_tag: Any) -> None:
        try:
            super().ack(delivery_tag)
        except self.channel.connection_errors:
            self._quick_ack(delivery_tag)
            raise

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue)
        except self.channel.connection_errors:
            self._quick_ack(delivery_tag)
            raise


def install() -> None:
    """Have every connection of this process count so."""
    redis.Channel.QoS = QoS
