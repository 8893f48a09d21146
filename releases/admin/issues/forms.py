"""The forms of what is done to an issue. The rules live in the verbs; these only read."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES, UnfoldAdminDecimalFieldWidget

from feedback.admin.tickets import fields
from feedback.admin.tickets.fields import UNCHANGED
from feedback.models import Ticket
from feedback.tickets import finding as tickets
from monitoring.models import Alert
from operations.doors.fields import Reference
from operations.errors import NotFound
from releases.admin.issues.people import workers
from releases.issues import drafts, finding
from releases.models import Issue
from rollout.models import Module

LIMITS = drafts.LIMITS
NO_PATIENTS = "No names or data of patients: what looks like that is taken out."
IN_THE_CHANGELOG = "It stands in the changelog of the release with the fix."


class IssueForm(forms.Form):
    """A form beside what it says of issues."""

    class Media:
        css = {"all": ["feedback/tickets.css", "releases/issues.css"]}


def _severity(**options: Any) -> forms.ChoiceField:
    return fields.one_of(Issue.Severity.choices, **options)


def _module(**options: Any) -> Any:
    return fields.thing(Module.objects.whole(), **{"empty": "Choose", "required": True, **options})


def _owner(empty: str = "Nobody", **options: Any) -> Any:
    return fields.thing(workers(), empty, **options)


def _hours() -> forms.DecimalField:
    return forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=1,
        widget=UnfoldAdminDecimalFieldWidget({"step": "0.5"}),
        label="Estimate",
        help_text="In hours.",
    )


def _day(**options: Any) -> forms.DateField:
    widget = forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")
    return forms.DateField(required=False, widget=widget, **options)


class RaiseForm(IssueForm):
    """A bug that somebody saw."""

    body = "admin/releases/issue_form.html"

    title = fields.line(LIMITS["title"], help_text=IN_THE_CHANGELOG)
    description = fields.text(LIMITS["description"], rows=6, required=False, help_text=NO_PATIENTS)
    module = _module()
    severity = _severity(initial=Issue.Severity.MEDIUM)
    owner = _owner(required=False)
    estimate_hours = _hours()
    due_on = _day(label="Wanted by")


class EditForm(RaiseForm):
    """Everything that may be corrected, as the issue stands."""

    @staticmethod
    def filled_in(issue: Issue) -> Mapping[str, Any]:
        names = ("title", "description", "severity", "estimate_hours", "due_on")
        links = {"module": issue.module_id, "owner": issue.owner_id}
        return {**{name: getattr(issue, name) for name in names}, **links}


class EditManyForm(IssueForm):
    """What may be corrected of many at once; what is left empty stays."""

    severity = _severity(empty=UNCHANGED)
    owner = _owner(UNCHANGED, required=False)
    due_on = _day(label="Wanted by", help_text="Empty: it stays as it is.")

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or {})
        if self.is_bound and not self.errors and not any(cleaned.values()):
            raise forms.ValidationError("Choose what to change.")
        return cleaned


class FromForm(IssueForm):
    """What an issue takes over from where it was seen."""

    body = "admin/releases/issue_form.html"

    title = fields.line(LIMITS["title"], help_text=IN_THE_CHANGELOG)
    description = fields.text(LIMITS["description"], rows=8, required=False, help_text=NO_PATIENTS)
    module = _module()
    severity = _severity()
    owner = _owner(required=False)


class TriageForm(IssueForm):
    severity = _severity(empty=UNCHANGED)


class AssignForm(IssueForm):
    owner = _owner("Choose", required=True, help_text="Who may work on issues.")


class ReasonForm(IssueForm):
    reason = fields.text(drafts.LONGEST_REASON, label="Why", help_text="It stands in the audit trail.")


class LinkForm(IssueForm):
    """The tickets and alerts that an issue is about."""

    tickets = fields.listed(1_000, help_text="References such as FB-12, with a comma between them.")
    alerts = fields.listed(200, help_text="Numbers of alerts, with a comma between them.")

    def clean_tickets(self) -> list[Ticket]:
        try:
            return tickets.by_references(self.cleaned_data["tickets"])
        except NotFound as fault:
            raise forms.ValidationError(fault.message) from fault

    def clean_alerts(self) -> list[Alert]:
        asked = [text.lstrip("#") for text in self.cleaned_data["alerts"]]
        numbers = {int(text) for text in asked if text.isdecimal() and len(text) < 10}
        found = list(Alert.objects.filter(pk__in=numbers))
        if len(numbers) != len(asked) or len(found) != len(numbers):
            raise forms.ValidationError("There is no alert of one of these numbers.")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or {})
        if self.is_bound and not self.errors and not any(cleaned.values()):
            raise forms.ValidationError("Name a ticket or an alert.")
        return cleaned


class UnlinkForm(IssueForm):
    ticket = forms.ModelChoiceField(Ticket.objects.all(), required=False, widget=forms.HiddenInput())
    alert = forms.ModelChoiceField(Alert.objects.all(), required=False, widget=forms.HiddenInput())


class ToIssueForm(IssueForm):
    issue = Reference(finding.by_reference, "BUG-007", help_text="The issue that this is about.")
