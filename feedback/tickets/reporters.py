"""What the reporter of a ticket may do through the link in their mails."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from feedback.lifecycle import DONE
from feedback.models import Message, Resolution, Ticket
from feedback.tickets import messaging, moving, rating
from feedback.tickets.story import TRIAGE
from operations.actor import Actor, Door
from operations.errors import Refused

REOPENS_FOR = timedelta(days=30)
NOT_FIXED = "Its reporter says that it is not fixed: see the answer."


def actor_of(ticket: Ticket) -> Actor:
    """Whoever holds the link to a ticket."""
    grants = frozenset({messaging.ANSWER, rating.PERMISSION})
    return Actor(door=Door.API, label=f"reporter:{ticket.reference}", grants=grants)


def may_reopen(ticket: Ticket, now: datetime) -> bool:
    """Whether the reporter may still say that it is not fixed: for 30 days after it was resolved."""
    return (
        ticket.state in DONE
        and ticket.resolved_at is not None
        and now < ticket.resolved_at + REOPENS_FOR
        and ticket.erased_at is None
    )


def ratable(ticket: Ticket, now: datetime) -> Resolution | None:
    """The resolution that the reporter may rate, or rate otherwise; None where there is none."""
    if ticket.resolved_at is None or ticket.erased_at is not None:
        return None
    newest = ticket.resolutions.order_by("-at", "-pk").first()
    if newest is None or (newest.rated_at and newest.rated_at + rating.CHANGEABLE < now):
        return None
    return newest


@transaction.atomic
def reopen(ticket: Ticket, *, actor: Actor, body: str) -> Message:
    """Say that it is not fixed, and what is wrong: an answer, and the ticket is open again.

    Raises Refused when it is not resolved, or was more than 30 days ago; Invalid for the text.
    """
    if not may_reopen(ticket, timezone.now()):
        days = REOPENS_FOR.days
        raise Refused(
            "too_late", f"{ticket.reference} is not done, or was more than {days} days ago: write an answer."
        )
    answer = messaging.answer(ticket, actor=actor, body=body)
    # The reporter may do this, and nothing else of triage.
    opener = Actor(door=actor.door, label=actor.label, grants=frozenset({TRIAGE}))
    moving.move(ticket, "reopen", actor=opener, reason=NOT_FIXED, by_reporter=ticket)
    return answer
