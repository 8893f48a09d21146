"""Form fields that need no script."""

from collections.abc import Callable
from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from operations.errors import NotFound


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


class Reference(forms.CharField):
    """A thing by its reference, as `find` reads it; None for none."""

    def __init__(self, find: Callable[[str], Any], example: str, **options: Any) -> None:
        self._find = find
        widget = UnfoldAdminTextInputWidget({"placeholder": example, "autocomplete": "off"})
        super().__init__(max_length=1_000, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self._find(text)
        except NotFound as fault:
            raise forms.ValidationError(fault.message) from fault
