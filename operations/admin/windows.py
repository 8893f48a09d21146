"""Maintenance windows and freezes: planned and ended."""

from django import forms
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from operations import windows
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.fields import Moment
from operations.doors.model_admin import VerbAdmin
from operations.models import Window


class WindowForm(forms.Form):
    kind = forms.ChoiceField(
        choices=Window.Kind.choices, initial=Window.Kind.FREEZE, widget=UnfoldAdminRadioSelectWidget()
    )
    title = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    starts_at = Moment(required=False, label="Starts", help_text="Empty: now.")
    ends_at = Moment(required=False, label="Ends", help_text="Empty: when somebody ends it.")


def _plan_window(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    starts_at = inputs["starts_at"] or timezone.now()
    window = windows.plan(
        inputs["kind"], inputs["title"], starts_at=starts_at, ends_at=inputs["ends_at"], actor=actor
    )
    return f"{window} is {window.state}."


def _end_window(window: Window, inputs: Inputs, actor: Actor, version: int | None) -> str:
    ended = windows.end(window, actor=actor)
    return f"{ended} is {ended.state}."


class WindowAdmin(VerbAdmin):
    operations = (
        Operation(
            name="plan",
            title="Plan window",
            permission="operations.add_window",
            perform=_plan_window,
            form=WindowForm,
            creates=True,
            icon="event",
            note="While it is in force no phase runs and nothing is raised. Lowering and rolling back go on.",
        ),
        Operation(
            name="end",
            title="End",
            permission="operations.change_window",
            perform=_end_window,
            offered=lambda window: window.state in ("planned", "in force"),
            icon="event_available",
            style="primary",
            note="A window in force is over from now on; one that has not begun is cancelled.",
            on_list=True,
        ),
    )
    list_display = ("title", "kind", "status", "starts_at", "ends_at", "created_by")
    list_filter = ("kind",)
    search_fields = ("title",)
    fields = ("title", "kind", "status", "starts_at", "ends_at", "created_at", "created_by")

    @display(
        description="State",
        label={"In force": "warning", "Planned": "info", "Over": "", "Cancelled": ""},
    )
    def status(self, window: Window) -> str:
        return window.state.capitalize()
