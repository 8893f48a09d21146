"""Alerts in every state, as the pages find them: reached through the verbs, with the clock turned back."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from monitoring.alerts import contacts, responding, routes, silencing
from monitoring.alerts.signals import Signal, take
from monitoring.models import Alert, AlertEvent, Dispatch, HealthCheck, Occurrence
from operations import outbox
from operations.models import Channel
from rollout.models import Module
from tests.builders import ROOT

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MOMENTS = (
    "first_seen",
    "last_seen",
    "fired_at",
    "announced_at",
    "clock_at",
    "due_at",
    "next_at",
    "acknowledged_at",
    "responded_at",
    "resolved_at",
)


def raised(title: str = "Refills are lost", level: str = "critical", **values: Any) -> Alert:
    """An alert that a person raised just now."""
    return responding.raise_alert(actor=ROOT, title=title, level=level, **values)


def measured(cause: str, level: str = "warning", module: Module | None = None, **values: Any) -> Alert:
    """An alert of Alertmanager's; `hold_for` makes it pending."""
    signal = Signal(
        source=Alert.Source.ALERTMANAGER,
        cause=cause,
        firing=True,
        level=level,
        module=module,
        **{"title": cause.replace("_", " ").capitalize(), **values},
    )
    return take([signal])[signal.fingerprint]


def ago(alert: Alert, length: timedelta) -> Alert:
    """The same alert, all of it having happened `length` earlier."""
    Alert.objects.filter(pk=alert.pk).update(**{name: F(name) - length for name in MOMENTS})
    AlertEvent.objects.filter(alert=alert).update(at=F("at") - length)
    return Alert.objects.get(pk=alert.pk)


def late(title: str = "Claims fail", level: str = "critical") -> Alert:
    """One that nobody acknowledged in time, 12 min late."""
    return ago(raised(title, level), 17 * MINUTE)


def acknowledged(title: str = "Search is slow", level: str = "error", **values: Any) -> Alert:
    return responding.acknowledge(raised(title, level, **values), actor=ROOT, note="On it")


def resolved(title: str = "Logins failed", level: str = "critical", **values: Any) -> Alert:
    alert = responding.respond(raised(title, level, **values), actor=ROOT, note="Restarted the broker")
    return responding.resolve(alert, actor=ROOT, note="Holds since")


def silenced(title: str = "Disk is full", level: str = "warning") -> Alert:
    """One whose silence began before it fired."""
    before = measured(title, level)
    silencing.silence(actor=ROOT, until=timezone.now() + HOUR, reason="Being replaced", alert=before)
    Alert.objects.filter(pk=before.pk).update(clock_at=None, due_at=None, next_at=None)
    return Alert.objects.get(pk=before.pk)


def pending(title: str = "Memory is short") -> Alert:
    return measured(title, hold_for=10 * MINUTE)


def a_storm(count: int, level: str = "warning") -> list[Alert]:
    """This many alerts of Alertmanager's at once."""
    signals = [
        Signal(
            source=Alert.Source.ALERTMANAGER,
            cause=f"workspace_{number}",
            firing=True,
            level=level,
            title=f"Workspace {number} answers slowly",
        )
        for number in range(count)
    ]
    return list(take(signals).values())


def many_of_each(count: int, *, module: Module | None = None, check: HealthCheck | None = None) -> None:
    """`count` alerts of one incident, of one cause before, occurrences, messages, routes, contacts."""
    channel = Channel.objects.create(
        name="Ops mail", kind=Channel.Kind.MAIL, address="ops@example.org", created_by="root"
    )
    values: dict[str, Any] = {"module": module, "health_check": check, "group_key": "incident"}
    for number in range(count):
        measured(f"alert_{number}", "warning", **values)
        resolved(f"Past {number}")
        contacts.add(actor=ROOT, level=number % 3 + 1, name=f"Contact {number}", phone="+1 555 1")
        routes.add(actor=ROOT, name=f"Route {number}", channel=channel, levels=["warning"], module=module)
    silencing.silence(actor=ROOT, level="info", until=timezone.now() + HOUR, reason="Known")
    routes.add(actor=ROOT, name="All", channel=channel, levels=["critical", "error", "warning"])
    worst = measured("worst", "critical", **values)
    message = outbox.put("mail", {})
    now = timezone.now()
    for number in range(count):
        at = now - number * HOUR
        Occurrence.objects.create(alert=worst, fingerprint="worst", started_at=at)
        Dispatch.objects.create(alert=worst, kind="fired", channel=channel, to="Ops mail", message=message)
        responding.respond(worst, actor=ROOT, note=f"Note {number}")
    earlier = Alert.objects.exclude(resolved_at=None)
    earlier.update(fingerprint=worst.fingerprint, group_key="incident")
