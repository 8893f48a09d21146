"""What people do with KPIs: enter a value, set a target or a baseline, add and retire own ones."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.errors import NotFound
from reports.kpis import board, entering, setting, wording
from reports.kpis.checking import ADD, CHANGE, ENTER, LONGEST_NOTE, entry_of
from reports.kpis.setting import LONGEST_TITLE, LONGEST_UNIT
from reports.models import Kpi
from rollout.models import Module

HIDDEN = forms.HiddenInput
ENTER_NOTE = (
    "One value counts for each day: what the day has already is replaced, and the audit trail keeps both. "
    "What is measured counts before it, but for a value that only shows a limit."
)


class Number(forms.FloatField):
    """A number of any fineness."""

    def __init__(self, **options: Any) -> None:
        widget = forms.NumberInput({"step": "any", "class": " ".join(INPUT_CLASSES)})
        super().__init__(widget=widget, **options)


class Day(forms.DateField):
    """A day by the browser's own control."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **options)


class KpiForm(forms.Form):
    """Names the KPI; `version` is that of what the page showed."""

    module = forms.CharField(widget=HIDDEN)
    key = forms.CharField(widget=HIDDEN)
    version = forms.IntegerField(widget=HIDDEN, required=False)


class EnterForm(KpiForm):
    value = Number()
    day = Day(initial=timezone.localdate, help_text="The day that the value is of; not in the future.")
    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Where it comes from: a survey, a load test, a bill. No patient data.",
    )


class TargetForm(KpiForm):
    target = Number(
        required=False,
        help_text="Empty: the guide's own target. In percent where the change since the baseline is judged.",
    )


class BaselineForm(KpiForm):
    baseline = Number(required=False, help_text="Empty: what was measured before the rollout, if it was.")
    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextInputWidget(),
        help_text="When and how it was taken.",
    )


class AddForm(forms.Form):
    module = forms.CharField(widget=HIDDEN)
    title = forms.CharField(max_length=LONGEST_TITLE, widget=UnfoldAdminTextInputWidget())
    unit = forms.CharField(
        max_length=LONGEST_UNIT,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Such as %, ms, a month; empty for a plain number.",
    )
    judged = forms.ChoiceField(
        choices=Kpi.Judged.choices, widget=UnfoldAdminSelectWidget(), label="What is judged"
    )
    rule = forms.ChoiceField(
        choices=Kpi.Rule.choices, widget=UnfoldAdminSelectWidget(), label="Met when it is"
    )
    target = Number(required=False, help_text="Empty: the KPI is tracked, and neither met nor missed.")
    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextInputWidget(),
        help_text="What it is and where its values come from.",
    )


def module_of(inputs: Inputs) -> Module:
    """The module that a form names. Raises NotFound."""
    module = Module.objects.whole().filter(key=inputs["module"]).first()
    if module is None:
        raise NotFound("There is no such module.")
    return module


def _preview(target: None, inputs: Inputs, actor: Actor) -> Preview:
    """The KPI as it is set, without measuring it."""
    module = module_of(inputs)
    entry = entry_of(module, inputs["key"])
    row = board.rows_of(module).get(entry.key)
    asked = row.target if row and row.target is not None else entry.target
    day: date | None = getattr(row, "entered_day", None)
    return Preview(
        "admin/reports/kpi_preview.html",
        {
            "module": module,
            "entry": entry,
            "target": wording.target(entry, asked),
            "baseline": wording.amount(row.baseline if row else None, entry.unit),
            "entered": wording.amount(getattr(row, "entered_value", None), entry.unit) if day else "",
            "day": day,
        },
    )


def _enter(target: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    module = module_of(inputs)
    day, note = inputs["day"], inputs["note"]
    reading = entering.enter(module, inputs["key"], inputs["value"], day=day, note=note, actor=actor)
    entry = entry_of(module, inputs["key"])
    return f"{entry.title}: {wording.amount(reading.value, entry.unit)} is entered for {reading.day}."


def _set_target(target: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    module, key = module_of(inputs), inputs["key"]
    row = setting.set_target(module, key, inputs["target"], actor=actor, version=inputs["version"])
    entry = entry_of(module, key)
    if row.target is None:
        return f"{entry.title}: the target is the guide's again: {wording.target(entry, entry.target)}."
    return f"{entry.title}: the target is {wording.target(entry, row.target)}."


def _set_baseline(target: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    module, key, note = module_of(inputs), inputs["key"], inputs["note"]
    row = setting.set_baseline(
        module, key, inputs["baseline"], note=note, actor=actor, version=inputs["version"]
    )
    entry = entry_of(module, key)
    if row.baseline is None:
        return f"{entry.title}: the baseline is what was measured before the rollout, if it was."
    return f"{entry.title}: the baseline is {wording.amount(row.baseline, entry.unit)}."


def _add(target: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    values = {name: inputs[name] for name in ("unit", "rule", "target", "judged", "note")}
    row = setting.add(module_of(inputs), inputs["title"], actor=actor, **values)
    return f"{row.title} is one of {row.module}'s KPIs now: enter its first value."


def _retire(target: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    row = setting.retire(module_of(inputs), inputs["key"], actor=actor, version=inputs["version"])
    return f"{row.title} is retired; its values are kept."


OPERATIONS = (
    Operation(
        name="add",
        title="Add a KPI",
        permission=ADD,
        perform=_add,
        form=AddForm,
        icon="add",
        style="primary",
        creates=True,
        note="A KPI of this module's own, beside the guides'. People enter its values.",
    ),
    Operation(
        name="enter",
        title="Enter a value",
        permission=ENTER,
        perform=_enter,
        preview=_preview,
        form=EnterForm,
        icon="edit_note",
        style="primary",
        creates=True,
        note=ENTER_NOTE,
    ),
    Operation(
        name="target",
        title="Set the target",
        permission=CHANGE,
        perform=_set_target,
        preview=_preview,
        form=TargetForm,
        icon="flag",
        creates=True,
    ),
    Operation(
        name="baseline",
        title="Set the baseline",
        permission=CHANGE,
        perform=_set_baseline,
        preview=_preview,
        form=BaselineForm,
        icon="straighten",
        creates=True,
        note="What the KPI was before the rollout: the change is told in percent of it.",
    ),
    Operation(
        name="retire",
        title="Retire",
        permission=ADD,
        perform=_retire,
        preview=_preview,
        form=KpiForm,
        icon="delete",
        style="danger",
        creates=True,
        note="It is shown no more, and its values are kept.",
    ),
)
