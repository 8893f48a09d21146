"""What people do with the return on investment: the cost, a month's figures, and taking a month away."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Model
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextInputWidget

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from reports.admin.kpis.operations import HIDDEN, module_of
from reports.models import RoiMonth
from reports.models.roi import FIGURES
from reports.roi import entering, wording
from reports.roi.entering import COST, LONGEST_NOTE, MONTH


class Amount(forms.DecimalField):
    """An amount with two digits after the point at most; empty is nothing."""

    def __init__(self, **options: Any) -> None:
        widget = forms.NumberInput({"step": "0.01", "min": "0", "class": " ".join(INPUT_CLASSES)})
        super().__init__(widget=widget, min_value=0, **options)


class Note(forms.CharField):
    def __init__(self, help_text: str) -> None:
        widget = UnfoldAdminTextInputWidget()
        super().__init__(required=False, max_length=LONGEST_NOTE, widget=widget, help_text=help_text)


class CostForm(forms.Form):
    module = forms.CharField(widget=HIDDEN)
    version = forms.IntegerField(widget=HIDDEN, required=False)
    cost = Amount(label="Implementation cost")
    currency = forms.CharField(
        max_length=3,
        widget=UnfoldAdminTextInputWidget({"autocapitalize": "characters"}),
        help_text="Three capital letters, such as EUR: of all amounts of this module.",
    )
    note = Note("What is in it: licences, training, people's time.")


class MonthForm(forms.Form):
    module = forms.CharField(widget=HIDDEN)
    version = forms.IntegerField(widget=HIDDEN, required=False)
    month = forms.CharField(
        widget=forms.TextInput({"type": "month", "placeholder": "2026-03", "class": " ".join(INPUT_CLASSES)}),
        help_text="As 2026-03.",
    )
    hours_saved = Amount(required=False, help_text="By all users together, in the month.")
    hourly_rate = Amount(required=False, help_text="What an hour of theirs costs.")
    cost_reduction = Amount(required=False, label="Operational cost reduction")
    mtm_billing = Amount(
        required=False, label="MTM billing", help_text="More billed for medication therapy management."
    )
    retention = Amount(required=False, label="Patient retention", help_text="Revenue of patients who stayed.")
    new_services = Amount(required=False, label="New services")
    note = Note("Where the figures come from. No patient data.")


class RemoveForm(forms.Form):
    module = forms.CharField(widget=HIDDEN, required=False)


def _set_cost(target: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    module = module_of(inputs)
    row = entering.set_cost(
        module,
        inputs["cost"],
        inputs["currency"].strip().upper(),
        note=inputs["note"],
        actor=actor,
        version=inputs["version"],
    )
    return f"{module} cost {wording.money(row.cost, row.currency)} to implement."


def _enter(target: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    figures = {name: inputs[name] or Decimal(0) for name in FIGURES}
    row = entering.enter_month(
        module_of(inputs),
        inputs["month"].strip(),
        note=inputs["note"],
        actor=actor,
        version=inputs["version"],
        **figures,
    )
    return f"{row.name} is entered."


def _remove(target: Model, inputs: Inputs, actor: Actor, version: int | None) -> str:
    if not isinstance(target, RoiMonth):
        raise TypeError("not a month")
    entering.remove_month(target, actor=actor, version=version)
    return f"{target.name} is removed; the audit trail keeps its figures."


OPERATIONS = (
    Operation(
        name="enter",
        title="Enter a month",
        permission=MONTH,
        perform=_enter,
        form=MonthForm,
        icon="edit_calendar",
        style="primary",
        creates=True,
        note="What the module saved and brought in one month. A month that has figures already gets these "
        "instead; the audit trail keeps both.",
    ),
    Operation(
        name="cost",
        title="Set the cost",
        permission=COST,
        perform=_set_cost,
        form=CostForm,
        icon="payments",
        creates=True,
        note="What it cost once to bring the module to its users. Another currency converts nothing.",
    ),
    Operation(
        name="remove",
        title="Remove",
        permission=MONTH,
        perform=_remove,
        form=RemoveForm,
        icon="delete",
        style="danger",
        note="For a month that was entered by mistake.",
    ),
)
