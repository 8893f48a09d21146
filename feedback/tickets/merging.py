"""Putting a ticket into another that says the same, and taking it out again as it was.

A merge is one level deep: what had been merged into the ticket goes along to the new one, and comes back with
it. Neither verb counts as a change of the ticket's `version`: what a form shows is what it was before.
"""

from typing import Any

from django.db import models, transaction
from django.utils.duration import duration_iso_string

from feedback.lifecycle import OPEN, State
from feedback.models import Merge, Ticket, TicketEvent
from feedback.tickets import reasons, story
from feedback.tickets.story import FIELDS, TRIAGE
from operations.actor import Actor
from operations.errors import Refused


@transaction.atomic
def merge(ticket: Ticket, into: Ticket, *, actor: Actor, reason: str = "") -> Merge:
    """Put an open ticket into another. It owes nothing more; its reporter hears what becomes of the other.

    Raises Refused for a ticket that is not open, for one into itself, and into one that is itself merged, in
    quarantine or erased; Invalid.
    """
    actor.require(TRIAGE, "work on tickets")
    reason = reasons.checked(reason)
    if ticket.pk == into.pk:
        raise Refused("itself", f"{ticket.reference} cannot be merged into itself.")
    told, other = story.begin_all([ticket, into], actor)
    ticket, into = told.ticket, other.ticket
    _guard(ticket, into)
    children = Ticket.objects.filter(merged_into=ticket)
    carried = list(children.order_by("pk").values_list("pk", flat=True))
    made = Merge.objects.create(
        ticket=ticket,
        into=into,
        reason=reason,
        before=_kept(ticket),
        carried=carried,
        at=told.now,
        by=told.by,
    )
    children.update(merged_into=into)
    ticket.state, ticket.merged_into = State.DUPLICATE, into
    ticket.due_at = ticket.waiting_since = None
    told.event(TicketEvent.Kind.MERGED, reason)
    told.write("ticket.merged", reason=reason, counts=False, into=into.reference)
    other.event(TicketEvent.Kind.MERGED, f"{ticket.reference} was merged into this one")
    TicketEvent.objects.bulk_create(other.events)
    return made


@transaction.atomic
def unmerge(ticket: Ticket, *, actor: Actor, reason: str = "") -> Ticket:
    """Take a ticket out of the one that it was merged into: its row is again, byte for byte, what it was.

    Raises Refused for one that is not merged; Invalid.
    """
    actor.require(TRIAGE, "work on tickets")
    reason = reasons.checked(reason)
    told = story.begin(ticket, actor)
    ticket = told.ticket
    made = Merge.objects.filter(ticket=ticket, undone_at=None).first()
    if made is None or made.before is None:
        raise Refused("not_merged", f"{ticket.reference} is not merged into another ticket.")
    for field in FIELDS:
        setattr(ticket, field.attname, _still_there(field, made.before[field.attname]))
    made.undone_at, made.undone_by, made.undone_reason = told.now, told.by, reason
    made.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    told.event(TicketEvent.Kind.UNMERGED, reason)
    told.write("ticket.unmerged", reason=reason, counts=False, out_of=made.into.reference)
    # Those that came along and are still there; one that was taken out meanwhile stays out.
    Ticket.objects.filter(pk__in=made.carried, merged_into=made.into).update(merged_into=ticket)
    return ticket


def _guard(ticket: Ticket, into: Ticket) -> None:
    if ticket.merged_into is not None:
        raise Refused("merged", f"{ticket.reference} is merged into {ticket.merged_into.reference} already.")
    if ticket.state not in OPEN or ticket.quarantined_at is not None:
        state = "in quarantine" if ticket.quarantined_at else ticket.get_state_display().lower()
        raise Refused("transition", f"{ticket.reference} is {state}: only an open ticket can be merged.")
    if into.merged_into is not None:
        raise Refused(
            "into_duplicate",
            f"{into.reference} is merged into {into.merged_into.reference}: merge into that one.",
        )
    if into.quarantined_at is not None or into.erased_at is not None:
        why = "in quarantine" if into.quarantined_at else "erased"
        raise Refused("into_closed", f"{into.reference} is {why}: nothing can be merged into it.")


def _kept(ticket: Ticket) -> dict[str, Any]:
    """The row as JSON that `to_python` of each field reads back exactly."""
    return {field.attname: _plain(field.value_from_object(ticket)) for field in FIELDS}


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        # DjangoJSONEncoder drops microseconds.
        return value.isoformat()
    return duration_iso_string(value) if hasattr(value, "total_seconds") else value


def _still_there(field: Any, value: Any) -> Any:
    """A value read back; a thing that was deleted meanwhile is gone here as from other tickets."""
    found = field.to_python(value)
    gone = field.many_to_one and found is not None and field.remote_field.on_delete is models.SET_NULL
    return None if gone and not field.related_model.objects.filter(pk=found).exists() else found
