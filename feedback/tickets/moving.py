"""Moving a ticket through its life: one verb, whose steps `feedback.lifecycle` lists."""

from collections.abc import Callable, Mapping

from django.contrib.auth.models import User
from django.db import transaction

from feedback.lifecycle import TRANSITIONS, State, allowed
from feedback.models import Resolution, Ticket, TicketEvent
from feedback.tickets import deadlines, mails, reasons, story
from feedback.tickets.calendars import Calendars
from feedback.tickets.drafts import LIMITS
from feedback.tickets.story import TRIAGE, Story
from operations.actor import Actor
from operations.errors import Invalid, Refused

NEEDS_REASON = ("decline", "reopen")


@transaction.atomic
def move(
    ticket: Ticket,
    transition: str,
    *,
    actor: Actor,
    version: int | None = None,
    reason: str = "",
    owner: User | None = None,
    fixed_in: str = "",
    by_reporter: Ticket | None = None,
    quiet: bool = False,
) -> Ticket:
    """Take one step of a ticket's life: `transition` is one of `feedback.lifecycle.TRANSITIONS`.

    `owner` is who gets it ("assign"), `fixed_in` the version that brings the fix ("resolve"). To decline or
    reopen one, a `reason` must be given; who is told that their ticket is declined reads it. The reporter,
    and those of the tickets merged into it, hear of the steps that concern them, but for the one who took it
    (`by_reporter`: their own ticket); with `quiet` nobody does, because the caller tells them. Raises Refused
    for a step that the ticket's state does not allow, naming those it does, and when it is no longer the
    `version` that was seen; Invalid.
    """
    actor.require(TRIAGE, "work on tickets")
    _check(transition, reason, owner, fixed_in)
    told = story.begin(ticket, actor, version=version)
    ticket = told.ticket
    _guard(ticket, transition, owner)
    ticket.state = TRANSITIONS[transition].target
    if follow := FOLLOW.get(transition):
        follow(told, owner, fixed_in)
    if not ticket.is_open and ticket.waiting_since is not None:
        deadlines.stop_waiting(ticket, told.now, Calendars())
    deadlines.owe(ticket)
    told.event(TicketEvent.Kind.MOVED, reason.strip())
    if not quiet:
        story.mailed(told, mails.moved(ticket, reason=reason, by_reporter=by_reporter))
    return told.write(f"ticket.{PAST[transition]}", reason=reason.strip(), state=ticket.state)


PAST = {
    "triage": "triaged",
    "assign": "assigned",
    "start": "started",
    "resolve": "resolved",
    "verify": "verified",
    "close": "closed",
    "decline": "declined",
    "reopen": "reopened",
}


def _assign(told: Story, owner: User | None, fixed_in: str) -> None:
    told.ticket.owner = owner


def _start(told: Story, owner: User | None, fixed_in: str) -> None:
    """Who begins on what nobody owns, owns it."""
    if told.ticket.owner is None:
        told.ticket.owner = told.actor.user


def _resolve(told: Story, owner: User | None, fixed_in: str) -> None:
    ticket = told.ticket
    ticket.resolved_at, ticket.fixed_in = told.now, fixed_in.strip()
    ticket.resolution_minutes = max(
        0, int((told.now - ticket.received_at).total_seconds()) // deadlines.MINUTE
    )
    deadlines.respond(ticket, told.now, Calendars())
    Resolution.objects.create(ticket=ticket, at=told.now, by=told.by)


def _decline(told: Story, owner: User | None, fixed_in: str) -> None:
    deadlines.respond(told.ticket, told.now, Calendars())


def _reopen(told: Story, owner: User | None, fixed_in: str) -> None:
    """It begins anew: what was resolved was not, and the time until it is counts from now."""
    ticket = told.ticket
    ticket.resolved_at = ticket.resolution_minutes = None
    ticket.fixed_in = ""
    deadlines.begin(ticket, told.now, Calendars())


FOLLOW: Mapping[str, Callable[[Story, User | None, str], None]] = {
    "assign": _assign,
    "start": _start,
    "resolve": _resolve,
    "decline": _decline,
    "reopen": _reopen,
}


def _check(transition: str, reason: str, owner: User | None, fixed_in: str) -> None:
    """Raise Invalid for input that no ticket would take."""
    faults = {}
    if transition not in TRANSITIONS:
        faults["transition"] = f"must be one of {', '.join(TRANSITIONS)}"
    if not reasons.fits(reason):
        faults["reason"] = f"must be text of at most {reasons.LONGEST} characters"
    elif transition in NEEDS_REASON and not reason.strip():
        faults["reason"] = "must say why"
    if fixed_in and transition != "resolve":
        faults["fixed_in"] = "can only be given to resolve"
    elif len(fixed_in.strip()) > LIMITS["release"] or not fixed_in.isprintable():
        faults["fixed_in"] = f"must be a version of at most {LIMITS['release']} characters"
    if fault := _owner_fault(transition, owner):
        faults["owner"] = fault
    if faults:
        raise Invalid(faults)


def _owner_fault(transition: str, owner: User | None) -> str:
    if transition != "assign":
        return "can only be given to assign" if owner else ""
    if owner is None:
        return "must say who gets it"
    may = owner.is_active and owner.is_staff and owner.has_perm(TRIAGE)
    return "" if may else f"{owner.get_username()} may not work on tickets"


def _guard(ticket: Ticket, transition: str, owner: User | None) -> None:
    """Raise Refused for a step that the ticket cannot take as it stands."""
    name, state = ticket.reference, ticket.get_state_display().lower()
    if ticket.quarantined_at is not None:
        raise Refused("quarantined", f"{name} is in quarantine: release it first, if it is no spam.")
    if ticket.state == State.DUPLICATE and ticket.merged_into is not None:
        into = ticket.merged_into.reference
        raise Refused("merged", f"{name} is merged into {into}: work on that one, or undo the merge.")
    if transition not in (possible := allowed(ticket.state)):
        raise Refused(
            "transition",
            f"{name} is {state}: {transition} is not possible. Allowed: {', '.join(possible) or 'nothing'}.",
        )
    if transition == "assign" and ticket.state == State.ASSIGNED and ticket.owner == owner:
        raise Refused("assigned", f"{name} is {owner}'s already.")
