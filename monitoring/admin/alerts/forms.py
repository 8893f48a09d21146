"""The forms of alerts and silences."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from monitoring import levels
from monitoring.alerts.responding import LONGEST_NOTE, LONGEST_POSTMORTEM
from monitoring.alerts.silencing import LONGEST_REASON
from monitoring.models import Alert
from operations.doors.fields import Moment
from rollout.models import Module

UNTIL = "until"
LASTS = (("1", "1 hour"), ("4", "4 hours"), ("24", "24 hours"), (UNTIL, "Until a time"))
STAYS = "Stays in the alert's story and in the audit trail."


class Text(forms.CharField):
    """Lines of text, with the line ends of a text file: a browser sends those of a telegram."""

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return found.replace("\r\n", "\n") if isinstance(found, str) else found


def text(*, rows: int = 3, most: int = LONGEST_NOTE, **options: Any) -> forms.CharField:
    """A text area."""
    return Text(max_length=most, widget=UnfoldAdminTextareaWidget({"rows": rows}), **options)


def line(most: int, **options: Any) -> forms.CharField:
    """One line of text."""
    return forms.CharField(max_length=most, widget=UnfoldAdminTextInputWidget(), **options)


def module_field(empty: str) -> forms.ModelChoiceField:
    """A module, or what `empty` says."""
    return forms.ModelChoiceField(
        Module.objects.whole(), required=False, empty_label=empty, widget=UnfoldAdminSelectWidget()
    )


class AlertForm(forms.Form):
    """A form beside a preview of alerts."""

    class Media:
        css = {"all": ["monitoring/alerts.css"]}


class NoteForm(AlertForm):
    note = text(required=False, label="Note", help_text=STAYS)


class RespondForm(AlertForm):
    note = text(
        label="What is being done",
        help_text=f"What you found, what you do, when you look again. {STAYS}",
    )


class EscalateForm(AlertForm):
    reason = text(required=False, label="Why", help_text=f"What those you call should know. {STAYS}")


class PostmortemForm(forms.Form):
    text = text(
        rows=24,
        most=LONGEST_POSTMORTEM,
        label="Post-mortem",
        help_text="The timeline is what the portal knows. Write what it does not, and blame nobody.",
    )


class RaiseForm(forms.Form):
    title = line(200, label="What is wrong", help_text='In a few words: "Refills are lost".')
    level = forms.ChoiceField(
        choices=Alert.Level.choices,
        widget=UnfoldAdminRadioSelectWidget(),
        help_text=(
            "Critical: data lost, a breach, a system down; acknowledged within 5 min. Error: a feature or an "
            "integration fails; 2 h. Warning: 8 h. Info: 24 h."
        ),
    )
    urgency = forms.IntegerField(
        min_value=0,
        max_value=100,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget({"min": 0, "max": 100, "inputmode": "numeric"}),
        help_text="Empty: the level's usual one. "
        + ", ".join(
            f"{name.capitalize()} {one.urgency[0]} to {one.urgency[1]}" for name, one in levels.LEVELS.items()
        )
        + ".",
    )
    module = module_field("None, or not known")
    summary = text(required=False, label="What happened", help_text="No names or data of patients.")
    affected = text(rows=2, most=500, required=False, label="To whom")
    advice = text(rows=2, most=1000, required=False, label="What is theirs to do who take it")


class UntilForm(AlertForm):
    """How long a silence lasts, as a choice or as a time, and why."""

    lasts = forms.ChoiceField(
        choices=LASTS, initial="4", widget=UnfoldAdminRadioSelectWidget(), label="For how long"
    )
    until = Moment(required=False, label="Until", help_text="Only where you chose a time. At most 30 days.")
    reason = text(
        rows=2, most=LONGEST_REASON, label="Why", help_text="Whoever wonders why it is quiet reads this."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or {})
        if cleaned.get("lasts") == UNTIL and not cleaned.get("until"):
            self.add_error("until", "Choose a time.")
        return cleaned


def ends_at(inputs: Any, begins: datetime | None = None) -> datetime:
    """When a silence of these inputs ends."""
    if inputs["lasts"] == UNTIL:
        until: datetime = inputs["until"]
        return until
    return (begins or timezone.now()) + timedelta(hours=int(inputs["lasts"]))


class SilenceForm(UntilForm):
    module = module_field("All modules")
    level = forms.ChoiceField(
        choices=[("", "All levels"), *Alert.Level.choices], required=False, widget=UnfoldAdminSelectWidget()
    )
    starts_at = Moment(required=False, label="From", help_text="Empty: now.")

    field_order = ("module", "level", "starts_at", "lasts", "until", "reason")
