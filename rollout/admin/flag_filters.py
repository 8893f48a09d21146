"""Filters of the list of flags."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from rollout import cleanup


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [("live", "Live"), ("killed", "Killed"), ("held", "Held back"), ("archived", "Archived")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "live":
                return queryset.filter(archived_at=None, killed=False)
            case "killed":
                return queryset.filter(archived_at=None, killed=True)
            case "held":
                return queryset.filter(archived_at=None).exclude(max_percentage=None)
            case "archived":
                return queryset.exclude(archived_at=None)
        return queryset


class CleanUpFilter(SimpleListFilter):
    """Live flags that the code may no longer need."""

    title = "clean-up"
    parameter_name = "clean_up"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        days = cleanup.AFTER.days
        return [
            ("any", "Any reason to go"),
            ("on", f"On for everybody for {days} days"),
            ("unasked", f"Not asked for {days} days"),
            ("expired", "Past its expiry"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        conditions = {
            "any": cleanup.due,
            "on": cleanup.fully_on,
            "unasked": cleanup.unasked,
            "expired": cleanup.expired,
        }
        condition = conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition(now), archived_at=None)
