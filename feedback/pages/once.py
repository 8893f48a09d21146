"""A button that is pressed twice, the second time while the first is still at work, makes one ticket."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.core.cache import cache
from redis.exceptions import RedisError

from feedback.models import Ticket

KEPT_FOR = timedelta(hours=24)
# How long the second one waits for the first, in seconds.
PATIENCE, LOOK_EVERY = 5.0, 0.1
AT_WORK = 0


def once(number: str, take: Callable[[], Ticket]) -> Ticket:
    """The ticket that `take` makes, or made for the same `number` before. Raises what `take` raises.

    A cache that does not answer takes nothing with it: the same text twice is kept apart anyway.
    """
    key = f"feedback-form:{number}"
    earlier = _earlier(key)
    if earlier is not None:
        return earlier
    try:
        ticket = take()
    except BaseException:
        with suppress(RedisError):
            cache.delete(key)
        raise
    with suppress(RedisError):
        cache.set(key, ticket.pk, KEPT_FOR.total_seconds())
    return ticket


def _earlier(key: str) -> Ticket | None:
    """What came of an earlier one, waited for; None for the first, or when the earlier one failed."""
    with suppress(RedisError):
        until = time.monotonic() + PATIENCE
        while not cache.add(key, AT_WORK, KEPT_FOR.total_seconds()):
            pk = cache.get(key)
            if pk or time.monotonic() > until:
                return Ticket.objects.filter(pk=pk).first()
            time.sleep(LOOK_EVERY)
    return None
