"""What does not arrive: a lane that gives messages up, or holds alerts, raises an alert of the portal's own.

The alert names its lane in a label, and is announced to everybody but that lane.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from monitoring import levels
from monitoring.alerts.signals import Signal, take
from monitoring.models import Alert, Contact, Dispatch, Route
from operations import channels
from operations.models import Channel, OutboxMessage
from operations.spelling import local_time

# How often a message about an alert may fail, and how long one about a critical alert may wait.
MOST_FAILURES = 3
LONGEST_WAIT = timedelta(minutes=5)
# What was given up before is history.
HORIZON = timedelta(days=7)
GROUP = "undeliverable"
LONGEST_ERROR = 300
# Apprise URLs hold tokens from the first character on.
URL = re.compile(r"\b([a-z][a-z0-9+.-]*://)[^\s\"'<>]+", re.IGNORECASE)


class Watched(NamedTuple):
    """How many lanes are in trouble, and how many no longer are."""

    failing: int
    cleared: int


@dataclass(frozen=True)
class Trouble:
    """Why a lane is in trouble, and when the newest sign of it was."""

    lane: str
    why: str
    at: datetime
    disabled: bool = False


@transaction.atomic
def watch() -> Watched:
    """Raise an alert for each lane that does not deliver, and let it clear when the lane delivers again.

    What a person resolved is raised again by new failures alone. The number of queries does not depend on
    how many messages or lanes there are.
    """
    known = Alert.objects.filter(source=Alert.Source.PORTAL, group_key=GROUP)
    opened = {alert.labels.get("lane", ""): alert for alert in known.filter(resolved_at=None)}
    troubles = {trouble.lane: trouble for trouble in _troubles(timezone.now())}
    named = _channels(troubles)
    _drop_settled(troubles, named, opened, known)
    cleared = [lane for lane, alert in opened.items() if lane not in troubles and alert.clears_at is None]
    take([*_signals(troubles, named, opened), *(_signal(lane, firing=False) for lane in cleared)])
    return Watched(len(troubles), len(cleared))


def _troubles(now: datetime) -> Iterable[Trouble]:
    """The weightiest reason of each lane comes last.

    A customer's full mailbox is nobody's alert: of announcements, it would be one for each customer.
    """
    lanes = OutboxMessage.objects.exclude(lane="").exclude(lane__startswith=channels.USER_LANES).order_by()
    yield from _given_up(lanes, now)
    yield from _stuck(lanes.waiting(), now)
    yield from _disabled()


def _given_up(lanes: QuerySet[OutboxMessage], now: datetime) -> Iterable[Trouble]:
    """Lanes that gave a message up and have delivered none since. A disabled channel is another matter."""
    delivered = lanes.filter(lane=OuterRef("lane"), delivered_at__isnull=False).order_by("-created_at")
    rows = (
        lanes.filter(dead_at__gt=now - HORIZON)
        .values("lane")
        .annotate(
            count=Count("pk"), last=Max("dead_at"), arrived=Subquery(delivered.values("delivered_at")[:1])
        )
    )
    for row in rows:
        if row["arrived"] and row["arrived"] >= row["last"]:
            continue
        said = "1 message was" if row["count"] == 1 else f"{row['count']:,} messages were"
        yield Trouble(
            row["lane"], f"{said} given up, the last one at {local_time(row['last'])}.", row["last"]
        )


def _stuck(waiting: QuerySet[OutboxMessage], now: datetime) -> Iterable[Trouble]:
    """Lanes whose messages about alerts fail again and again, or about critical ones wait too long."""
    about = Dispatch.objects.filter(message=OuterRef("pk"))
    failing = waiting.filter(Exists(about), attempts__gte=MOST_FAILURES).exclude(last_error="")
    late = waiting.filter(Exists(about.filter(level=levels.CRITICAL)), created_at__lte=now - LONGEST_WAIT)
    for found, why in ((late, "about critical alerts"), (failing, "about alerts")):
        rows = found.values("lane").annotate(
            count=Count("pk"), most=Max("attempts"), first=Min("created_at"), last=Max("created_at")
        )
        for row in rows:
            said = "1 message" if row["count"] == 1 else f"{row['count']:,} messages"
            tried = "1 attempt" if row["most"] == 1 else f"{row['most']} attempts"
            text = f"{said} {why} did not arrive since {local_time(row['first'])}, after {tried}."
            yield Trouble(row["lane"], text, row["last"])


def _disabled() -> Iterable[Trouble]:
    """Disabled channels on which somebody still relies."""
    routed = Exists(Route.objects.filter(channel=OuterRef("pk"), enabled=True))
    reached = Exists(Contact.objects.filter(channel=OuterRef("pk"), email=""))
    for channel in Channel.objects.exclude(disabled_at=None).filter(routed | reached):
        if channel.disabled_at is not None:
            why = f"The channel is disabled since {local_time(channel.disabled_at)}: {channel.disabled_why}"
            yield Trouble(channels.lane_of(channel), why, channel.disabled_at, disabled=True)


def _drop_settled(
    troubles: dict[str, Trouble],
    named: Mapping[str, Channel],
    opened: Collection[str],
    known: QuerySet[Alert],
) -> None:
    """Drop what is no trouble: its channel was removed, or is disabled and unused, or a person settled it."""
    for lane, trouble in list(troubles.items()):
        channel = named.get(lane)
        gone = channel is None and lane.startswith("channel:")
        if gone or (channel is not None and channel.disabled_at and not trouble.disabled):
            del troubles[lane]
    fingerprints = {_signal(lane, firing=True).fingerprint: lane for lane in troubles if lane not in opened}
    settled = known.filter(fingerprint__in=fingerprints).exclude(resolved_at=None).order_by()
    for fingerprint, end in settled.values_list("fingerprint").annotate(Max("resolved_at")):
        if troubles[fingerprints[fingerprint]].at <= end:
            del troubles[fingerprints[fingerprint]]


def _signals(
    troubles: Mapping[str, Trouble], named: Mapping[str, Channel], opened: Collection[str]
) -> list[Signal]:
    contacts = {channels.mail_lane(each.email): each for each in Contact.objects.exclude(email="")}
    errors = _errors(troubles)
    signals = []
    for lane, trouble in troubles.items():
        channel, contact = named.get(lane), contacts.get(lane)
        if channel is not None:
            who, where = f"the channel {channel}", channels.masked(channel)
        elif contact is not None:
            who, where = f"{contact} by mail", contact.email
        else:
            who, where = lane, lane
        error = _scrubbed(errors.get(lane, ""), channel)
        signals.append(
            replace(
                _signal(lane, firing=True),
                title=f"Messages to {who} do not arrive"[:200],
                summary=f"{trouble.why}\nThe last error: {error}" if error else trouble.why,
                affected=f"Whoever reads {where} hears nothing from the portal.",
                advice="Mend or replace it, send a test message, and then send what was given up again, from "
                "the outbox. Until then let another route take its alerts.",
                url=f"{settings.PORTAL_URL}{reverse('admin:operations_outboxmessage_changelist')}",
                # One that is known is not counted again with each minute.
                counts=0 if lane in opened else 1,
            )
        )
    return signals


def _signal(lane: str, *, firing: bool) -> Signal:
    return Signal(
        source=Alert.Source.PORTAL,
        cause=f"undeliverable:{lane}",
        firing=firing,
        level=levels.ERROR,
        labels={"lane": lane},
        group_key=GROUP,
    )


def _channels(lanes: Iterable[str]) -> dict[str, Channel]:
    numbers = [lane.removeprefix("channel:") for lane in lanes if lane.startswith("channel:")]
    found = Channel.objects.filter(pk__in=[int(number) for number in numbers if number.isdecimal()])
    return {channels.lane_of(channel): channel for channel in found}


def _errors(lanes: Collection[str]) -> dict[str, str]:
    """The newest error of each lane's undelivered messages."""
    failed = OutboxMessage.objects.filter(lane__in=list(lanes), delivered_at=None).exclude(last_error="")
    newest = failed.filter(lane=OuterRef("lane")).order_by("-due_at").values("last_error")[:1]
    rows = failed.order_by().values("lane").distinct().annotate(newest=Subquery(newest))
    return dict(rows.values_list("lane", "newest"))


def _scrubbed(error: str, channel: Channel | None) -> str:
    """An error without addresses: they hold tokens."""
    if channel is not None and channel.kind != Channel.Kind.MAIL:
        error = error.replace(channel.address, channels.masked(channel))
    return URL.sub(r"\1…", " ".join(error.split()))[:LONGEST_ERROR]
