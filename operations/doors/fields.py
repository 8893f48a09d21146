"""Form fields that need no script."""

from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextareaWidget


class Moment(forms.DateTimeField):
    """A date and time by the browser's own control, in the time zone of the site."""

    def __init__(self, **options: Any) -> None:
        classes = " ".join(INPUT_CLASSES)
        widget = forms.DateTimeInput({"type": "datetime-local", "class": classes}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **options)


class Words(forms.CharField):
    """Words separated by blanks, commas or new lines, as a list without repeats."""

    def __init__(self, *, rows: int = 3, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget({"rows": rows}), **options)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return list(dict.fromkeys(text.replace(",", " ").split()))
