"""Holidays in the admin: added one by one, or a country's public holidays of a year at once."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from feedback.admin.service.wording import FROM_NOW_ON
from feedback.models import Holiday
from feedback.service import holidays
from operations.actor import Actor
from operations.doors import admin as door
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin
from rollout.models import Workspace

EVERYWHERE = "Everywhere"


def _regions() -> Sequence[tuple[str, str]]:
    """The regions that workspaces have: one that is spelled otherwise would close nothing."""
    found = Workspace.objects.exclude(region="").order_by("region").values_list("region", flat=True)
    return [("", EVERYWHERE), *((region, region) for region in found.distinct())]


def _region() -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=_regions,
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="Of the workspaces whose clocks stand still on that day.",
    )


def _line(most: int, **options: Any) -> forms.CharField:
    return forms.CharField(max_length=most, widget=UnfoldAdminTextInputWidget(), **options)


class HolidayForm(forms.Form):
    day = forms.DateField(
        widget=forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")
    )
    name = _line(holidays.LONGEST)
    region = _region()


class PublicForm(forms.Form):
    country = _line(2, help_text="Its ISO code, such as GB.")
    subdivision = _line(10, required=False, help_text="Such as ENG. Empty: what the whole country has.")
    year = forms.IntegerField(
        min_value=holidays.FIRST_YEAR,
        max_value=holidays.LAST_YEAR,
        initial=lambda: timezone.localdate().year,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    region = _region()


def _add(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    holiday = holidays.add(actor=actor, **inputs)
    return f"{holiday} is a holiday."


def _add_public(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    added = holidays.add_public(actor=actor, **inputs)
    if not added:
        return "All of them are holidays already."
    return f"{len(added)} holidays are added: {', '.join(holiday.name for holiday in added)}."


def _remove(holiday: Holiday, inputs: Inputs, actor: Actor, version: int | None) -> str:
    said = f"{holiday} is no holiday any more."
    holidays.remove(holiday, actor=actor)
    return said


class YearFilter(SimpleListFilter):
    title = "year"
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(day.year), str(day.year)) for day in Holiday.objects.dates("day", "year")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(day__year=int(value)) if value.isdecimal() else queryset


class HolidayAdmin(VerbAdmin):
    operations = (
        Operation(
            name="add",
            title="Add holiday",
            permission=holidays.ADD,
            perform=_add,
            form=HolidayForm,
            creates=True,
            icon="event_busy",
            note=FROM_NOW_ON,
        ),
        Operation(
            name="add-public",
            title="Add public holidays",
            permission=holidays.ADD,
            perform=_add_public,
            form=PublicForm,
            creates=True,
            icon="calendar_month",
            note=f"Those that a country has in a year, once each. {FROM_NOW_ON}",
        ),
        Operation(
            name="remove",
            title="Remove holiday",
            permission="feedback.delete_holiday",
            perform=_remove,
            icon="delete",
            style="danger",
            note=FROM_NOW_ON,
            on_list=True,
        ),
    )
    list_display = ("day", "name", "where")
    list_filter = (YearFilter, "region")
    search_fields = ("name",)
    list_before_template = "admin/feedback/service/holidays_head.html"
    fields = ("day", "name", "where")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        url = door.operation_url(self, "add-public", []) if self.has_add_permission(request) else ""
        head = {**(extra_context or {}), "public_url": url, "from_now_on": FROM_NOW_ON}
        response: HttpResponse = super().changelist_view(request, head)
        return response

    @display(description="Region", ordering="region")
    def where(self, holiday: Holiday) -> str:
        return holiday.region or EVERYWHERE
