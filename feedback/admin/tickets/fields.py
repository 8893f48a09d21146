"""The fields that the forms of tickets share."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from feedback.models import Ticket
from feedback.tickets import finding
from operations.doors.fields import Reference

UNCHANGED = "Unchanged"


class Text(forms.CharField):
    """Lines of text, with the line ends of a text file: a browser sends those of a telegram."""

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return found.replace("\r\n", "\n") if isinstance(found, str) else found


class Listed(forms.CharField):
    """Names with a comma between them, as a list without repeats."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        names = (" ".join(name.split()) for name in text.replace("\n", ",").split(","))
        return list(dict.fromkeys(name for name in names if name))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value


def reference(**options: Any) -> Reference:
    """A ticket by its reference, its number or a link to it."""
    return Reference(finding.by_reference, "FB-12", **options)


def text(most: int, *, rows: int = 4, **options: Any) -> forms.CharField:
    """A text area whose direction follows what is written."""
    return Text(max_length=most, widget=UnfoldAdminTextareaWidget({"rows": rows, "dir": "auto"}), **options)


def line(most: int, **options: Any) -> forms.CharField:
    """One line of text."""
    return forms.CharField(max_length=most, widget=UnfoldAdminTextInputWidget({"dir": "auto"}), **options)


def listed(most: int, **options: Any) -> forms.CharField:
    """Names with a comma between them."""
    widget = UnfoldAdminTextInputWidget({"autocomplete": "off", "dir": "auto"})
    return Listed(max_length=most, required=False, widget=widget, **options)


def one_of(choices: Any, *, empty: str = "", **options: Any) -> forms.ChoiceField:
    """A choice; with `empty` none may be made, and that is what it is called."""
    offered = [("", empty), *choices] if empty else [*choices]
    return forms.ChoiceField(choices=offered, required=not empty, widget=UnfoldAdminSelectWidget(), **options)


def category(**options: Any) -> forms.ChoiceField:
    return one_of(Ticket.Category.choices, **options)


def severity(**options: Any) -> forms.ChoiceField:
    return one_of(Ticket.Severity.choices, **options)


def thing(rows: Any, empty: str = "None", *, required: bool = False, **options: Any) -> Any:
    """One row of a table, or what `empty` says."""
    return forms.ModelChoiceField(
        rows, required=required, empty_label=empty, widget=UnfoldAdminSelectWidget(), **options
    )
