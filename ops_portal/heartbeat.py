"""A sign of life to somebody outside, given only while all is on time: whoever misses it raises the alarm.

It is what remains when nothing of the portal lives. HEARTBEAT_URL is the operator's own setting: it may lead
to a private address, and it holds a secret, so that no log names it.
"""

import logging
from urllib.parse import urlsplit

from django.conf import settings

from monitoring import dead_man, health
from monitoring.alerts import deliveries
from monitoring.exchange import NoAnswer, Server

WHOLE_SECONDS = 10.0
LONGEST_ANSWER = 64 * 2**10

logger = logging.getLogger(__name__)


def send() -> str:
    """Ask HEARTBEAT_URL if all is on time; says in one line why it was not asked, or that it failed.

    Ten seconds at most, and no redirect is followed: that would be somebody else's answer.
    """
    if not settings.HEARTBEAT_URL:
        return ""
    if faults := why_not():
        return f"no heartbeat: {'; '.join(faults)}"
    try:
        status = _ask(settings.HEARTBEAT_URL)
    except NoAnswer as error:
        logger.warning("the heartbeat failed: %s", error)
        return ""
    if not 200 <= status < 300:
        logger.warning("the heartbeat failed: its receiver answered %s", status)
    return ""


def why_not() -> list[str]:
    """What is not on time, in words. Seven queries."""
    faults = []
    if health.is_late():
        faults.append("a health check is late")
    if dead_man.ringing():
        faults.append("no health check is made")
    if dead_man.tick().stuck:
        faults.append("scheduled work stands still")
    return [*faults, *deliveries.faults()]


def _ask(url: str) -> int:
    """The status of the answer to an empty POST. Raises NoAnswer."""
    server = Server(
        "The heartbeat's receiver", url, whole_seconds=WHOLE_SECONDS, longest_answer=LONGEST_ANSWER
    )
    parts = urlsplit(url)
    # What the server's own address does not carry: a slash at its end, and a query.
    rest = "/" if parts.path.endswith("/") or not parts.path else ""
    return server.post(f"{rest}?{parts.query}" if parts.query else rest, b"", "text/plain").status
