"""Alerts of plans that nobody checks any more."""

from django.db.models import QuerySet

from monitoring.alerts import sweeping
from monitoring.alerts.signals import Signal, take
from monitoring.models import Alert
from rollout.models import Plan

REASON = "Nobody has the module any more: it is not checked."


def lapse(watched: QuerySet[Plan]) -> int:
    """Resolve what checks raised about modules without a plan among the `watched`; returns how many.

    A source that fell silent is another matter: its alerts stay open.
    """
    sources = (Alert.Source.HEALTH, Alert.Source.RULE)
    left = Alert.objects.filter(source__in=sources, resolved_at=None).exclude(
        module__in=watched.values("module")
    )
    # Those whose `for` is still running never became anybody's, and are dropped.
    pending = left.filter(fired_at=None, source=Alert.Source.RULE).select_related("module")
    if gone := [_gone(alert) for alert in pending]:
        take(gone)
    return sweeping.lapse(left, REASON)


def _gone(alert: Alert) -> Signal:
    return Signal(source=alert.source, module=alert.module, cause=alert.labels.get("rule", ""), firing=False)
