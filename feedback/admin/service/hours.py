"""Opening hours in the admin: one form for the whole week."""

import re
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from feedback.admin.service.wording import FROM_NOW_ON
from feedback.models import OpeningHours
from feedback.models.service import clock
from feedback.service import hours
from operations.actor import Actor
from operations.doors import admin as door
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin

CHANGE = "feedback.change_openinghours"
DAYS = {weekday.value: weekday.label.lower() for weekday in OpeningHours.Weekday}
# "9-17", "09:00 to 17:30", with any dash.
_SPAN = re.compile(
    r"(\d{1,2})(?:[:.](\d\d))?\s*(?:-|\u2013|\u2014|to)\s*(\d{1,2})(?:[:.](\d\d))?", re.IGNORECASE
)


class Span(forms.CharField):
    """From when to when, such as 09:00 to 17:00, as minutes after midnight; None for a closed day."""

    def __init__(self) -> None:
        widget = UnfoldAdminTextInputWidget({"placeholder": "Closed", "autocomplete": "off"})
        super().__init__(required=False, max_length=40, widget=widget)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        found = _SPAN.fullmatch(text)
        parts = [int(part or 0) for part in found.groups()] if found else []
        if not parts or max(parts[1], parts[3]) > 59:
            raise forms.ValidationError("Write it as 09:00 to 17:00.")
        return parts[0] * 60 + parts[1], parts[2] * 60 + parts[3]


class HoursForm(forms.Form):
    """The week, filled in as it is."""

    monday = Span()
    tuesday = Span()
    wednesday = Span()
    thursday = Span()
    friday = Span()
    saturday = Span()
    sunday = Span()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in OpeningHours.objects.all():
            self.initial.setdefault(DAYS[row.weekday], f"{clock(row.opens)} to {clock(row.closes)}")


def _set(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    hours.set_hours(actor=actor, hours={weekday: inputs[name] for weekday, name in DAYS.items()})
    return "The opening hours are set. They hold for what comes in from now on."


class HoursAdmin(VerbAdmin):
    operations = (
        Operation(
            name="set",
            title="Set the opening hours",
            permission=CHANGE,
            perform=_set,
            form=HoursForm,
            creates=True,
            icon="schedule",
            note="For each day from when to when, as 09:00 to 17:00, in the workspace's own time zone; up to "
            f"24:00, and empty for a closed day. {FROM_NOW_ON}",
        ),
    )
    list_display = ("day", "opens_at", "closes_at")
    list_display_links = None
    list_before_template = "admin/feedback/service/hours_head.html"
    fields = ("day", "opens_at", "closes_at")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        open_days = set(OpeningHours.objects.values_list("weekday", flat=True))
        head = {
            "closed": [day.label for day in OpeningHours.Weekday if day not in open_days],
            "from_now_on": FROM_NOW_ON,
            "set_url": door.operation_url(self, "set", []) if self.has_add_permission(request) else "",
        }
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **head})
        return response

    @display(description="Day", ordering="weekday")
    def day(self, row: OpeningHours) -> str:
        return row.get_weekday_display()

    @display(description="Opens")
    def opens_at(self, row: OpeningHours) -> str:
        return clock(row.opens)

    @display(description="Closes")
    def closes_at(self, row: OpeningHours) -> str:
        return clock(row.closes)
