"""Which tickets ask for an enhancement: putting them in, and taking them out."""

from collections.abc import Iterable, Sequence

from django.db import transaction

from feedback.models import Enhancement, Ticket, TicketEvent
from feedback.tickets import story
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused

PERMISSION = "feedback.change_enhancement"
MOST = 500
# As many as one sentence names.
NAMED = 5


@transaction.atomic
def gather(enhancement: Enhancement, tickets: Iterable[Ticket], *, actor: Actor) -> list[Ticket]:
    """Let feature requests ask for this enhancement, and for no other; returns those that did not yet.

    Raises Invalid for what is no feature request, is merged, in quarantine or erased, and for more than MOST;
    Refused when the enhancement was removed.
    """
    actor.require(PERMISSION, "change enhancements")
    return put(locked(enhancement), [*tickets], actor=actor)


@transaction.atomic
def take_out(enhancement: Enhancement, tickets: Iterable[Ticket], *, actor: Actor) -> list[Ticket]:
    """Let tickets ask for this enhancement no longer. Raises Refused for one that does not."""
    actor.require(PERMISSION, "change enhancements")
    return let_go(locked(enhancement), [*tickets], actor=actor)


def put(enhancement: Enhancement, tickets: Sequence[Ticket], *, actor: Actor) -> list[Ticket]:
    """`gather` without its guards of who may, within the caller's transaction."""
    if len(tickets) > MOST:
        raise Invalid({"tickets": f"must be at most {MOST} at once"})
    told = story.begin_all({ticket.pk: ticket for ticket in tickets}.values(), actor)
    if faults := [fault for each in told if (fault := fault_of(each.ticket))]:
        more = f" and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        raise Invalid({"tickets": "; ".join(faults[:NAMED]) + more})
    fresh = [each for each in told if each.ticket.enhancement_id != enhancement.pk]
    _write(fresh, enhancement, actor, "enhancement.gathered", enhancement)
    return [each.ticket for each in fresh]


def let_go(enhancement: Enhancement, tickets: Sequence[Ticket], *, actor: Actor) -> list[Ticket]:
    """`take_out` without its guards of who may, within the caller's transaction."""
    told = story.begin_all(tickets, actor)
    for each in told:
        if each.ticket.enhancement_id != enhancement.pk:
            raise Refused("not_in", f"{each.ticket.reference} does not ask for {enhancement}.")
    _write(told, None, actor, "enhancement.let_go", enhancement)
    return [each.ticket for each in told]


def locked(enhancement: Enhancement, *, version: int | None = None) -> Enhancement:
    """The row as it is now, ours until the end of the transaction.

    Raises Refused for one that was removed, or is no longer the `version` that was seen.
    """
    # Whoever gives a ticket to it holds the ticket and needs its key: that must not wait for us.
    current = Enhancement.objects.select_for_update(no_key=True).filter(pk=enhancement.pk).first()
    if current is None:
        raise Refused("gone", f"The enhancement {enhancement} was removed before.")
    if version is not None and current.version != version:
        raise Refused("changed", f"{current} was changed since you saw it: look at it and try again.")
    return current


def fault_of(ticket: Ticket) -> str:
    """Why a ticket cannot ask for an enhancement; "" where it can."""
    name = ticket.reference
    if ticket.merged_into_id:
        return f"{name} is merged into FB-{ticket.merged_into_id}, and counts with that one"
    if ticket.quarantined_at:
        return f"{name} is in quarantine"
    if ticket.erased_at:
        return f"the texts of {name} were erased"
    if ticket.category != Ticket.Category.FEATURE_REQUEST:
        return f"{name} is no feature request: its category is {ticket.get_category_display().lower()}"
    return ""


def _write(
    told: Sequence[story.Story], target: Enhancement | None, actor: Actor, action: str, about: Enhancement
) -> None:
    if not told:
        return
    for each in told:
        each.ticket.enhancement = target
        each.event(TicketEvent.Kind.CHANGED)
        each.write("ticket.changed", fields=["enhancement"])
    references = [each.ticket.reference for each in told]
    audit.record(action, actor=actor, subject=about, data={"tickets": references})
