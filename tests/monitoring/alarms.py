"""Alerts in every state, reached through signals and verbs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.utils import timezone

from monitoring.alerts import responding, signals, sweeping
from monitoring.alerts.signals import Signal
from monitoring.models import Alert
from tests.builders import ROOT


def a_signal(cause: str = "errors", *, firing: bool = True, **values: Any) -> Signal:
    """A rule's signal; a warning, unless told otherwise."""
    return Signal(
        **{"source": "rule", "cause": cause, "firing": firing, "title": f"Too many {cause}", **values}
    )


def say(signal: Signal) -> Alert | None:
    """Take one signal and return its alert as it stands in the database."""
    signals.take([signal])
    return Alert.objects.filter(fingerprint=signal.fingerprint).order_by("-pk").first()


def an_alert(cause: str = "errors", **values: Any) -> Alert:
    """An open alert."""
    alert = say(a_signal(cause, **values))
    assert alert is not None
    return alert


def raised(level: str = "critical", title: str = "Data lost", **values: Any) -> Alert:
    """An alert that a person raised."""
    return responding.raise_alert(actor=ROOT, title=title, level=level, **values)


def again(alert: Alert) -> Alert:
    """The alert as it stands in the database."""
    return Alert.objects.get(pk=alert.pk)


def kinds(alert: Alert) -> list[str]:
    """What happened to it, in order."""
    return list(alert.events.values_list("kind", flat=True))


def notices(alert: Alert) -> list[str]:
    """What somebody is to be told of it, in order."""
    return list(alert.notices.values_list("kind", flat=True))


@contextmanager
def later(**after: float) -> Iterator[datetime]:
    """Frozen time, so much after now."""
    with time_machine.travel(timezone.now() + timedelta(**after), tick=False):
        yield timezone.now()


def sweep_after(**after: float) -> sweeping.Swept:
    """Sweep once, so much later."""
    with later(**after):
        return sweeping.sweep()
