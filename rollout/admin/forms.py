"""What a person enters on the confirmation pages. The rules live in the verbs; these only read."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from operations.doors.fields import Moment, Words
from rollout.admin.fields import percentage, reason

ON, OFF = "on", "off"
# Before the key of a variant among the values of an override.
VARIANT = "variant:"


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
    """`initial` also brings the variants of a flag that has some."""

    unit = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget())
    value = forms.ChoiceField(
        choices=[(ON, "On"), (OFF, "Off")], initial=ON, widget=UnfoldAdminRadioSelectWidget()
    )
    reason = reason(required=True, max_length=500)
    expires_at = Moment(required=False, label="Until", help_text="Empty: until it is removed.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if variants := self.initial.get("variants"):
            self.fields["value"].choices = [  # type: ignore[attr-defined]
                (ON, "On, a variant by weight"),
                *((f"{VARIANT}{key}", f"On, always {key}") for key in variants),
                (OFF, "Off"),
            ]


class RemoveOverrideForm(forms.Form):
    unit = forms.CharField(max_length=120, widget=forms.HiddenInput())


class SelectionForm(forms.Form):
    workspaces = Words(rows=6, label="Workspace ids", help_text="Separated by blanks, commas or new lines.")


class EligibilityForm(forms.Form):
    tiers = Words(required=False, label="Subscription tiers", help_text="One of these. Empty: any.")
    statuses = Words(required=False, label="Subscription statuses", help_text="One of these. Empty: any.")
    roles = Words(
        required=False,
        label="Roles",
        help_text="At least one active member has one. Empty: not asked for.",
    )


class InternalListForm(forms.Form):
    internal = Words(
        rows=6,
        required=False,
        label="Ids on the internal list",
        help_text="They have the module before anybody else.",
    )


class DayForm(forms.Form):
    at = Moment(label="Moment")
