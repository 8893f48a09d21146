"""A ticket's life as data: the states, and which transition leads from which to which (SPEC 5)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    TRIAGED = "triaged"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    CLOSED = "closed"
    DUPLICATE = "duplicate"
    DECLINED = "declined"
    REOPENED = "reopened"


# Somebody still owes something: both clocks may run.
OPEN = (State.NEW, State.TRIAGED, State.ASSIGNED, State.IN_PROGRESS, State.REOPENED)
# What the reporter asked for is done; merged tickets are where the ticket is that they were merged into.
DONE = (State.RESOLVED, State.VERIFIED, State.CLOSED)


@dataclass(frozen=True)
class Transition:
    """One step that a person may ask for."""

    name: str
    sources: Collection[State]
    target: State


# A merge and its undoing are verbs of their own: they need a second ticket.
TRANSITIONS = {
    found.name: found
    for found in (
        Transition("triage", (State.NEW, State.REOPENED), State.TRIAGED),
        Transition("assign", OPEN, State.ASSIGNED),
        Transition("start", (State.TRIAGED, State.ASSIGNED, State.REOPENED), State.IN_PROGRESS),
        Transition(
            "resolve",
            (State.TRIAGED, State.ASSIGNED, State.IN_PROGRESS, State.REOPENED),
            State.RESOLVED,
        ),
        Transition("verify", (State.RESOLVED,), State.VERIFIED),
        Transition("close", (State.RESOLVED, State.VERIFIED, State.DECLINED), State.CLOSED),
        Transition("decline", OPEN, State.DECLINED),
        Transition("reopen", (State.RESOLVED, State.VERIFIED, State.CLOSED, State.DECLINED), State.REOPENED),
    )
}


def allowed(state: str) -> tuple[str, ...]:
    """The transitions that a ticket in this state may take, by name; none for a duplicate."""
    return tuple(name for name, transition in TRANSITIONS.items() if state in transition.sources)
