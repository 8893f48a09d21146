"""What a reporter thinks of how a ticket was resolved (CSAT), from 1 to 5."""

from datetime import timedelta

from django.db import transaction

from feedback import redaction
from feedback.models import Resolution, Ticket, TicketEvent
from feedback.tickets import days, story
from operations.actor import Actor
from operations.errors import Invalid, Refused

PERMISSION = "feedback.answer_ticket"
LONGEST_COMMENT = 2_000
# A rating may be thought over for this long.
CHANGEABLE = timedelta(days=7)


@transaction.atomic
def rate(ticket: Ticket, *, actor: Actor, score: int, comment: str = "") -> Resolution:
    """Rate the newest resolution of a ticket; within a week the rating may be changed.

    Raises Refused where nothing is resolved, or after that week; Invalid.
    """
    actor.require(PERMISSION, "rate for the reporter")
    comment = comment.strip()
    faults = {}
    if score not in range(1, 6):
        faults["score"] = "must be a whole number from 1 to 5"
    if len(comment) > LONGEST_COMMENT or "\0" in comment:
        faults["comment"] = f"must be text of at most {LONGEST_COMMENT:,} characters"
    if faults:
        raise Invalid(faults)
    told = story.begin(ticket, actor)
    newest = Resolution.objects.filter(ticket=told.ticket).order_by("-at", "-pk").first()
    if newest is None or told.ticket.resolved_at is None:
        raise Refused(
            "not_resolved", f"{told.ticket.reference} is not resolved: there is nothing to rate yet."
        )
    if newest.rated_at is not None and newest.rated_at + CHANGEABLE < told.now:
        raise Refused("rated", f"{told.ticket.reference} was rated more than a week ago.")
    newest.score, newest.comment = score, redaction.redact(comment).text[:LONGEST_COMMENT]
    newest.rated_at = newest.rated_at or told.now
    newest.save(update_fields=["score", "comment", "rated_at"])
    days.stale([told.ticket.received_on])
    told.event(TicketEvent.Kind.RATED, f"{score} of 5")
    told.write("ticket.rated", counts=False, score=score)
    return newest
