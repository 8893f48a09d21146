"""Alerts for programs, in camelCase: what the API, the commands and the webhooks tell of them."""

from typing import Any

from monitoring import deadlines
from monitoring.alerts import clocks
from monitoring.models import Alert, Dispatch

Document = dict[str, Any]


def alert_of(alert: Alert) -> Document:
    """One alert, as lists tell of it. `due` is by when the response that `owes` names is owed."""
    owed = clocks.owed_for(alert)
    return {
        "id": alert.pk,
        "level": alert.level,
        "urgency": alert.urgency,
        "title": alert.title,
        "module": alert.module.key if alert.module else None,
        "status": alert.state,
        "source": alert.source,
        "count": alert.count,
        "firstSeen": alert.first_seen,
        "lastSeen": alert.last_seen,
        "due": alert.due_at,
        "owes": owed.stage if owed else None,
        "escalation": alert.escalation,
        "acknowledgedAt": alert.acknowledged_at,
        "acknowledgedBy": alert.acknowledged_by or None,
        "resolvedAt": alert.resolved_at,
        "resolvedBy": alert.resolved_by or None,
    }


def whole_alert_of(alert: Alert) -> Document:
    """One alert with its texts, the stages of its response, and its story."""
    return {
        **alert_of(alert),
        "fingerprint": alert.fingerprint,
        "incident": alert.group_key,
        "summary": alert.summary,
        "affected": alert.affected,
        "done": alert.done,
        "advice": alert.advice,
        "labels": alert.labels,
        "url": alert.url or None,
        "stages": [
            {"name": stage.name, "begins": stage.begins, "ends": stage.ends}
            for stage in (deadlines.stages(alert.level, alert.clock_at) if alert.clock_at else ())
        ],
        "events": [
            {"at": event.at, "kind": event.kind, "text": event.text, "by": event.by or None}
            for event in alert.events.all()
        ],
        "messages": [_message_of(each) for each in alert.dispatches.select_related("message")],
        "postmortem": alert.postmortem,
    }


def _message_of(dispatch: Dispatch) -> Document:
    message = dispatch.message
    return {
        "at": dispatch.at,
        "kind": dispatch.kind,
        "to": dispatch.to,
        "digest": dispatch.digest,
        "id": message.pk if message else None,
        "state": message.state if message else "delivered",
    }
