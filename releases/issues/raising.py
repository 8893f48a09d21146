"""Raising an issue: by itself, from a ticket, from an alert."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from feedback.models import Ticket
from monitoring.levels import CRITICAL, ERROR, INFO, WARNING
from monitoring.models import Alert
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from releases.issues import drafts, linking, numbering
from releases.issues.story import ADD
from releases.models import Issue, IssueAlert, IssueTicket
from rollout.models import Module

# How severe the bug behind an alert is, until somebody says otherwise.
SEVERITIES = {
    CRITICAL: Issue.Severity.CRITICAL,
    ERROR: Issue.Severity.HIGH,
    WARNING: Issue.Severity.MEDIUM,
    INFO: Issue.Severity.LOW,
}


@transaction.atomic
def raise_issue(
    *,
    actor: Actor,
    module: Module | None,
    title: str,
    description: str = "",
    severity: str = Issue.Severity.MEDIUM,
    tickets: Sequence[Ticket] = (),
    alerts: Sequence[Alert] = (),
    owner: User | None = None,
    estimate_hours: Decimal | float | None = None,
    due_on: date | None = None,
    dry_run: bool = False,
) -> Issue:
    """Raise an issue with the next number. With `dry_run` it is returned unsaved, with that number.

    Raises Invalid, which names every field and the rule it breaks, and Refused for a ticket that is merged,
    in quarantine or erased.
    """
    actor.require(ADD, "raise issues")
    values = drafts.checked(
        {
            "module": module,
            "title": title,
            "description": description,
            "severity": severity,
            "owner": owner,
            "estimate_hours": estimate_hours,
            "due_on": due_on,
        }
    )
    linking.guard(tickets)
    number = numbering.following() if dry_run else numbering.take()
    issue = Issue(number=number, created_by=actor.in_full, **values)
    if dry_run:
        return issue
    issue.save(force_insert=True)
    tickets, alerts = list(dict.fromkeys(tickets)), list(dict.fromkeys(alerts))
    linking.connect(issue, tickets, alerts, actor)
    data = {"module": issue.module.key, "severity": issue.severity, **linking.links_of(tickets, alerts)}
    audit.record("issue.raised", actor=actor, subject=issue, data=data)
    return issue


@transaction.atomic
def from_ticket(
    ticket: Ticket,
    *,
    actor: Actor,
    module: Module | None = None,
    title: str = "",
    description: str | None = None,
    severity: str = "",
    owner: User | None = None,
    dry_run: bool = False,
) -> Issue:
    """Raise the issue that a ticket tells of: what is not given is the ticket's, whose texts are redacted.

    Raises Refused when an issue about it is open already, naming that one; Invalid for a ticket without a
    module, where none is given; and what `raise_issue` raises.
    """
    actor.require(ADD, "raise issues")
    module = module or ticket.module
    if module is None:
        raise Invalid({"module": f"must be given: {ticket} has none"})
    known = IssueTicket.objects.filter(ticket=ticket).values("issue")
    _refuse_second(known, str(ticket), dry_run)
    return raise_issue(
        actor=actor,
        module=module,
        title=title or ticket.title,
        description=description_of(ticket) if description is None else description,
        severity=severity or ticket.severity,
        tickets=[ticket],
        owner=owner,
        dry_run=dry_run,
    )


@transaction.atomic
def from_alert(
    alert: Alert,
    *,
    actor: Actor,
    module: Module | None = None,
    title: str = "",
    description: str | None = None,
    severity: str = "",
    owner: User | None = None,
    dry_run: bool = False,
) -> Issue:
    """Raise the issue that an alert shows: what is not given is the alert's. Raises as `from_ticket`."""
    actor.require(ADD, "raise issues")
    module = module or alert.module
    if module is None:
        raise Invalid({"module": "must be given: the alert concerns no module"})
    known = IssueAlert.objects.filter(alert=alert).values("issue")
    _refuse_second(known, "the alert", dry_run)
    return raise_issue(
        actor=actor,
        module=module,
        title=title or alert.title,
        description=alert_in_words(alert) if description is None else description,
        severity=severity or SEVERITIES[alert.level],
        alerts=[alert],
        owner=owner,
        dry_run=dry_run,
    )


def description_of(ticket: Ticket) -> str:
    """What a ticket says, in one text."""
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(ticket.steps, 1))
    parts = (
        ("", ticket.description),
        ("How to see it:\n", steps),
        ("What should happen:\n", ticket.expected_behavior),
        ("What happens:\n", ticket.actual_behavior),
        ("Seen in version ", ticket.release),
    )
    text = "\n\n".join(f"{head}{said}" for head, said in parts if said)
    return text[: drafts.LIMITS["description"]]


def alert_in_words(alert: Alert) -> str:
    """What an alert says, in one text."""
    parts = (("", alert.summary), ("To whom: ", alert.affected), ("Advice: ", alert.advice))
    text = "\n\n".join(f"{head}{said}" for head, said in parts if said)
    return text[: drafts.LIMITS["description"]]


def _refuse_second(known: QuerySet[Any], what: str, dry_run: bool) -> None:
    """Raise Refused when one of the `known` issues is open."""
    if not dry_run:
        # Whoever raises one waits for that: of two who ask at once, the later sees what the first made.
        numbering.take()
    if issue := Issue.objects.open().filter(pk__in=known).first():
        raise Refused("has_issue", f"{issue} is about {what} already, and open: work on that one.")
