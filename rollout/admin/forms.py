"""What a person enters on the confirmation pages. The rules live in the verbs; these only read."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from operations.doors.fields import Moment

ON, OFF = "on", "off"


class Ids(forms.CharField):
    """Ids separated by blanks, commas or new lines, as a list without repeats."""

    def __init__(self, *, rows: int = 6, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget({"rows": rows}), **options)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return list(dict.fromkeys(text.replace(",", " ").split()))


def percentage(**options: Any) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget({"min": 0, "max": 100, "inputmode": "numeric"})
    return forms.IntegerField(min_value=0, max_value=100, widget=widget, **options)


def reason(**options: Any) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget({"rows": 2})
    options = {"required": False, "max_length": 2000, "help_text": "Stays in the audit trail.", **options}
    return forms.CharField(widget=widget, **options)


class OverrideForm(forms.Form):
    override = reason(
        label="Reason to override",
        help_text="The gate is closed. Say why this goes on all the same; it stays on the record.",
    )


class ReasonForm(forms.Form):
    reason = reason()


class SetForm(forms.Form):
    percentage = percentage(help_text="A whole number from 0 to 100.")
    reason = reason()


class ResumeForm(forms.Form):
    percentage = percentage(help_text="Where it goes on. Above where it was, this is raising by hand.")
    reason = reason()


class RollBackForm(forms.Form):
    target = percentage(
        required=False, label="Back to percentage", help_text="Empty: the phase before the one it is in."
    )
    reason = reason()


class HoldForm(forms.Form):
    max_percentage = percentage(
        required=False,
        label="At most, in percent",
        help_text="The flag reaches no farther than this share of the eligible. Empty: as far as the plan.",
    )
    reason = reason()


class OverrideFlagForm(forms.Form):
    unit = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget())
    value = forms.ChoiceField(
        choices=[(ON, "On"), (OFF, "Off")], initial=ON, widget=UnfoldAdminRadioSelectWidget()
    )
    reason = reason(required=True, max_length=500)
    expires_at = Moment(required=False, label="Until", help_text="Empty: until it is removed.")


class RemoveOverrideForm(forms.Form):
    unit = forms.CharField(max_length=120, widget=forms.HiddenInput())


class SelectionForm(forms.Form):
    workspaces = Ids(label="Workspace ids", help_text="Separated by blanks, commas or new lines.")


class DescribeForm(forms.Form):
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget())
    description = forms.CharField(
        required=False, max_length=2000, widget=UnfoldAdminTextareaWidget({"rows": 4})
    )


class EligibilityForm(forms.Form):
    tiers = Ids(required=False, rows=3, label="Subscription tiers", help_text="One of these. Empty: any.")
    statuses = Ids(
        required=False, rows=3, label="Subscription statuses", help_text="One of these. Empty: any."
    )
    roles = Ids(
        rows=3,
        required=False,
        label="Roles",
        help_text="At least one active member has one. Empty: not asked for.",
    )


class InternalListForm(forms.Form):
    internal = Ids(
        required=False,
        label="Ids on the internal list",
        help_text="They have the module before anybody else.",
    )


class LookupForm(forms.Form):
    unit = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget())


class DayForm(forms.Form):
    at = Moment(label="Moment")
