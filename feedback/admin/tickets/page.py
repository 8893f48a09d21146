"""A ticket's page: what was said, how it stands, what was written since, and what belongs to it."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from feedback.admin.tickets import alike, brief, links, related, shortcuts, story, wording
from feedback.models import Ticket
from operations.actor import Actor
from operations.doors.admin import Operation, actor_of
from operations.doors.model_admin import Button
from rollout.models import Flag, Module

# What is done less often stands behind "More".
SELDOM = frozenset({"attach", "enhancement", "quarantine", "original", "erase"})
RATINGS = (
    ("Satisfaction", "satisfaction_rating"),
    ("Usability", "usability_rating"),
    ("Performance", "performance_rating"),
)


def context(request: HttpRequest, ticket: Ticket, operations: Sequence[Operation]) -> dict[str, Any]:
    """What the template shows, in a fixed number of queries."""
    actor, now = actor_of(request), timezone.now()
    return {
        **brief.facts(ticket),
        "category_url": links.tickets(category__exact=ticket.category),
        "clocks": wording.clocks_of(ticket, now),
        "waiting": wording.moment(ticket.waiting_since, now) if ticket.waiting_since else "",
        "came": _came(ticket),
        "ratings": [(name, getattr(ticket, field)) for name, field in RATINGS if getattr(ticket, field)],
        "tags": list(ticket.tags.all()),
        "conversation": story.conversation(ticket),
        "history": story.history(ticket),
        "resolutions": list(ticket.resolutions.order_by("-at", "-pk")[:5]) if _was_done(ticket) else (),
        "attachments": list(ticket.attachments.all()),
        "similar": alike.of_ticket(ticket),
        "may_triage": actor.may("feedback.triage_ticket"),
        "shortcuts": shortcuts.allowed(actor, operations),
        **related.merges(ticket),
        **related.others(ticket),
        **related.neighbours(ticket),
        **_flag(ticket, actor),
        **_may_see(actor),
    }


def split(buttons: Sequence[Button]) -> dict[str, Sequence[Button]]:
    """The buttons in two rows."""
    return {
        "buttons": [button for button in buttons if button.name not in SELDOM],
        "more_buttons": [button for button in buttons if button.name in SELDOM],
    }


def _came(ticket: Ticket) -> str:
    """How it came in."""
    if ticket.source == Ticket.Source.PERSON:
        return f"written down by {wording.by_whom(ticket.received_by)}"
    return {
        Ticket.Source.API: "from the product",
        Ticket.Source.FORM: "from the public form",
        Ticket.Source.IMPORT: f"imported{f' as {ticket.external_id}' if ticket.external_id else ''}",
    }[Ticket.Source(ticket.source)]


def _was_done(ticket: Ticket) -> bool:
    """Whether it may have been resolved once: a new one was not."""
    return ticket.state not in ("new", "triaged", "assigned")


def _flag(ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """Whose answer says whether they had the feature: the ticket's flag, else its module's first one."""
    if not actor.may("rollout.view_flag") or not ticket.workspace_id:
        return {}
    flag = ticket.flag
    module = flag.module if flag else ticket.module
    if module is None or module.unit != Module.Unit.WORKSPACE:
        return {}
    if flag is None:
        flag = Flag.objects.live().filter(module=module).order_by("from_phase", "pk").first()
    return (
        {"asked_flag": flag, "asked_flag_url": links.try_flag(flag.pk, ticket.workspace_id)} if flag else {}
    )


def _may_see(actor: Actor) -> dict[str, bool]:
    """Which of the things that a ticket is linked to lead to a page of theirs."""
    return {
        f"may_see_{name}": actor.may(f"rollout.view_{name}")
        for name in ("workspace", "module", "flag", "plan")
    }
