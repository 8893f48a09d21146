"""Filters of the list of flags."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest


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
