"""Open tickets in a few lines, on the pages of what they are about."""

from typing import Any

from django.db.models import QuerySet

from feedback.admin.tickets import brief, links
from feedback.models import Ticket
from rollout.models import Module, Workspace

FIRST = 5


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
