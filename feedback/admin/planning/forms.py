"""The forms of enhancements, their tickets, and the weights of the plan."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from feedback.admin.tickets import fields
from feedback.models import Enhancement
from feedback.planning import enhancements, weights
from feedback.planning.ranking import HIGHEST, LOWEST
from feedback.tickets import finding
from operations.doors.fields import Words
from operations.errors import NotFound

UNJUDGED = "Not judged yet"


class Tickets(Words):
    """Tickets by their references, numbers or links, in one query."""

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return finding.by_references(super().to_python(value))
        except NotFound as fault:
            raise forms.ValidationError(fault.message) from fault


def judged(label: str, lowest: str, highest: str) -> forms.TypedChoiceField:
    """A score that a person gives, or nothing."""
    said = {LOWEST: f": {lowest}", HIGHEST: f": {highest}"}
    numbers = [(number, f"{number}{said.get(number, '')}") for number in range(LOWEST, HIGHEST + 1)]
    return forms.TypedChoiceField(
        choices=[("", UNJUDGED), *numbers],
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget(),
        label=label,
    )


class EnhancementForm(forms.Form):
    name = fields.line(enhancements.LONGEST_NAME)
    objective = fields.one_of(
        Enhancement.Objective.choices,
        initial=Enhancement.Objective.OTHER,
        help_text="What it belongs to among the guide's objectives for Phase 2.",
    )
    value = judged("Business value", "hardly any revenue or cost in it", "much revenue or cost in it")
    feasibility = judged("Technical feasibility", "very hard to build", "easy to build")
    fit = judged("Strategic fit", "beside our strategy", "at the heart of our strategy")
    note = fields.text(enhancements.LONGEST_NOTE, required=False)

    class Media:
        css = {"all": ["feedback/plan.css"]}


class NewEnhancementForm(EnhancementForm):
    tickets = Tickets(
        required=False,
        help_text="References of feature requests, such as FB-12. More can be put in later.",
    )
    field_order = ("name", "tickets")


class GatherForm(forms.Form):
    tickets = Tickets(
        help_text="References of feature requests, such as FB-12, or links to them. One that asks for "
        "another enhancement leaves that one."
    )


class TakeOutForm(forms.Form):
    tickets = Tickets(help_text="References of tickets that ask for something else.")


def weight(label: str, help_text: str = "") -> forms.IntegerField:
    """How much a criterion counts beside the others."""
    widget = UnfoldAdminIntegerFieldWidget({"min": 0, "max": weights.MOST, "inputmode": "numeric"})
    return forms.IntegerField(
        min_value=0, max_value=weights.MOST, widget=widget, label=label, help_text=help_text
    )


class WeightsForm(forms.Form):
    """Begins with the weights as they are."""

    impact = weight("User impact", "Who asks for it: counted, never judged.")
    value = weight("Business value")
    feasibility = weight("Technical feasibility")
    fit = weight("Strategic fit")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**weights.as_dict(weights.current()), **self.initial}
