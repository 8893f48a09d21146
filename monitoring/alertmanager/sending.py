"""Pushes the portal's own alerts to Alertmanager, whose routes and silences then hold for them too.

An alert is sent again for as long as it is open and would be told: Alertmanager ends what it does not hear
of for five minutes by itself. So nothing has to be remembered here: a portal that was down, or an
Alertmanager that was, catches up with the next push. What is resolved is sent for a while with its end, so
that it ends there at once.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from monitoring.alertmanager.payload import OWN_LABEL
from monitoring.alerts import muting, signals
from monitoring.alerts.signals import Signal
from monitoring.exchange import Answer, NoAnswer, Server, quoted
from monitoring.levels import ERROR
from monitoring.models import Alert
from monitoring.models.alerts import AlertQuerySet

# How long Alertmanager keeps an alert that it does not hear of again.
HOLDS_FOR = timedelta(minutes=5)
# Longer than that: what is resolved by then has ended there by itself.
SENDS_RESOLVED_FOR = timedelta(minutes=15)
# A restart of Alertmanager is nobody's concern.
MAY_FAIL_FOR = timedelta(minutes=5)
MOST_AT_ONCE = 250
WHOLE_SECONDS = 10.0
# Seconds for all of a push: it must end before the lease of its job.
PUSH_SECONDS = 25.0
LONGEST_ANSWER = 2**20
UNREACHED = Signal(
    source=Alert.Source.PORTAL,
    cause="alertmanager-unreached",
    firing=True,
    level=ERROR,
    title="Alertmanager does not take the portal's alerts",
    affected="Whoever hears of the portal's alerts by way of Alertmanager",
    advice="Look whether Alertmanager runs, and at ALERTMANAGER_URL. The portal's own routes go on.",
    hold_for=MAY_FAIL_FOR,
    settle=timedelta(0),
)

# What these say was typed by somebody, and may be about patients: the title goes out, the text stays.
TYPED = (Alert.Source.PERSON, Alert.Source.PRODUCT)
NAMES = {
    Alert.Source.HEALTH: "OpsPortalHealthCheck",
    Alert.Source.RULE: "OpsPortalRule",
    Alert.Source.PERSON: "OpsPortalPerson",
    Alert.Source.PRODUCT: "OpsPortalProduct",
    Alert.Source.PORTAL: "OpsPortal",
    Alert.Source.TICKETS: "OpsPortalTickets",
}


class Refused(Exception):
    """Alertmanager answered, and did not take what was sent."""


class Pushed(NamedTuple):
    """How many alerts were sent as firing and as resolved."""

    firing: int
    resolved: int


def push() -> Pushed:
    """Send all alerts that would be told. Raises NoAnswer or Refused; after five minutes of that the portal
    raises an alert of its own, which ends with the first push that is taken."""
    if not settings.ALERTMANAGER_URL:
        _tell(None)
        return Pushed(0, 0)
    now = timezone.now()
    firing, resolved = list(_open(now)), list(_resolved(now))
    try:
        _send([*_documents(firing, now), *_documents(resolved, now)])
    except (NoAnswer, Refused) as error:
        _tell(error)
        raise
    _tell(None)
    return Pushed(len(firing), len(resolved))


def _open(now: datetime) -> Iterable[Alert]:
    return _own().open().filter(~muting.at(now).q(), announced_at__isnull=False)


def _resolved(now: datetime) -> Iterable[Alert]:
    return _own().filter(resolved_at__gt=now - SENDS_RESOLVED_FOR, announced_at__isnull=False)


def _own() -> AlertQuerySet:
    """Alerts that did not come from Alertmanager, and are not about how to reach it."""
    found = Alert.objects.exclude(source=Alert.Source.ALERTMANAGER)
    return found.exclude(fingerprint=UNREACHED.fingerprint).select_related("module").order_by("pk")


def _documents(alerts: Iterable[Alert], now: datetime) -> Iterator[dict[str, Any]]:
    for alert in alerts:
        ends = alert.resolved_at or now + HOLDS_FOR
        yield {
            "labels": _labels(alert),
            "annotations": _annotations(alert),
            "startsAt": (alert.fired_at or alert.first_seen).isoformat(),
            "endsAt": ends.isoformat(),
            "generatorURL": settings.PORTAL_URL + reverse("admin:monitoring_alert_change", args=[alert.pk]),
        }


def _labels(alert: Alert) -> dict[str, str]:
    """What Alertmanager knows it by; nothing in here changes while it is open, but its level."""
    found = {
        "alertname": NAMES[Alert.Source(alert.source)],
        "severity": alert.level,
        "source": alert.source,
        OWN_LABEL: str(alert.pk),
    }
    return {**found, "module": alert.module.key} if alert.module else found


def _annotations(alert: Alert) -> dict[str, str]:
    found = {"summary": alert.title}
    if alert.source not in TYPED:
        found |= {"description": alert.summary, "affected": alert.affected, "action": alert.advice}
    return {name: text for name, text in found.items() if text}


def _send(documents: Sequence[dict[str, Any]]) -> None:
    server = Server(
        "Alertmanager", settings.ALERTMANAGER_URL, whole_seconds=WHOLE_SECONDS, longest_answer=LONGEST_ANSWER
    )
    began = time.monotonic()
    rest = iter(documents)
    # Also without any: whether it can be reached should be known before something is to be told.
    batch = list(islice(rest, MOST_AT_ONCE))
    while True:
        answer = server.post("/api/v2/alerts", json.dumps(batch), "application/json")
        if answer.status != 200:
            raise Refused(_why(answer))
        batch = list(islice(rest, MOST_AT_ONCE))
        if not batch:
            return
        if time.monotonic() - began > PUSH_SECONDS:
            raise NoAnswer(f"Alertmanager did not take all alerts within {PUSH_SECONDS:g} seconds.")


def _why(answer: Answer) -> str:
    if answer.status in {401, 403}:
        return f"Alertmanager answered {answer.status}: check the user and password in ALERTMANAGER_URL."
    if 300 <= answer.status < 400:
        return f"Alertmanager answered {answer.status}, a redirect: ALERTMANAGER_URL must name its end."
    said = quoted(answer.content.decode(errors="replace"))
    return f"Alertmanager answered {answer.status}: {said}"


def _tell(error: Exception | None) -> None:
    """Let the portal's own alert know how the push went: it fires when pushes failed for five minutes."""
    known = Alert.objects.filter(fingerprint=UNREACHED.fingerprint, resolved_at=None)
    # All is well nearly always, and that takes no lock.
    if error is not None or known.exists():
        signals.take([replace(UNREACHED, firing=error is not None, summary=str(error or ""))])
