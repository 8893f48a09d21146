"""Filters of lists by module: whole ones to choose from, and plans of releases apart from the others."""

from typing import Any

from django.contrib.admin import RelatedFieldListFilter, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from rollout.models import Plan

NO, YES = "no", "yes"


class WholeModules(RelatedFieldListFilter):
    """The modules that are no part of another: releases pile up, and are found by their names."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        ordering = self.field_admin_ordering(field, request, model_admin)
        found: list[tuple[str, Any]] = field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to={"part_of": None}
        )
        return found


class ReleaseFilter(SimpleListFilter):
    """Plans of whole modules, or those of their releases."""

    title = "what it rolls out"
    parameter_name = "release"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(NO, "A whole module"), (YES, "A release")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Plan]) -> QuerySet[Plan]:
        match self.value():
            case "no":
                return queryset.filter(module__part_of=None)
            case "yes":
                return queryset.exclude(module__part_of=None)
        return queryset
