"""Open tickets in a few lines: on the front page, and on the pages of what they are about."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from feedback.admin.tickets import brief, links, wording
from feedback.lifecycle import OPEN
from feedback.models import Ticket
from feedback.models.tickets import RANKS
from operations.actor import Actor
from rollout.models import Module, Workspace

FIRST = 5


def front_page(actor: Actor) -> dict[str, Any]:
    """The card of the front page, in one query; nothing for who may not see tickets."""
    if not actor.may("feedback.view_ticket"):
        return {}
    waits = Q(state__in=OPEN, quarantined_at=None)
    spam = Q(quarantined_at__isnull=False, erased_at=None)
    counts = Ticket.objects.filter(waits | spam).aggregate(
        overdue=Count("pk", filter=waits & Q(due_at__lte=timezone.now())),
        unassigned=Count("pk", filter=waits & Q(owner=None)),
        quarantine=Count("pk", filter=spam),
        **{severity: Count("pk", filter=waits & Q(severity=severity)) for severity in RANKS},
    )
    return {
        "ticket_counts": [
            (
                f"{Ticket.Severity(severity).label} {counts[severity]}",
                wording.SEVERITY_LABELS[severity],
                links.tickets(severity__exact=severity),
            )
            for severity in RANKS
            if counts[severity]
        ],
        "ticket_views": [
            (counts[state], title, links.tickets(state=state))
            for state, title in (
                ("overdue", "overdue"),
                ("unassigned", "of nobody"),
                ("quarantine", "in quarantine"),
            )
            if counts[state]
        ],
        "tickets_url": links.tickets(),
    }


def of_workspace(workspace: Workspace) -> dict[str, Any]:
    """The open tickets of a workspace, in one query."""
    found = Ticket.objects.open().filter(workspace=workspace.pk)
    return _section(found, links.tickets(workspace=workspace.pk, state="all"))


def of_module(module: Module | int) -> dict[str, Any]:
    """The open tickets of a module, in one query."""
    pk = module if isinstance(module, int) else module.pk
    return _section(Ticket.objects.open().filter(module=pk), links.tickets(module__id__exact=pk, state="all"))


def link_of_module(module: Module | int) -> dict[str, Any]:
    """Where the tickets of a module are, without a query."""
    pk = module if isinstance(module, int) else module.pk
    return {"tickets_url": links.tickets(module__id__exact=pk)}


def _section(found: QuerySet[Ticket], url: str) -> dict[str, Any]:
    rows = _first(found, FIRST + 1)
    return {
        "tickets": [brief.facts(ticket) for ticket in rows[:FIRST]],
        "more_tickets": len(rows) > FIRST,
        "tickets_url": url,
    }


def _first(found: QuerySet[Ticket], most: int = FIRST) -> list[Ticket]:
    rows = found.select_related("workspace", "module", "owner").order_by("rank", "received_at", "pk")
    return list(rows.defer("description", "steps", "expected_behavior", "actual_behavior")[:most])
