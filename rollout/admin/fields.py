"""Form fields that several forms of the rollout have."""

from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES, UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget


def percentage(**options: Any) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget({"min": 0, "max": 100, "inputmode": "numeric"})
    return forms.IntegerField(min_value=0, max_value=100, widget=widget, **options)


def reason(**options: Any) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget({"rows": 2})
    options = {"required": False, "max_length": 2000, "help_text": "Stays in the audit trail.", **options}
    return forms.CharField(widget=widget, **options)


class Day(forms.DateField):
    """A date by the browser's own control."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **options)
