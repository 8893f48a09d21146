"""What a webhook gets of a message: JSON in camelCase, without texts that a person or the product typed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from monitoring import levels
from monitoring.alerts import muting
from monitoring.alerts.announcing.deciding import ESCALATED, FIRED, OVERDUE, REOPENED, RESOLVED, WORSE
from monitoring.alerts.announcing.pacing import Message
from monitoring.alerts.announcing.texts import Item
from monitoring.alerts.links import link_of

# What a message is called after, when it says several things.
STRONGEST = (ESCALATED, OVERDUE, WORSE, FIRED, REOPENED, RESOLVED)


def event(message: Message) -> str:
    """The webhook's event: `alert.fired`, `alert.digest` …"""
    if message.digest:
        return "alert.digest"
    return f"alert.{min((entry.kind for entry in message.entries), key=STRONGEST.index)}"


def data(message: Message, items: Sequence[Item], to: str) -> dict[str, Any]:
    """The incident, its alerts as far as `items` go, and how many of each level there are in all."""
    return {
        "incident": "" if message.digest else message.group,
        "alerts": [_alert(item, to) for item in items],
        "counts": counts(message),
    }


def counts(message: Message) -> Mapping[str, int]:
    """How many alerts the message speaks of: open ones by level, and those that are over."""
    found = Counter(RESOLVED if entry.kind == RESOLVED else entry.case.level for entry in message.entries)
    return {word: found[word] for word in (*levels.ORDER, RESOLVED)}


def _alert(item: Item, to: str) -> dict[str, Any]:
    alert = item.alert
    measured = {"summary": alert.summary} if alert.source in muting.MEASURED else {}
    return {
        "id": alert.pk,
        "kind": item.kind,
        "level": alert.level,
        "urgency": alert.urgency,
        "title": alert.title,
        "module": alert.module.key if alert.module else None,
        "source": alert.source,
        "status": alert.state,
        "count": alert.count,
        "firstSeen": alert.first_seen,
        "resolvedAt": alert.resolved_at,
        "due": alert.due_at,
        "escalation": alert.escalation,
        "url": link_of(alert, to),
        "labels": alert.labels,
        **measured,
    }
