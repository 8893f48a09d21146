"""Where a ticket stands, in the words of somebody who does not know how the team works."""

from dataclasses import dataclass

from feedback.lifecycle import State
from feedback.models import Ticket

STEPS = ("Received", "Looked at", "In work", "Done")

QUESTION = "We have a question and wait for your answer."


@dataclass(frozen=True)
class Standing:
    """`step` counts from 0 along STEPS, None where the ticket left that line; `words` say the same."""

    step: int | None
    words: str


def standing(ticket: Ticket, *, merged: bool = False) -> Standing:
    """Of a ticket that is not merged into another; `merged` for somebody whose own is merged into it."""
    if ticket.waiting_since is not None:
        asked = "We have asked a question, and wait for an answer." if merged else QUESTION
        return Standing(1, asked)
    if ticket.state == State.CLOSED and ticket.resolved_at is None:
        return Standing(None, "We have looked at it, and we will not do it. It is closed.")
    step, words = STANDINGS[State(ticket.state)]
    if step == len(STEPS) - 1 and ticket.fixed_in:
        words = f"It is done, and comes with version {ticket.fixed_in}."
    return Standing(step, words)


STANDINGS: dict[State, tuple[int | None, str]] = {
    State.NEW: (0, "It has arrived. Somebody of our team will look at it."),
    State.TRIAGED: (1, "Our team has looked at it. It is waiting for somebody to work on it."),
    State.ASSIGNED: (1, "Our team has looked at it, and somebody of us will work on it."),
    State.IN_PROGRESS: (2, "Somebody of us is working on it."),
    State.RESOLVED: (3, "It is done."),
    State.VERIFIED: (3, "It is done, and we have checked that it is."),
    State.CLOSED: (3, "It is done and closed."),
    State.REOPENED: (1, "It was done, and is open again: we are looking at it once more."),
    State.DECLINED: (None, "We have looked at it, and we will not do it."),
    # Only for a moment: a merged ticket stands where the other one does.
    State.DUPLICATE: (1, "Our team has looked at it."),
}
