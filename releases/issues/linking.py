"""What an issue came from: the tickets that tell of it and the alerts that showed it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from feedback.models import Ticket
from monitoring.models import Alert
from operations.actor import Actor
from operations.errors import Refused
from releases.issues import story
from releases.issues.story import CHANGE
from releases.models import Issue, IssueAlert, IssueTicket


@transaction.atomic
def link(
    issue: Issue,
    *,
    actor: Actor,
    tickets: Sequence[Ticket] = (),
    alerts: Sequence[Alert] = (),
    version: int | None = None,
    dry_run: bool = False,
) -> Issue:
    """Say that tickets and alerts are about this issue. The tickets' reporters hear when its fix is out.

    Raises Refused when all of them are linked already, for a ticket that is merged, in quarantine or erased,
    and when the issue is no longer the `version` that was seen.
    """
    actor.require(CHANGE, "work on issues")
    told = story.begin(issue, actor, version=version, dry_run=dry_run)
    issue = told.issue
    guard(tickets)
    new_tickets = _without(tickets, issue.tickets.values_list("pk", flat=True))
    new_alerts = _without(alerts, issue.alerts.values_list("pk", flat=True))
    if not new_tickets and not new_alerts:
        raise Refused(
            "linked", f"{issue} is linked to {_named([*tickets, *alerts]) or 'nothing new'} already."
        )
    if not dry_run:
        connect(issue, new_tickets, new_alerts, actor)
    return told.write("issue.linked", **links_of(new_tickets, new_alerts))


@transaction.atomic
def unlink(
    issue: Issue,
    *,
    actor: Actor,
    tickets: Sequence[Ticket] = (),
    alerts: Sequence[Alert] = (),
    version: int | None = None,
    dry_run: bool = False,
) -> Issue:
    """Say that tickets and alerts are about something else. Raises Refused for one that is not linked."""
    actor.require(CHANGE, "work on issues")
    told = story.begin(issue, actor, version=version, dry_run=dry_run)
    issue = told.issue
    others = [
        *_without(tickets, issue.tickets.values_list("pk", flat=True)),
        *_without(alerts, issue.alerts.values_list("pk", flat=True)),
    ]
    if others or not (tickets or alerts):
        raise Refused("not_linked", f"{issue} is not linked to {_named(others) or 'nothing'}.")
    if not dry_run:
        IssueTicket.objects.filter(issue=issue, ticket__in=[ticket.pk for ticket in tickets]).delete()
        IssueAlert.objects.filter(issue=issue, alert__in=[alert.pk for alert in alerts]).delete()
    return told.write("issue.unlinked", **links_of(tickets, alerts))


def connect(issue: Issue, tickets: Iterable[Ticket], alerts: Iterable[Alert], actor: Actor) -> None:
    """Write the links of an issue that is ours, in two queries at most."""
    by = actor.in_full
    IssueTicket.objects.bulk_create(IssueTicket(issue=issue, ticket=ticket, by=by) for ticket in tickets)
    IssueAlert.objects.bulk_create(IssueAlert(issue=issue, alert=alert, by=by) for alert in alerts)


def guard(tickets: Iterable[Ticket]) -> None:
    """Raise Refused for a ticket that stands for nothing of its own."""
    for ticket in tickets:
        if ticket.merged_into_id is not None:
            into = f"FB-{ticket.merged_into_id}"
            raise Refused("merged", f"{ticket} is merged into {into}: take that one.")
        if ticket.quarantined_at is not None:
            raise Refused("quarantined", f"{ticket} is in quarantine: release it first, if it is no spam.")
        if ticket.erased_at is not None:
            raise Refused("erased", f"The texts of {ticket} were erased: nothing can be made of it.")


def links_of(tickets: Iterable[Ticket], alerts: Iterable[Alert]) -> dict[str, Any]:
    """The links as the trail tells of them: an alert's title may hold anything, its number does not."""
    found = {"tickets": [str(ticket) for ticket in tickets], "alerts": [alert.pk for alert in alerts]}
    return {name: values for name, values in found.items() if values}


def _without(things: Sequence[Any], linked: Iterable[int]) -> list[Any]:
    """Those that are not linked, each once."""
    known = set(linked)
    return [thing for thing in dict.fromkeys(things) if thing.pk not in known]


def _named(things: Iterable[Any]) -> str:
    return ", ".join(str(thing) if isinstance(thing, Ticket) else f"alert {thing.pk}" for thing in things)
