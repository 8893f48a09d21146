"""The dead man's switch: alerts about the portal's own silence.

One says that no health check is made any more, one that nobody runs scheduled work. Whoever still lives
looks: beat's tick, the trigger, or the watchman of a web process. Each alert is raised once and cleared once,
however many look.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from monitoring import health
from monitoring.alerts.signals import Signal, take
from monitoring.levels import CRITICAL, ERROR
from monitoring.models import Alert
from operations import schedule
from operations.spelling import local_time

# The job that looks, and one that every tick does but the watchman leaves alone.
JOB, TICK_JOB = "dead-man", "seal-audit"
STUCK_AFTER = timedelta(minutes=10)
# When nobody looked for so long, the portal itself was stopped: its work has the grace to begin again.
AWAY = timedelta(minutes=10)
GRACE = timedelta(minutes=5)
# Both in one message, for mostly both have the same cause.
GROUP = "portal-schedule"


class Tick(NamedTuple):
    """When scheduled work was last run, and whether that is too long ago."""

    last: datetime | None
    stuck: bool


@dataclass(frozen=True)
class _Watch:
    """One thing that may fall silent, and what is said then."""

    signal: Signal
    holds: Callable[[], bool]
    summary: Callable[[], str]


def look() -> str:
    """Raise what holds and is not raised yet, clear what is over; says in one line what was done.

    After a stop of the portal, and with its first start, an alert is raised only when its cause still holds
    five minutes later: by then what was due is done. Six queries when there is nothing to do.
    """
    names = [watch.signal.fingerprint for watch in WATCHES]
    found = Alert.objects.filter(resolved_at=None, fingerprint__in=names)
    raised = {alert.fingerprint: alert for alert in found}
    was_away = _was_away()
    said = [_settle(watch, raised.get(watch.signal.fingerprint), was_away) for watch in WATCHES]
    return "; ".join(filter(None, said))


def ringing() -> datetime | None:
    """Since when the alert about health checks is open; None while it is not."""
    alert = Alert.objects.open().filter(fingerprint=SILENCE.fingerprint).only("fired_at").first()
    return alert.fired_at if alert else None


def tick() -> Tick:
    """When somebody last ran what is due, the watchman not counted. One that never ran is not stuck."""
    last = schedule.last_done(TICK_JOB).get(TICK_JOB)
    return Tick(last, last is not None and last < timezone.now() - STUCK_AFTER)


def _settle(watch: _Watch, alert: Alert | None, was_away: bool) -> str:
    if not watch.holds():
        if alert is None or alert.clears_at:
            return ""
        take([replace(watch.signal, firing=False, settle=timedelta(0))])
        return f"over: {alert.title}"
    pending = alert is not None and alert.fired_at is None
    if alert is not None and not pending and not alert.clears_at:
        return ""
    signal = replace(
        watch.signal,
        summary=watch.summary(),
        hold_for=GRACE if pending or (alert is None and was_away) else timedelta(0),
        counts=0 if pending else 1,
    )
    made = take([signal])[signal.fingerprint]
    return f"raised: {made.title}" if made.fired_at else f"waiting: {made.title}"


def _was_away() -> bool:
    last = schedule.last_done(JOB).get(JOB)
    return last is None or last < timezone.now() - AWAY


def _of_checks() -> str:
    newest = health.newest()
    if newest is None:
        return "No health check was ever made, though a plan reaches somebody."
    return f"The last health check was made at {local_time(newest.made_at)}, though a plan reaches somebody."


def _of_ticks() -> str:
    last = tick().last
    return f"What is due was last run at {local_time(last)}." if last else "What is due was never run."


SILENCE = Signal(
    source=Alert.Source.PORTAL,
    cause="dead-man",
    firing=True,
    level=CRITICAL,
    title="No health check for 2 hours",
    affected="Everybody whom a plan reaches: a breach would neither be seen nor stopped.",
    done="Nothing: plans stay as they are.",
    advice=(
        "See whether a worker and beat run, whether the queue and the database answer "
        "(GET /api/health/status), and what the log says of the job health-checks. "
        "Checks go on by themselves when it is repaired."
    ),
    group_key=GROUP,
)
STANDSTILL = Signal(
    source=Alert.Source.PORTAL,
    cause="schedule",
    firing=True,
    level=ERROR,
    title="Scheduled work stands still",
    affected="Whoever relies on health checks, automatic phases, reviews and reports: none of it happens.",
    done="The web processes raise alerts about this and deliver messages meanwhile, and no more than that.",
    advice=(
        "See whether a worker and beat run and whether the queue answers, or whether the crontab still calls "
        "the trigger. What is due is done once as soon as somebody looks."
    ),
    group_key=GROUP,
)
WATCHES = (
    _Watch(SILENCE, health.is_silent, _of_checks),
    _Watch(STANDSTILL, lambda: tick().stuck, _of_ticks),
)
