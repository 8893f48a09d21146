"""The clock of one alert: it sets, in memory, what `monitoring.deadlines` says; the callers save it."""

from datetime import datetime

from monitoring import deadlines
from monitoring.deadlines import Owed
from monitoring.models import Alert


def start(alert: Alert, now: datetime, *, since: datetime | None = None) -> None:
    """Begin the alert's clock: somebody owes a response, counted from now or from `since`."""
    alert.clock_at = since or now
    alert.escalation = max(alert.escalation, deadlines.escalation_at(alert.level, alert.clock_at, now))
    settle(alert, now)


def stop(alert: Alert) -> None:
    """Nobody owes anything while a silence or a maintenance holds."""
    alert.clock_at = None
    settle(alert, None)


def settle(alert: Alert, now: datetime | None) -> None:
    """Set what is owed next, and when the portal acts next after `now`, as the alert stands."""
    owed = owed_for(alert)
    alert.due_at = owed.by if owed else None
    alert.next_at = _next_step(alert, now) if now and alert.clock_at and not alert.resolved_at else None


def owed_for(alert: Alert) -> Owed | None:
    """The response that is owed next as the alert stands."""
    return deadlines.owed(
        alert.level,
        alert.clock_at,
        acknowledged=alert.acknowledged_at is not None,
        responded=alert.responded_at is not None,
        resolved=alert.resolved_at is not None,
        postmortem=alert.postmortem_at is not None,
    )


def reminder_at(alert: Alert) -> datetime | None:
    """When the portal reminds, once: of an acknowledgement that is missing, or of a resolution."""
    if alert.clock_at is None or (alert.level == Alert.Level.INFO and alert.acknowledged_at):
        return None
    wanted = deadlines.RESOLVE if alert.acknowledged_at else deadlines.ACKNOWLEDGE
    return next(stage.ends for stage in deadlines.stages(alert.level, alert.clock_at) if stage.name == wanted)


def _next_step(alert: Alert, now: datetime) -> datetime | None:
    steps = [reminder_at(alert)]
    if alert.clock_at and not alert.acknowledged_at:
        steps.append(deadlines.next_escalation(alert.level, alert.clock_at, alert.escalation))
    return min((step for step in steps if step and step > now), default=None)
