"""A ticket's history and its conversation, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedback.admin.tickets import wording
from feedback.lifecycle import State
from feedback.models import Message, Ticket, TicketEvent

# The newest of each.
MOST = 100
LONGEST = 80
# What is told by other words than its name.
FIELDS = {
    "feature_area": "feature area",
    "fixed_in": "fixed in",
    "expected_behavior": "what should happen",
    "actual_behavior": "what happens",
    "merged_into": "merged into",
    "release": "seen in",
}
# What the portal wrote and no person.
PLAIN = (TicketEvent.Kind.MAILED, TicketEvent.Kind.ATTACHED, TicketEvent.Kind.FIXED, TicketEvent.Kind.RATED)
# Too long for a line: that they changed is enough.
LONG = frozenset({"description", "steps", "expected_behavior", "actual_behavior"})
CHOICES: Mapping[str, Mapping[str, str]] = {
    "state": dict(Ticket.State.choices),
    "category": dict(Ticket.Category.choices),
    "severity": dict(Ticket.Severity.choices),
}
MOVES = {
    State.TRIAGED: "Triaged",
    State.ASSIGNED: "Assigned",
    State.IN_PROGRESS: "Started",
    State.RESOLVED: "Resolved",
    State.VERIFIED: "Verified",
    State.CLOSED: "Closed",
    State.DECLINED: "Declined",
    State.REOPENED: "Reopened",
}


@dataclass(frozen=True)
class Line:
    """One line of the history."""

    at: datetime
    what: str
    details: str
    quoted: str
    who: str


@dataclass(frozen=True)
class Said:
    """One message of the conversation. `kind` is note, reply or answer."""

    at: datetime
    kind: str
    title: str
    body: str
    who: str


@dataclass(frozen=True)
class Cut:
    """The newest of something, and whether older ones are left out."""

    lines: Sequence[Any]
    cut: bool


def history(ticket: Ticket) -> Cut:
    """What happened to a ticket, the newest first; in one query."""
    found = list(TicketEvent.objects.filter(ticket=ticket).order_by("-at", "-pk")[: MOST + 1])
    return Cut([line(event) for event in found[:MOST]], len(found) > MOST)


def conversation(ticket: Ticket) -> Cut:
    """What was written about a ticket, in order; in one query."""
    found = list(Message.objects.filter(ticket=ticket).order_by("-at", "-pk")[: MOST + 1])
    return Cut([_said(message) for message in found[:MOST]][::-1], len(found) > MOST)


def line(event: TicketEvent) -> Line:
    """An event in words."""
    plain = event.kind in PLAIN
    details = [changes(event.changes, moved=True), event.text[:1].lower() + event.text[1:] if plain else ""]
    return Line(
        at=event.at,
        what=_what(event),
        details="; ".join(part for part in details if part),
        quoted="" if plain else event.text,
        who=wording.by_whom(event.by),
    )


def _what(event: TicketEvent) -> str:
    if event.kind == TicketEvent.Kind.MOVED and "state" in event.changes:
        return MOVES.get(event.changes["state"][1], event.get_kind_display())
    return event.get_kind_display()


def _said(message: Message) -> Said:
    return Said(
        message.at, message.kind, message.get_kind_display(), message.body, wording.by_whom(message.by)
    )


def changes(changed: Mapping[str, Any], *, moved: bool = False) -> str:
    """Each field that changed, from what to what; with `moved` not the state, which the line's head says."""
    told = [_change(name, *pair) for name, pair in changed.items() if not (moved and name == "state")]
    return "; ".join(told)


def _change(name: str, before: Any, now: Any) -> str:
    title = FIELDS.get(name, name.replace("_", " "))
    if name in LONG:
        return f"{title} changed"
    old, new = _value(name, before), _value(name, now)
    if not old:
        return f"{title} {new}"
    return f"{title} {old} → {new}" if new else f"{title} {old} taken away"


def _value(name: str, value: Any) -> str:
    if value in (None, "", []):
        return ""
    known = CHOICES.get(name, {}).get(value) if isinstance(value, str) else None
    text = known.lower() if known else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
