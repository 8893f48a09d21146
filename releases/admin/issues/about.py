"""What releases adds to the pages of tickets and alerts. The project puts them together."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest

from feedback.admin.tickets import brief as ticket_brief
from feedback.models import Ticket
from monitoring.admin.alerts.operations import facts as alert_facts
from monitoring.models import Alert
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.inbox import MOST
from operations.doors.model_admin import VerbAdmin
from releases.admin.issues import brief
from releases.admin.issues.changing import raised
from releases.admin.issues.forms import FromForm, ToIssueForm
from releases.issues import linking, raising
from releases.issues.story import ADD, CHANGE
from releases.models import Issue


def _from_ticket(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    issue = raising.from_ticket(ticket, actor=actor, **inputs)
    return f"{issue} is raised from {ticket}: its reporter is told when the fix is out."


def _from_alert(alert: Alert, inputs: Inputs, actor: Actor, version: int | None) -> str:
    issue = raising.from_alert(alert, actor=actor, **inputs)
    return f"{issue} is raised from this alert."


def _would_from_ticket(ticket: Ticket, inputs: Inputs, actor: Actor) -> Preview:
    return raised(raising.from_ticket(ticket, actor=actor, dry_run=True, **inputs))


def _would_from_alert(alert: Alert, inputs: Inputs, actor: Actor) -> Preview:
    return raised(raising.from_alert(alert, actor=actor, dry_run=True, **inputs))


def _link_ticket(ticket: Ticket, inputs: Inputs, actor: Actor, version: int | None) -> str:
    issue = linking.link(inputs["issue"], actor=actor, tickets=[ticket])
    return f"{ticket} is linked to {issue}."


def _link_alert(alert: Alert, inputs: Inputs, actor: Actor, version: int | None) -> str:
    issue = linking.link(inputs["issue"], actor=actor, alerts=[alert])
    return f"“{alert.title}” is linked to {issue}."


def _alert_brief(alert: Alert, inputs: Inputs, actor: Actor) -> Preview:
    return Preview("admin/monitoring/alert_brief.html", alert_facts(alert))


def _as_ticket(ticket: Ticket) -> Inputs:
    """What the issue takes over; its texts are the redacted ones."""
    return {
        "title": ticket.title,
        "description": raising.description_of(ticket),
        "severity": ticket.severity,
        "module": ticket.module.whole.pk if ticket.module else None,
    }


def _as_alert(alert: Alert) -> Inputs:
    return {
        "title": alert.title,
        "description": raising.alert_in_words(alert),
        "severity": raising.SEVERITIES[alert.level],
        "module": alert.module.whole.pk if alert.module else None,
    }


def _whole(ticket: Ticket) -> bool:
    return not (ticket.merged_into_id or ticket.quarantined_at or ticket.erased_at)


def _fired(alert: Alert) -> bool:
    return alert.fired_at is not None


TAKEN_OVER = ("title", "description", "module", "severity")
TICKET_OPERATIONS = (
    Operation(
        name="create-issue",
        title="Create issue",
        permission=ADD,
        perform=_from_ticket,
        preview=_would_from_ticket,
        form=FromForm,
        initial=_as_ticket,
        previewed=TAKEN_OVER,
        offered=_whole,
        icon="bug_report",
        note="A bug to fix, which a release can bring. The reporter is told when the fix is out.",
    ),
    Operation(
        name="link-issue",
        title="Link to an issue",
        permission=CHANGE,
        perform=_link_ticket,
        preview=ticket_brief.preview,
        form=ToIssueForm,
        offered=_whole,
        icon="link",
        note="For a bug that is known already. The reporter is told when its fix is out.",
        on_list=True,
        most=MOST,
    ),
)
ALERT_OPERATIONS = (
    Operation(
        name="create-issue",
        title="Create issue",
        permission=ADD,
        perform=_from_alert,
        preview=_would_from_alert,
        form=FromForm,
        initial=_as_alert,
        previewed=TAKEN_OVER,
        offered=_fired,
        icon="bug_report",
        note="The bug behind the alert, which a release can fix. The alert goes its own way.",
    ),
    Operation(
        name="link-issue",
        title="Link to an issue",
        permission=CHANGE,
        perform=_link_alert,
        preview=_alert_brief,
        form=ToIssueForm,
        offered=_fired,
        icon="link",
        note="For a bug that is known already.",
        on_list=True,
        most=MOST,
    ),
)


class WithIssues(VerbAdmin):
    """A mixin: the issues that a page's thing belongs to."""

    @property
    def media(self) -> forms.Media:
        own = forms.Media(css={"all": ["feedback/tickets.css", "releases/issues.css"]})
        found: forms.Media = super().media + own
        return found

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        context = super().page_context(request, obj)
        if not request.user.has_perm("releases.view_issue"):
            return context
        return {**context, "issues": _lines(self.issues_about(obj))}

    def issues_about(self, obj: Any) -> QuerySet[Issue]:
        """The issues of the thing."""
        raise NotImplementedError


class TicketIssues(WithIssues):
    change_form_outer_before_template = "admin/releases/issues_of_ticket.html"

    def issues_about(self, obj: Ticket) -> QuerySet[Issue]:
        return Issue.objects.filter(tickets=obj)


class AlertIssues(WithIssues):
    change_form_outer_before_template = "admin/releases/issues_of_alert.html"

    def issues_about(self, obj: Alert) -> QuerySet[Issue]:
        return Issue.objects.filter(alerts=obj)


def with_issues(operations: Sequence[Operation], more: Sequence[Operation]) -> tuple[Operation, ...]:
    """A page's operations with those about issues."""
    return (*operations, *more)


def _lines(issues: QuerySet[Issue]) -> list[dict[str, Any]]:
    rows = issues.select_related("module", "owner", "release").defer("description").order_by("-number")
    return [brief.facts(issue) for issue in rows]
