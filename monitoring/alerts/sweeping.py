"""What alerts do by themselves: resolve, fall silent and speak again, remind, escalate.

Everything that is due stands in the rows; whoever sweeps locks them, so running it twice has one effect.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from monitoring import deadlines
from monitoring.alerts import clocks, muting
from monitoring.alerts.muting import Mutes
from monitoring.alerts.responding import close
from monitoring.alerts.story import Story
from monitoring.models import Alert, AlertEvent, Notice

# In one transaction; there is another one while there is more.
MOST_AT_ONCE = 1_000
MOST_ROUNDS = 20


class Swept(NamedTuple):
    """How many alerts resolved, were silenced, were let speak again, and were reminded of or escalated."""

    resolved: int
    muted: int
    unmuted: int
    stepped: int


def sweep() -> Swept:
    """Do what is due to all alerts. Two queries for the silences and four more when nothing is."""
    now = timezone.now()
    mutes = muting.at(now)
    open_ones = Alert.objects.open()
    return Swept(
        resolved=_each(Alert.objects.filter(clears_at__lte=now), now, _resolve),
        muted=_each(open_ones.filter(mutes.q(), clock_at__isnull=False), now, _muting(mutes)),
        unmuted=_each(open_ones.filter(~mutes.q(), clock_at=None), now, _unmute),
        stepped=_each(Alert.objects.filter(next_at__lte=now), now, _step),
    )


def lapse(alerts: QuerySet[Alert], reason: str) -> int:
    """Resolve open alerts whose cause nobody looks at any more; returns how many."""
    found = alerts.filter(resolved_at=None).exclude(fired_at=None)
    return _each(found, timezone.now(), lambda alert, story: close(alert, story, reason))


def _each(due: QuerySet[Alert], now: datetime, act: Callable[[Alert, Story], None]) -> int:
    done = 0
    for _ in range(MOST_ROUNDS):
        with transaction.atomic():
            story = Story(now)
            skip = connection.features.has_select_for_update_skip_locked
            rows = due.order_by("fingerprint", "pk").select_for_update(skip_locked=skip)
            alerts = list(rows[:MOST_AT_ONCE])
            story.about(alerts)
            for alert in alerts:
                act(alert, story)
            story.write()
        done += len(alerts)
        if len(alerts) < MOST_AT_ONCE:
            break
    return done


def _resolve(alert: Alert, story: Story) -> None:
    if alert.fired_at is not None:
        close(alert, story)
    else:
        story.drop(alert)


def _muting(mutes: Mutes) -> Callable[[Alert, Story], None]:
    def mute(alert: Alert, story: Story) -> None:
        clocks.stop(alert)
        story.event(alert, AlertEvent.Kind.MUTED, mutes.over(alert))

    return mute


def _unmute(alert: Alert, story: Story) -> None:
    """Its clock begins anew, and what is new is told.

    Whoever was told before hears only of what differs from that: the announcer compares.
    """
    clocks.start(alert, story.now)
    story.event(alert, AlertEvent.Kind.UNMUTED)
    story.announce(alert, Notice.Kind.WORSE if alert.announced_at else Notice.Kind.FIRED)


def _step(alert: Alert, story: Story) -> None:
    """Escalate as far as the alert's age says, or remind once of what is owed."""
    reached = alert.escalation
    if alert.clock_at is not None and not alert.acknowledged_at:
        reached = deadlines.escalation_at(alert.level, alert.clock_at, story.now)
    if reached > alert.escalation:
        alert.escalation = reached
        story.event(alert, AlertEvent.Kind.ESCALATED, f"To level {reached}: nobody has acknowledged it.")
        story.announce(alert, Notice.Kind.ESCALATED)
    elif (due := clocks.reminder_at(alert)) is not None and due <= story.now:
        missing = "resolved" if alert.acknowledged_at else "acknowledged"
        story.event(alert, AlertEvent.Kind.OVERDUE, f"It should have been {missing} by now.")
        story.announce(alert, Notice.Kind.OVERDUE)
    clocks.settle(alert, story.now)
