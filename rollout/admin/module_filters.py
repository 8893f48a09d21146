"""Filters of lists by module: whole ones to choose from, and releases by the module that they are of."""

from typing import Any

from django.contrib.admin import RelatedFieldListFilter, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from rollout.models import Module, Plan

NONE = "none"


class WholeModules(RelatedFieldListFilter):
    """The modules that are no part of another: releases pile up, and are found by their names."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        ordering = self.field_admin_ordering(field, request, model_admin)
        found: list[tuple[str, Any]] = field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to={"part_of": None}
        )
        return found


class ReleaseFilter(SimpleListFilter):
    """Plans of the releases of a module, or those of whole modules only."""

    title = "release of"
    parameter_name = "release"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        shipped = Module.objects.whole().filter(parts__isnull=False).distinct()
        found = list(shipped.order_by("name").values_list("key", "name"))
        return [(NONE, "No release: whole modules"), *found] if found else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Plan]) -> QuerySet[Plan]:
        value = self.value()
        if value is None:
            return queryset
        of = {"module__part_of": None} if value == NONE else {"module__part_of__key": value}
        return queryset.filter(**of)
