"""What waits to be announced, and what each receiver was told before: read in few queries, in light rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, Q

from monitoring import levels
from monitoring.alerts import muting
from monitoring.alerts.announcing.receivers import Receiver
from monitoring.models import Alert, Dispatch, Notice
from operations import channels
from operations.models import OutboxMessage

# Of one round. What is worst is gathered first.
MOST_AT_ONCE = 10_000


class Pending(NamedTuple):
    """A notice that waits."""

    pk: int
    kind: str
    escalation: int
    created_at: datetime


@dataclass(slots=True)
class Case:
    """An alert with what waits to be said of it. `lane` is one that cannot be reached, and so is not told."""

    alert: int
    group: str
    level: str
    urgency: int
    module_id: int | None
    module: str
    lane: str
    escalation: int
    acknowledged_at: datetime | None
    resolved: bool
    pending: list[Pending] = field(default_factory=list)


class Said(NamedTuple):
    """What a receiver last heard of an alert."""

    kind: str
    level: str
    at: datetime
    to: str


class Recent(NamedTuple):
    """When a receiver last heard of an incident, and the worst level it heard of lately."""

    at: datetime
    worst: str


class Traffic(NamedTuple):
    """How many messages a receiver got lately, and when the last one was written."""

    messages: int
    last: datetime


# By alert and by the receiver's key.
Heard = Mapping[int, Mapping[str, Said]]


def cases(now: datetime, *, alerts: Collection[int] | None = None) -> list[Case]:
    """The alerts that have notices from before `now` and that nothing mutes, the most urgent first.

    Of `alerts` only, where given. Three queries.
    """
    waiting = Notice.objects.filter(gathered_at=None, created_at__lt=now)
    if alerts is not None:
        waiting = waiting.filter(alert__in=alerts)
    waiting = waiting.exclude(alert__in=Alert.objects.filter(muting.at(now).q()))
    rows = waiting.order_by("-alert__urgency", "alert_id", "pk").values_list(
        "alert_id",
        "alert__group_key",
        "alert__level",
        "alert__urgency",
        "alert__module_id",
        "alert__module__name",
        "alert__source",
        "alert__labels",
        "alert__escalation",
        "alert__acknowledged_at",
        "alert__resolved_at",
        "pk",
        "kind",
        "escalation",
        "created_at",
    )
    found: dict[int, Case] = {}
    for row in rows[:MOST_AT_ONCE]:
        pk, group, level, urgency, module, name, source, labels, reached, seen, over = row[:11]
        case = found.get(pk)
        if case is None:
            # Only the portal itself knows which of its lanes is dead; anybody may write a label.
            lane = str(labels.get("lane", "")) if source == Alert.Source.PORTAL else ""
            case = Case(pk, group, level, urgency, module, name or "", lane, reached, seen, over is not None)
            found[pk] = case
        case.pending.append(Pending(*row[11:]))
    return list(found.values())


def heard() -> Heard:
    """What each receiver last heard of each alert that has notices; one query."""
    found: dict[int, dict[str, Said]] = defaultdict(dict)
    # A list of thousands of numbers in the query would cost more than the rows do.
    waiting = Notice.objects.filter(gathered_at=None).values("alert")
    rows = Dispatch.objects.filter(alert__in=waiting).order_by("at", "pk")
    for alert, channel, to, kind, level, at in rows.values_list(
        "alert_id", "channel_id", "to", "kind", "level", "at"
    ):
        found[alert][_key(channel, to)] = Said(kind, level, at, to)
    return found


def recent(receivers: Iterable[Receiver], since: datetime) -> dict[tuple[str, str], Recent]:
    """What receivers heard after `since` of incidents that have notices; one query.

    By the receiver's key and the incident.
    """
    waiting = Notice.objects.filter(gathered_at=None).values("alert__group_key")
    channel_ids = {receiver.channel.pk for receiver in receivers if receiver.channel}
    rows = (
        Dispatch.objects.filter(Q(channel__in=channel_ids) | Q(channel=None), at__gt=since)
        .filter(alert__group_key__in=waiting)
        .order_by()
        .values_list("channel_id", "to", "alert__group_key", "level")
        .annotate(last=Max("at"))
    )
    found: dict[tuple[str, str], Recent] = {}
    for channel, to, group, level, last in rows:
        key = (_key(channel, to), group)
        known = found.get(key, Recent(last, level))
        found[key] = Recent(max(known.at, last), levels.worst(known.worst, level))
    return found


def traffic(receivers: Iterable[Receiver], now: datetime, within: timedelta) -> dict[str, Traffic]:
    """How much each receiver got within a time, by its key; one query."""
    lanes = [receiver.key for receiver in receivers]
    rows = (
        OutboxMessage.objects.filter(lane__in=lanes, created_at__gt=now - within)
        .order_by()
        .values_list("lane")
        .annotate(Count("pk"), Max("created_at"))
    )
    return {lane: Traffic(count, last) for lane, count, last in rows}


def _key(channel_id: int | None, to: str) -> str:
    return channels.mail_lane(to) if channel_id is None else f"channel:{channel_id}"
