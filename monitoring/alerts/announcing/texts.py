"""What a message about an incident says, for whoever reads it at three in the morning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitoring import deadlines
from monitoring.alerts import clocks
from monitoring.alerts.announcing.deciding import ESCALATED, OVERDUE, RESOLVED
from monitoring.alerts.announcing.receivers import Directory
from monitoring.alerts.announcing.waiting import Said
from monitoring.alerts.announcing.wording import (
    DASH,
    block,
    line,
    listing,
    name,
    reachable,
    team,
    when,
)
from monitoring.alerts.links import link_of
from monitoring.models import Alert, AlertEvent, Notice
from operations.spelling import span

# Beside the worst one, each in one line.
OTHERS = 6
OWED = {
    deadlines.ACKNOWLEDGE: "acknowledge",
    deadlines.RESPOND: "say what is done about it",
    deadlines.RESOLVE: "resolve",
    deadlines.POSTMORTEM: "write the post-mortem",
}


@dataclass(frozen=True)
class Item:
    """One alert as a message shows it: what is said of it, what its receiver heard before, who else hears."""

    alert: Alert
    kind: str
    said: Said | None
    others: Sequence[str]
    events: Mapping[str, AlertEvent]
    """The newest of each kind that says why."""


@dataclass(frozen=True)
class Room:
    """How much of an alert's own texts there is room for, in characters."""

    summary: int
    other: int


def subject(items: Sequence[Item], count: int, now: datetime) -> str:
    """One line: how bad, where, what, and by when somebody must act. `count` is of all in the message."""
    first = items[0]
    more = f" (and {count - 1:,} more)" if count > 1 else ""
    return f"{mark(first)} {name(first.alert)}{more} {DASH} {urge(first, now)}"


def body(
    items: Sequence[Item], rest: str, *, to: str, directory: Directory, room: Room, now: datetime
) -> str:
    """The worst of an incident in full, the others a line each; `rest` counts those that have none."""
    first, others = items[0], items[1:]
    parts = [_headline(first, now), _facts(first, room)]
    parts.append(_answering(first, to, now))
    if others:
        lines = ["Of the same incident:"]
        lines += [f"- {mark(each)} {line(each.alert.title, 100)} {DASH} {urge(each, now)}" for each in others]
        parts.append("\n".join([*lines, rest] if rest else lines))
    parts.append(_who(first, directory, now))
    return "\n\n".join(part for part in parts if part)


def mark(item: Item) -> str:
    """`[CRITICAL]`, or `[RESOLVED]`, with what makes it special."""
    level = item.alert.level.upper()
    match item.kind:
        case Notice.Kind.RESOLVED:
            return "[RESOLVED]"
        case Notice.Kind.OVERDUE:
            return f"[{level}, overdue]"
        case Notice.Kind.ESCALATED:
            return f"[{level}, escalated to level {item.alert.escalation}]"
        case Notice.Kind.WORSE if item.said:
            return f"[{level}, was {item.said.level}]"
        case Notice.Kind.REOPENED:
            return f"[{level}, again]"
    return f"[{level}]"


def urge(item: Item, now: datetime) -> str:
    """What is owed next and by when, or that it is over."""
    alert = item.alert
    if alert.resolved_at:
        return f"after {span(alert.resolved_at - alert.first_seen)}"
    if item.kind in (OVERDUE, ESCALATED) and alert.clock_at and not alert.acknowledged_at:
        return f"nobody has acknowledged it since {when(alert.clock_at, now)}"
    owed = clocks.owed_for(alert)
    if owed is None:
        return "nothing is owed"
    return _by(owed.stage, owed.by, now)


def _headline(item: Item, now: datetime) -> str:
    alert = item.alert
    facts = [alert.level.upper(), f"urgency {alert.urgency}"]
    if alert.module:
        facts.append(str(alert.module))
    if alert.resolved_at:
        facts.append(f"from {when(alert.first_seen, now)} to {when(alert.resolved_at, now)}")
    else:
        facts.append(f"since {when(alert.first_seen, now)}")
    if alert.count > 1:
        facts.append(f"seen {alert.count:,} times")
    lines = [line(alert.title, 200), " · ".join(facts), _turn(item, now)]
    return "\n".join(part for part in lines if part)


def _turn(item: Item, now: datetime) -> str:
    """What is new about an alert that was known; "" for one that simply fired."""
    alert = item.alert
    match item.kind:
        case Notice.Kind.RESOLVED:
            return _end(item, now)
        case Notice.Kind.WORSE:
            before = f" It was {item.said.level} before." if item.said else ""
            return f"It got worse.{before}"
        case Notice.Kind.REOPENED:
            times = "once" if alert.reopened == 1 else f"{alert.reopened} times"
            return f"It was over, and is back: it came back {times} by now."
        case Notice.Kind.OVERDUE:
            return f"OVERDUE. {_silence(alert, now)}"
        case Notice.Kind.ESCALATED:
            return f"ESCALATED to {team(alert.escalation)}{_by_hand(item)}. {_silence(alert, now)}"
    return f"Acknowledged by {alert.acknowledged_by}." if alert.acknowledged_at else ""


def _by_hand(item: Item) -> str:
    """Who escalated it and why, where a person did."""
    event = item.events.get(AlertEvent.Kind.ESCALATED)
    if event is None or not event.by:
        return ""
    why = block(event.text, 300, 2).rstrip(".")
    # Without a reason the story says where to.
    return f" by {event.by}" if why == f"To level {item.alert.escalation}" else f" by {event.by}: {why}"


def _silence(alert: Alert, now: datetime) -> str:
    """Who has it, or since when nobody has."""
    if alert.acknowledged_at:
        since = f"{when(alert.acknowledged_at, now)} ({span(now - alert.acknowledged_at)})"
        return f"{alert.acknowledged_by} has had it since {since}, and it is not resolved."
    if alert.clock_at is None:
        return "Nobody has acknowledged it."
    return f"Nobody has acknowledged it since {when(alert.clock_at, now)} ({span(now - alert.clock_at)})."


def _end(item: Item, now: datetime) -> str:
    alert = item.alert
    if alert.resolved_at is None:
        return ""
    lines = [f"RESOLVED after {span(alert.resolved_at - alert.first_seen)}: its cause is gone."]
    if alert.resolved_by:
        event = item.events.get(AlertEvent.Kind.RESOLVED)
        note = f": {block(event.text, 500, 3)}" if event and event.text else "."
        lines = [f"RESOLVED after {span(alert.resolved_at - alert.first_seen)} by {alert.resolved_by}{note}"]
    if item.said is None:
        lines.append("It was over before you were told that it began.")
    return "\n".join(lines)


def _facts(item: Item, room: Room) -> str:
    alert = item.alert
    facts = [
        ("What happened", block(alert.summary, room.summary, 4)),
        ("To whom", line(alert.affected, room.other)),
        ("Already done", line(alert.done, room.other)),
        ("Yours to do", "" if item.kind == RESOLVED else block(alert.advice, room.other, 3)),
    ]
    return "\n".join(f"{word}: {text}" for word, text in facts if text)


def _answering(item: Item, to: str, now: datetime) -> str:
    alert = item.alert
    lines = []
    if owed := _steps(alert, now):
        lines.append(owed)
    if alert.resolved_at:
        word = "Its whole story"
    else:
        word = "Answer it here" if alert.acknowledged_at else "Acknowledge it here"
    lines.append(f"{word}: {link_of(alert, to)}")
    if alert.url:
        lines.append(f"Its source: {alert.url}")
    return "\n".join(lines)


def _steps(alert: Alert, now: datetime) -> str:
    """All that is still owed, and by when: `Owed: acknowledge by 14:05 CET, resolve by 15:00 CET`."""
    owed = clocks.owed_for(alert)
    if owed is None or alert.clock_at is None:
        return ""
    stages = deadlines.stages(alert.level, alert.clock_at)
    still = [stage for stage in stages if stage.ends >= owed.by]
    if not alert.resolved_at:
        still = [stage for stage in still if stage.name != deadlines.POSTMORTEM]
    if alert.level == Alert.Level.INFO:
        still = still[:1]
    return f"Owed: {', '.join(_by(each.name, each.ends, now) for each in still)}"


def _by(stage: str, at: datetime, now: datetime) -> str:
    """`acknowledge by 14:05 CET`, or `acknowledge (late since 14:05 CET)`."""
    time = when(at, now)
    return f"{OWED[stage]} by {time}" if at > now else f"{OWED[stage]} (late since {time})"


def _who(item: Item, directory: Directory, now: datetime) -> str:
    alert, lines = item.alert, []
    if item.others:
        lines.append(f"Also told: {listing(item.others)}")
    if alert.resolved_at:
        return "\n".join(lines)
    if on_call := directory.contacts(alert.escalation, alert.level):
        lines.append(f"On call at {team(alert.escalation)}: {reachable(on_call)}")
    if alert.clock_at and not alert.acknowledged_at:
        at = deadlines.next_escalation(alert.level, alert.clock_at, alert.escalation)
        if at is not None and at > now:
            number = max(alert.escalation, 1) + 1
            people = reachable(directory.contacts(number, alert.level))
            lines.append(
                f"Unless somebody acknowledges it, it goes to {team(number)} at {when(at, now)}"
                + (f": {people}" if people else "")
            )
    return "\n".join(lines)
