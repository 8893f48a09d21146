"""An issue's page: what is wrong, what it came from, how it ships, and its story."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from feedback.admin.tickets import wording as ticket_wording
from feedback.models import Likeness, Ticket
from monitoring.admin.alerts import wording as alert_wording
from monitoring.models import Alert
from operations.actor import Actor
from operations.doors.admin import actor_of
from operations.doors.timeline import details, timeline
from operations.models import AuditEvent
from releases.admin.issues import brief, links, wording
from releases.issues.story import CHANGE
from releases.models import Issue, Release

MOST_ALIKE = 5
# One of many changes hides no ticket and no alert.
MOST_LINKED = 100


@dataclass(frozen=True)
class Linked:
    """A ticket or an alert that the issue is about. `unlink` is where it is taken away."""

    thing: Any
    url: str
    state: str
    label: str
    unlink: str


def context(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    """What the template shows, in a fixed number of queries."""
    actor, now = actor_of(request), timezone.now()
    tickets = list(issue.tickets.order_by("pk")[:MOST_LINKED])
    found = {
        **brief.facts(issue),
        "raised_by": wording.by_whom(issue.created_by),
        "dates": [
            (title, wording.moment(at, now))
            for title, at in (
                ("Detected", issue.detected_at),
                ("Fixed", issue.fixed_at),
                ("Deployed", issue.deployed_at),
            )
            if at
        ],
        "tickets": [_ticket(issue, ticket, actor) for ticket in tickets],
        "linked_alerts": [_alert(issue, alert, actor) for alert in issue.alerts.order_by("pk")[:MOST_LINKED]],
        "alike": _alike(issue, tickets, actor),
        "held_by": [(release, _release_url(release, actor)) for release in issue.releases.all()],
        "may_change": actor.may(CHANGE),
        "may_see_module": actor.may("rollout.view_module"),
        "board_url": links.board(module=issue.module.key),
    }
    if not actor.may("operations.view_auditevent"):
        # Who works on issues reads their story, even without the whole trail.
        found["timeline"] = timeline(request, issue, describe)
    return found


def describe(event: AuditEvent) -> str:
    """An event of an issue in words."""
    data = dict(event.data)
    if state := data.pop("state", ""):
        # "Fixed" says so already; that it was planned by that does not follow.
        data |= {"now": wording.state_title(state).lower()} if state == "planned" else {}
    told = [
        f"{name.replace('_', ' ')} {value[0]} → {value[1]}"
        for name, value in data.items()
        if isinstance(value, list) and event.action == "issue.edited"
    ]
    rest = {name: value for name, value in data.items() if not (told and isinstance(value, list))}
    return "; ".join([*told, *filter(None, [details(_with(event, rest))])])


def _with(event: AuditEvent, data: dict[str, Any]) -> AuditEvent:
    """The same event with other data, for its words alone."""
    return AuditEvent(action=event.action, data=data)


def _ticket(issue: Issue, ticket: Ticket, actor: Actor) -> Linked:
    return Linked(
        ticket,
        links.page_of(ticket) if actor.may("feedback.view_ticket") else "",
        ticket.get_state_display(),
        ticket_wording.STATE_LABELS[ticket.state],
        links.operation("unlink", issue, ticket=ticket.pk) if actor.may(CHANGE) else "",
    )


def _alert(issue: Issue, alert: Alert, actor: Actor) -> Linked:
    return Linked(
        alert,
        links.page_of(alert) if actor.may("monitoring.view_alert") else "",
        alert_wording.STATES[alert.state],
        alert_wording.STATE_LABELS[alert.state],
        links.operation("unlink", issue, alert=alert.pk) if actor.may(CHANGE) else "",
    )


def _alike(issue: Issue, tickets: Sequence[Ticket], actor: Actor) -> list[tuple[Ticket, str, str]]:
    """Tickets that seem to say what the linked ones say and are not linked, the likest first: one query."""
    if not tickets or not actor.may("feedback.view_ticket"):
        return []
    keys = {ticket.pk for ticket in tickets}
    pairs = Likeness.objects.filter(Q(ticket__in=keys) | Q(other__in=keys), dismissed_at=None)
    rows = pairs.select_related("ticket", "other").order_by("-score", "-other")
    found: dict[int, tuple[Ticket, str, str]] = {}
    for row in rows[: MOST_ALIKE * len(keys) + MOST_LINKED]:
        for other in (row.ticket, row.other):
            whole = other.merged_into_id is None and other.quarantined_at is None
            if other.pk not in keys and whole:
                link = links.operation("link", issue, tickets=other.reference) if actor.may(CHANGE) else ""
                found.setdefault(other.pk, (other, links.page_of(other), link))
    return list(found.values())[:MOST_ALIKE]


def _release_url(release: Release, actor: Actor) -> str:
    return links.page_of(release) if actor.may("releases.view_release") else ""
