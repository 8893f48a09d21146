"""Alerts: those that wait for the reader, and those that stand open beside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from monitoring.admin import links
from monitoring.admin.alerts.open_alerts import FIRST, Standing
from monitoring.alerts import responding
from monitoring.models import Alert
from operations.actor import Actor
from ops_portal.front_page.waiting import Ahead, Waiting, when


def waiting(found: Standing, actor: Actor) -> list[Waiting]:
    """What this person may answer: the alerts that nobody has taken, and those that they took. No query."""
    items = [
        Waiting(f"gap:{number}", "notifications_off", gap, "No route takes them.", links.add_route())
        for number, gap in enumerate(found.gaps)
    ]
    if not actor.may(responding.PERMISSION):
        return items
    whose = [row for row in found.rows if is_theirs(row, actor)]
    items += [_alert(row) for row in whose[:FIRST]]
    unanswered = sum(not row["alert"].acknowledged_at for row in whose[:FIRST])
    if more := found.unanswered - unanswered:
        items.append(_more(more, whose[FIRST]["due"].by if len(whose) > FIRST else None))
    if found.postmortems:
        plural = "" if found.postmortems == 1 else "s"
        verb = "is" if found.postmortems == 1 else "are"
        what = f"{found.postmortems} post-mortem{plural} {verb} owed"
        why = "What was learned from a critical alert, for those who meet it next."
        url = links.alerts(state="owed")
        items.append(Waiting("postmortems", "history_edu", what, why, url, found.postmortem_due))
    return items


def is_theirs(row: dict[str, Any], actor: Actor) -> bool:
    """Whether an alert owes something, and nobody else has taken it."""
    alert = row["alert"]
    return row["due"] is not None and alert.acknowledged_by in ("", str(actor))


def beside(found: Standing, actor: Actor) -> list[dict[str, Any]]:
    """The alerts that stand open and do not wait for this person."""
    answers = actor.may(responding.PERMISSION)
    return [row for row in found.rows if not (answers and is_theirs(row, actor))][:FIRST]


def shown(rows: Sequence[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """The rows with the time by which something is owed, in words that do not change with every minute."""
    found = []
    for row in rows:
        due, label = when(row["due"].by, now) if row["due"] else ("Nothing due", "")
        found.append({**row, "when": due, "when_label": label})
    return found


def ahead(found: Standing, actor: Actor, now: datetime) -> list[Ahead]:
    """By when somebody else owes the next answer that this person may look after."""
    if not actor.may(responding.PERMISSION):
        return []
    due = (row["due"] for row in beside(found, actor))
    return [Ahead("an alert that somebody took", each.by) for each in due if each and each.by > now]


def _alert(row: dict[str, Any]) -> Waiting:
    alert = row["alert"]
    about = f" of {alert.module}" if alert.module else ""
    called = f", escalated to level {alert.escalation}" if alert.escalation and row["escalates"] else ""
    return Waiting(
        # What is owed next is another thing to do.
        key=f"alert:{alert.pk}:{row['due'].stage}",
        icon="notifications_active",
        what=f"{row['due'].asked}: {alert.title}",
        why=f"{alert.get_level_display()} alert{about}{called}. {alert.summary}".strip(),
        url=links.alert(alert.pk),
        due=alert.due_at,
        pressing=alert.level == Alert.Level.CRITICAL and not alert.acknowledged_at,
    )


def _more(number: int, due: datetime | None) -> Waiting:
    what = f"{number} more alert{'' if number == 1 else 's'} that nobody has acknowledged"
    why = "They can be answered together in the list."
    return Waiting("alerts:more", "notifications", what, why, links.alerts(state="unacknowledged"), due)
