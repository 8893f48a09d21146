"""Alerts of plans that nobody checks any more."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from monitoring.alerts import sweeping
from monitoring.alerts.signals import Signal, take
from monitoring.models import Alert, HealthCheck
from rollout.models import Plan

REASON = "Nobody has the module any more: it is not checked."


def lapse(watched: QuerySet[Plan]) -> int:
    """Resolve what checks raised about modules without a plan among the `watched`; returns how many.

    A source that fell silent is another matter: its alerts stay open.
    """
    sources = (Alert.Source.HEALTH, Alert.Source.RULE)
    modules = watched.order_by().values("module")
    # A part's alerts bear the name of its whole: whose they are, the check tells that raised them last.
    checked = HealthCheck.objects.filter(pk=OuterRef("health_check"), plan__module__in=modules)
    left = Alert.objects.filter(source__in=sources, resolved_at=None).exclude(
        Exists(checked) | Q(health_check=None, module__in=modules)
    )
    # Those whose `for` is still running never became anybody's, and are dropped.
    pending = left.filter(fired_at=None, source=Alert.Source.RULE)
    if gone := [_gone(alert) for alert in pending.select_related("module", "health_check__plan__module")]:
        take(gone)
    return sweeping.lapse(left, REASON)


def _gone(alert: Alert) -> Signal:
    module = alert.health_check.plan.module if alert.health_check else alert.module
    return Signal(source=alert.source, module=module, cause=alert.labels.get("rule", ""), firing=False)
