"""Filters of the lists of monitoring, by words that a link can carry."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from monitoring.models import HealthCheck
from rollout.models import Phase, Plan


class PlanFilter(SimpleListFilter):
    """Live plans by name; an archived one by its key in the address."""

    title = "plan"
    parameter_name = "plan"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Plan.objects.live().values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        text = self.value() or ""
        return queryset.filter(plan=int(text)) if text.isdigit() and len(text) < 10 else queryset


class PhaseFilter(SimpleListFilter):
    title = "phase"
    parameter_name = "phase"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        found = Phase.objects.order_by("number").values_list("number", flat=True).distinct()
        return [(str(number), f"Phase {number}") for number in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        text = self.value() or ""
        return queryset.filter(phase_number=int(text)) if text.isdigit() and len(text) < 4 else queryset


class ActionFilter(SimpleListFilter):
    """What the portal did, "any" for whatever it was."""

    title = "what the portal did"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [("any", "Anything"), *HealthCheck.Action.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "any":
            return queryset.exclude(action="")
        return queryset.filter(action=self.value()) if self.value() else queryset


class StateFilter(SimpleListFilter):
    """Reviews: the open ones unless told otherwise."""

    title = "state"
    parameter_name = "state"
    past: tuple[str, ...] = ("done", "lapsed", "all")
    states: tuple[tuple[str, str], ...] = (
        ("open", "Open"),
        ("due", "Due now"),
        ("done", "Done"),
        ("lapsed", "Lapsed"),
        ("all", "All"),
    )

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return list(self.states)

    def choices(self, changelist: ChangeList) -> Any:
        for state, title in self.states:
            yield {
                "selected": (self.value() or "open") == state,
                "query_string": changelist.get_query_string({self.parameter_name: state}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "all":
                return queryset
            case "done":
                return queryset.exclude(done_at=None)
            case "lapsed":
                return queryset.exclude(lapsed_at=None)
            case "due":
                return queryset.due()
        return queryset.open()
