"""What an issue says and what it came from, as operations."""

from collections.abc import Sequence

from feedback.models import Ticket
from monitoring.models import Alert
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.inbox import MOST
from releases.admin.issues import brief
from releases.admin.issues.forms import EditForm, EditManyForm, LinkForm, RaiseForm, UnlinkForm
from releases.issues import editing, linking, raising
from releases.issues.story import ADD, CHANGE
from releases.models import Issue

RAISED = "admin/releases/issue_raised.html"


def raised(issue: Issue) -> Preview:
    """What an issue that is not there yet would be."""
    return Preview(RAISED, {"raised": issue})


def _raise(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    issue = raising.raise_issue(actor=actor, **inputs)
    return f"{issue} is raised: {issue.title}"


def _would_raise(nothing: None, inputs: Inputs, actor: Actor) -> Preview:
    return raised(raising.raise_issue(actor=actor, dry_run=True, **inputs))


def _edit(issue: Issue, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"{editing.edit(issue, actor=actor, version=version, **inputs)} is changed."


def _edit_many(issue: Issue, inputs: Inputs, actor: Actor, version: int | None) -> str:
    given = {name: value for name, value in inputs.items() if value}
    return f"{editing.edit(issue, actor=actor, version=version, **given)} is changed."


def _link(issue: Issue, inputs: Inputs, actor: Actor, version: int | None) -> str:
    tickets, alerts = inputs["tickets"], inputs["alerts"]
    done = linking.link(issue, actor=actor, version=version, tickets=tickets, alerts=alerts)
    return f"{done} is linked to {named(tickets, alerts)}."


def _unlink(issue: Issue, inputs: Inputs, actor: Actor, version: int | None) -> str:
    tickets, alerts = _chosen(inputs)
    done = linking.unlink(issue, actor=actor, version=version, tickets=tickets, alerts=alerts)
    return f"{done} is not linked to {named(tickets, alerts)} any more."


def _would_unlink(issue: Issue, inputs: Inputs, actor: Actor) -> Preview:
    tickets, alerts = _chosen(inputs)
    linking.unlink(issue, actor=actor, tickets=tickets, alerts=alerts, dry_run=True)
    return Preview(brief.TEMPLATE, {**brief.facts(issue), "loses": named(tickets, alerts)})


def _chosen(inputs: Inputs) -> tuple[list[Ticket], list[Alert]]:
    ticket, alert = inputs["ticket"], inputs["alert"]
    return [ticket] if ticket else [], [alert] if alert else []


def named(tickets: Sequence[Ticket], alerts: Sequence[Alert]) -> str:
    """Tickets by their references and alerts by their titles."""
    return ", ".join([*map(str, tickets), *(f"“{alert.title}”" for alert in alerts)])


OPERATIONS = (
    Operation(
        name="raise",
        title="Raise issue",
        permission=ADD,
        perform=_raise,
        preview=_would_raise,
        form=RaiseForm,
        previewed=("title", "description", "module", "severity"),
        creates=True,
        icon="bug_report",
        style="primary",
        note="For a bug that no ticket and no alert tells of; those have a button for it on their pages.",
    ),
    Operation(
        name="edit",
        title="Edit",
        permission=CHANGE,
        perform=_edit,
        preview=brief.preview,
        form=EditForm,
        initial=EditForm.filled_in,
        icon="edit",
    ),
    Operation(
        name="edit-many",
        title="Edit",
        permission=CHANGE,
        perform=_edit_many,
        preview=brief.preview,
        form=EditManyForm,
        icon="edit",
        note="What you leave empty stays as it is.",
        on_list=True,
        on_page=False,
        most=MOST,
    ),
    Operation(
        name="link",
        title="Link",
        permission=CHANGE,
        perform=_link,
        preview=brief.preview,
        form=LinkForm,
        icon="link",
        label=lambda issue: "Link tickets or alerts",
        note="The reporters of linked tickets are told when the fix is out.",
    ),
    Operation(
        name="unlink",
        title="Unlink",
        permission=CHANGE,
        perform=_unlink,
        preview=_would_unlink,
        form=UnlinkForm,
        previewed=("ticket", "alert"),
        on_page=False,
        icon="link_off",
        style="warning",
        note="It is about something else. The reporter of a ticket is then not told when the fix is out.",
    ),
)
