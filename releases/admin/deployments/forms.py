"""The forms of what people do on the way. The rules live in the verbs; these only read."""

from typing import Any

from django import forms
from django.utils import formats, timezone
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from feedback.tickets import attaching
from operations.models import Window

OUTCOMES = (
    ("succeeded", "It succeeded: the next step begins"),
    ("failed", "It failed"),
    ("noted", "It goes on: keep this as evidence"),
)


class Lines(forms.CharField):
    """Lines of text, with the line ends of a text file."""

    def __init__(self, most: int, *, rows: int = 4, **options: Any) -> None:
        widget = UnfoldAdminTextareaWidget({"rows": rows, "dir": "auto"})
        super().__init__(max_length=most, widget=widget, **options)

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return found.replace("\r\n", "\n") if isinstance(found, str) else found


class Percentage(forms.IntegerField):
    """A whole percentage from 1 to 100."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminIntegerFieldWidget({"min": 1, "max": 100, "inputmode": "numeric"})
        super().__init__(min_value=1, max_value=100, widget=widget, **options)


class ReasonForm(forms.Form):
    reason = Lines(2_000, rows=3, help_text="It stays in the trail.")


class StepForm(forms.Form):
    """Which step it is about, and at which attempt it was seen."""

    step = forms.CharField(max_length=60, widget=forms.HiddenInput)
    attempt = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ReportForm(StepForm):
    body = "admin/releases/deployment_report_form.html"

    outcome = forms.ChoiceField(choices=OUTCOMES, widget=UnfoldAdminRadioSelectWidget(), label="Result")
    note = Lines(5_000, rows=4, required=False, help_text="What was done, and how it can be seen.")
    url = forms.CharField(
        required=False,
        max_length=1_000,
        widget=UnfoldAdminTextInputWidget({"inputmode": "url"}),
        label="Link",
        help_text="Where the evidence is: a build, a report, a dashboard.",
    )
    file = forms.FileField(
        required=False,
        widget=forms.FileInput({"class": " ".join(INPUT_CLASSES), "accept": attaching.ACCEPT}),
        help_text="A picture, a PDF, a text, a log or CSV. It is never opened here, only saved.",
    )


class StepReasonForm(StepForm):
    reason = Lines(2_000, rows=3, help_text="It stays with the step as evidence.")


class ProceedForm(forms.Form):
    percentage = Percentage(
        label="As far as, %", help_text="One of its rungs: there it stops again. 100 is everybody."
    )


class NotesForm(forms.Form):
    notes = Lines(20_000, rows=8, required=False, help_text="What somebody should know later.")


class WindowForm(forms.Form):
    window = forms.ModelChoiceField(
        Window.objects.none(), widget=UnfoldAdminSelectWidget(), label="Maintenance window"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ahead = Window.objects.filter(kind=Window.Kind.MAINTENANCE, cancelled_at=None)
        field = self.fields["window"]
        field.queryset = (ahead.ahead() | ahead.in_force()).order_by("starts_at")  # type: ignore[attr-defined]
        field.label_from_instance = _window  # type: ignore[attr-defined]
        field.help_text = "Plan one on the page of windows first. It is announced 30 minutes before."


def _window(window: Window) -> str:
    moments = (window.starts_at, window.ends_at)
    times = [formats.date_format(timezone.localtime(each), "DATETIME_FORMAT") for each in moments if each]
    return f"{window.title}: {' to '.join(times)}"
