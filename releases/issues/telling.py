"""Telling reporters that a release with the fix is out, ticket by ticket."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import transaction

from feedback.lifecycle import State
from feedback.models import Ticket, TicketEvent
from feedback.tickets import fixes, moving
from feedback.tickets.story import TRIAGE
from operations.actor import Actor, Door
from operations.errors import Refused
from releases.models import Issue, IssueTicket

# What the portal does to tickets because a release is out, whoever deployed it.
JOB = "release-deployed"


@dataclass
class Told:
    """What became of the tickets, by their references."""

    told: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)


def of_fixes(issues: Collection[int], version: str, *, actor: Actor) -> Told:
    """Resolve the tickets of these issues that are still open, and tell their reporters, in few words each.

    A merged ticket is told of with the one that it was merged into. One that belongs to another issue as
    well, which is still open, waits for that. What one ticket refuses holds up no other.
    """
    portal = Actor(door=Door.BEAT, label=JOB, on_behalf_of=str(actor)[:200], grants=frozenset({TRIAGE}))
    answer = Told()
    tickets = _tickets_of(issues)
    waiting = _waiting([ticket.pk for ticket in tickets], issues)
    known = _told_before([ticket.pk for ticket in tickets], version)
    for ticket in tickets:
        if ticket.pk in known:
            continue
        if ticket.pk in waiting:
            answer.waiting[ticket.reference] = waiting[ticket.pk]
            continue
        try:
            _tell(ticket, version, portal)
        except Refused as refusal:
            answer.refused[ticket.reference] = refusal.message
        else:
            answer.told.append(ticket.reference)
    return answer


@transaction.atomic
def _tell(ticket: Ticket, version: str, portal: Actor) -> None:
    """One ticket, wholly or not at all."""
    if ticket.quarantined_at is not None:
        raise Refused("quarantined", f"{ticket} is in quarantine: nobody is told.")
    if ticket.is_open:
        if ticket.state == State.NEW:
            # Nobody sorted it, and there is nothing left to sort: resolved is what it is.
            moving.move(ticket, "triage", actor=portal)
        # One mail, not two in one second: that the fix is out says that it is done.
        moving.move(ticket, "resolve", actor=portal, fixed_in=version, quiet=True)
    fixes.tell(ticket, actor=portal, version=version)


def _tickets_of(issues: Collection[int]) -> list[Ticket]:
    """The tickets that tell of the issues, each once, merged ones by what they are merged into."""
    links = IssueTicket.objects.filter(issue__in=issues).select_related("ticket__merged_into")
    found = {(shown := link.ticket.merged_into or link.ticket).pk: shown for link in links}
    # In the order of their numbers: two walks cannot block each other.
    return [found[pk] for pk in sorted(found)]


def _waiting(tickets: Collection[int], issues: Collection[int]) -> dict[int, str]:
    """The tickets that another open issue is about as well, with its reference."""
    links = IssueTicket.objects.filter(ticket__in=tickets, issue__in=Issue.objects.open())
    others = links.exclude(issue__in=issues).select_related("issue").order_by("-issue__number")
    return {link.ticket_id: link.issue.reference for link in others}


def _told_before(tickets: Collection[int], version: str) -> set[int]:
    """Those of which the reporters were told of this version already."""
    told = TicketEvent.objects.filter(ticket__in=tickets, kind=TicketEvent.Kind.FIXED, text=version)
    return set(told.values_list("ticket", flat=True))
