"""Alerts that fire as their sources would have them fire, and receivers that are told of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from monitoring.alerts import contacts, routes, signals
from monitoring.alerts.announcing import announce
from monitoring.alerts.signals import Signal
from monitoring.levels import ORDER, WARNING
from monitoring.models import Alert, Contact, Dispatch, Route
from operations.models import Channel, OutboxMessage
from rollout.models import Module
from tests.builders import ROOT

# A Saturday in winter, 14:00 in Paris.
START = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
SOON = timedelta(seconds=11)


@contextmanager
def clock(at: datetime = START) -> Iterator[Any]:
    """Time stands still, and moves when it is told to."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


def a_channel(name: str = "ops", kind: str = "apprise", address: str = "json://127.0.0.1/x") -> Channel:
    secret = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" if kind == "webhook" else ""
    return Channel.objects.create(name=name, kind=kind, address=address, secret=secret)


def a_route(channel: Channel | None = None, *levels: str, **values: Any) -> Route:
    channel = channel or a_channel()
    values = {"name": f"to {channel.name} {Route.objects.count()}", **values}
    return routes.add(channel=channel, levels=levels or ORDER, actor=ROOT, **values)


def a_contact(level: int = 2, name: str = "Grace", **values: Any) -> Contact:
    values = values or {"email": f"{name.lower()}@example.org"}
    return contacts.add(level=level, name=name, actor=ROOT, **values)


def fire(cause: str = "error_rate", level: str = WARNING, **values: Any) -> Alert:
    """The cause holds, as a rule on vitals says."""
    values = {"source": Alert.Source.RULE, "title": f"The {cause} is high", **values}
    signal = Signal(cause=cause, level=level, firing=True, **values)
    return signals.take([signal])[signal.fingerprint]


def many(
    count: int, level: str = WARNING, *, name: str = "Cause", module: Module | None = None, **values: Any
) -> list[Alert]:
    """So many causes at once, each an incident of its own unless they have a module."""
    said = [
        Signal(
            source=Alert.Source.RULE,
            cause=f"{name} {number}",
            title=f"{name} {number} holds",
            firing=True,
            level=level,
            module=module,
            **values,
        )
        for number in range(count)
    ]
    return list(signals.take(said).values())


def again(alert: Alert) -> Alert:
    alert.refresh_from_db()
    return alert


def outgoing() -> list[OutboxMessage]:
    """What waits in the outbox, the oldest first; of one moment, channels before mail."""
    return list(OutboxMessage.objects.order_by("created_at", "lane", "pk"))


def subjects(*, lane: str = "") -> list[str]:
    found = OutboxMessage.objects.order_by("created_at", "pk")
    return [message.payload["subject"] for message in (found.filter(lane=lane) if lane else found)]


def said(alert: Alert) -> list[tuple[str, str]]:
    """Who was told what of an alert, in order."""
    return list(Dispatch.objects.filter(alert=alert).order_by("at", "pk").values_list("to", "kind"))


def ripen(traveller: Any, after: timedelta = SOON) -> Sequence[int]:
    """Let a little time pass and announce; how many messages, and of how many alerts."""
    traveller.shift(after)
    return announce()
