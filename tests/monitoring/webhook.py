"""Messages as Alertmanager's webhook, version 4, sends them."""

from datetime import datetime
from typing import Any

ZERO = "0001-01-01T00:00:00Z"
PATH = "/api/monitoring/alertmanager"


def go_time(at: datetime) -> str:
    """A time as Go writes it."""
    return at.isoformat().replace("+00:00", "Z")


def an_alert(
    started: datetime, ended: datetime | None = None, *, fingerprint: str = "3ac1b0e6f5d29c47", **labels: str
) -> dict[str, Any]:
    """One alert: firing, or resolved where it has an end."""
    return {
        "status": "resolved" if ended else "firing",
        "labels": {"alertname": "HighErrorRate", "severity": "critical", "instance": "api-1:8080", **labels},
        "annotations": {
            "summary": "High error rate detected",
            "description": "Error rate is 0.12 for the last 5 minutes",
        },
        "startsAt": go_time(started),
        "endsAt": go_time(ended) if ended else ZERO,
        "generatorURL": "http://prometheus:9090/graph?g0.expr=up&g0.tab=1",
        "fingerprint": fingerprint,
    }


def a_message(*alerts: Any, **fields: Any) -> dict[str, Any]:
    """A message with these alerts."""
    firing = any(isinstance(each, dict) and each.get("status") == "firing" for each in alerts)
    return {
        "receiver": "ops-portal",
        "status": "firing" if firing else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"alertname": "HighErrorRate", "severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "truncatedAlerts": 0,
        **fields,
    }
