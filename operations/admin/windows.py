"""Maintenance windows and freezes: planned, moved, extended and ended."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from operations import windows
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.fields import Moment
from operations.doors.model_admin import VerbAdmin
from operations.models import Window
from operations.spelling import local_time, span


def _zone() -> str:
    return f"In the portal's time zone, {timezone.get_current_timezone_name()}."


class ZonedForm(forms.Form):
    """Says under each time in which zone it is read."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for entry in self.fields.values():
            if isinstance(entry, Moment):
                entry.help_text = f"{entry.help_text} {_zone()}".strip()


class WindowForm(ZonedForm):
    kind = forms.ChoiceField(
        choices=Window.Kind.choices, initial=Window.Kind.FREEZE, widget=UnfoldAdminRadioSelectWidget()
    )
    title = forms.CharField(
        max_length=windows.LONGEST_TITLE,
        widget=UnfoldAdminTextInputWidget(),
        help_text="That of a maintenance is public: users of the product read it.",
    )
    starts_at = Moment(required=False, label="Starts", help_text="Empty: now.")
    ends_at = Moment(required=False, label="Ends", help_text="Empty: when somebody ends it.")


class RescheduleForm(ZonedForm):
    starts_at = Moment(label="Starts")
    ends_at = Moment(required=False, label="Ends", help_text="Empty: when somebody ends it.")


class ExtendForm(ZonedForm):
    until = Moment(label="Ends", help_text="Later than it ends now.")


def _plan(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    starts_at = inputs["starts_at"] or timezone.now()
    window = windows.plan(
        inputs["kind"], inputs["title"], starts_at=starts_at, ends_at=inputs["ends_at"], actor=actor
    )
    return f"{window} is {window.state}."


def _reschedule(window: Window, inputs: Inputs, actor: Actor, version: int | None) -> str:
    moved = windows.reschedule(window, inputs["starts_at"], inputs["ends_at"], actor=actor, version=version)
    return f"{moved} is {moved.state}: {_times(moved)}."


def _extend(window: Window, inputs: Inputs, actor: Actor, version: int | None) -> str:
    extended = windows.extend(window, inputs["until"], actor=actor, version=version)
    return f"{extended} is {extended.state}: {_times(extended)}."


def _end(window: Window, inputs: Inputs, actor: Actor, version: int | None) -> str:
    ended = windows.end(window, actor=actor, version=version)
    return f"{ended} is {ended.state}."


def _times(window: Window) -> str:
    ends = local_time(window.ends_at) if window.ends_at else "open end"
    return f"{local_time(window.starts_at)} to {ends}"


def _minute(at: datetime | None) -> datetime | None:
    return at.replace(second=0, microsecond=0) if at else None


def _later(window: Window) -> Inputs:
    return {"until": _minute(window.ends_at + timedelta(minutes=30))} if window.ends_at else {}


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ahead", "Ahead"), ("now", "In force"), ("done", "Over or cancelled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        chosen = {
            "ahead": Q(cancelled_at=None, starts_at__gt=now),
            "now": Q(Q(ends_at=None) | Q(ends_at__gt=now), cancelled_at=None, starts_at__lte=now),
            "done": Q(cancelled_at__isnull=False) | Q(ends_at__lte=now),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


class WindowAdmin(VerbAdmin):
    operations = (
        Operation(
            name="plan",
            title="Plan window",
            permission="operations.add_window",
            perform=_plan,
            form=WindowForm,
            creates=True,
            icon="event",
            note="While it is in force no phase runs and nothing is raised; lowering and rolling back go on. "
            "Users are told of a maintenance 30 minutes before it begins, and never of a freeze.",
        ),
        Operation(
            name="extend",
            title="Extend",
            permission=windows.CHANGE,
            perform=_extend,
            form=ExtendForm,
            offered=lambda window: not window.has_ended and window.ends_at is not None,
            initial=_later,
            icon="more_time",
            note="Who was told of it hears of the new end.",
        ),
        Operation(
            name="reschedule",
            title="Reschedule",
            permission=windows.CHANGE,
            perform=_reschedule,
            form=RescheduleForm,
            offered=lambda window: window.state in ("planned", "announced"),
            initial=lambda window: {
                "starts_at": _minute(window.starts_at),
                "ends_at": _minute(window.ends_at),
            },
            icon="event_repeat",
            note="Who was told of it hears of the new times.",
        ),
        Operation(
            name="end",
            title="End",
            label=lambda window: "End" if window.state == "in force" else "Cancel",
            permission=windows.CHANGE,
            perform=_end,
            offered=lambda window: not window.has_ended,
            icon="event_available",
            style="primary",
            note="A window in force is over from now on; one that has not begun is cancelled.",
            on_list=True,
        ),
    )
    list_display = ("title", "kind", "status", "starts", "ends", "lasts", "created_by")
    list_filter = ("kind", StateFilter)
    search_fields = ("title",)
    fields = (
        *("title", "kind", "status", "starts", "ends", "lasts"),
        *("announced_at", "created_at", "created_by"),
    )
    date_hierarchy = "starts_at"

    @display(
        description="State",
        label={"In force": "warning", "Announced": "info", "Planned": "info", "Over": "", "Cancelled": ""},
    )
    def status(self, window: Window) -> str:
        return window.state.capitalize()

    @display(description="Starts", ordering="starts_at")
    def starts(self, window: Window) -> str:
        return local_time(window.starts_at)

    @display(description="Ends", ordering="ends_at")
    def ends(self, window: Window) -> str:
        return local_time(window.ends_at) if window.ends_at else "When somebody ends it"

    @display(description="Lasts")
    def lasts(self, window: Window) -> str:
        return span(window.ends_at - window.starts_at) if window.ends_at else "-"
