"""Filters of the list of workspaces, with counts by one query each."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from rollout import cohorts, facts
from rollout.models import Module
from rollout.populations import Population

MOST_VALUES = 50
NONE = "(none)"


class CountedFilter(SimpleListFilter):
    """The values of one column, each with how many of the list have it, the other filters counted in."""

    column: str

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: "ModelAdmin[Any]") -> None:
        self.request = request
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        # The values are counted when they are shown, with the other filters.
        return []

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(**{self.column: "" if value == NONE else value})

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        others = changelist.get_queryset(self.request, exclude_parameters=self.expected_parameters())
        counted = others.order_by().values_list(self.column).annotate(Count("pk")).order_by(self.column)
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[str(self.parameter_name)]),
            "display": "All",
        }
        for value, count in counted[:MOST_VALUES]:
            yield {
                "selected": self.value() == (value or NONE),
                "query_string": changelist.get_query_string({str(self.parameter_name): value or NONE}),
                "display": f"{value or NONE} ({count:,})",
            }


class TierFilter(CountedFilter):
    title = "subscription tier"
    parameter_name = column = "tier"


class StatusFilter(CountedFilter):
    title = "subscription status"
    parameter_name = column = "status"


class RegionFilter(CountedFilter):
    title = "region"
    parameter_name = column = "region"


class RolloutFilter(SimpleListFilter):
    """Who is eligible for a module, who has it, and who does not yet."""

    title = "rollout"
    parameter_name = "rollout"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [
            (f"{side}:{key}", text.format(module.name))
            for key, module in _modules(request).items()
            for side, text in (
                ("in", "In the cohort of {}"),
                ("control", "Eligible for {}, not in yet"),
                ("not", "Not eligible for {}"),
            )
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        side, _, key = (self.value() or "").partition(":")
        module = _modules(request).get(key)
        if module is None:
            return queryset
        eligible, inside = _sets(request, module)
        match side:
            case "in":
                return queryset.filter(pk__in=inside)
            case "control":
                return queryset.filter(pk__in=eligible).exclude(pk__in=inside)
            case "not":
                return queryset.exclude(pk__in=eligible)
        return queryset


Sets = tuple[QuerySet[Any], QuerySet[Any]]


def _modules(request: HttpRequest) -> dict[str, Module]:
    """The modules whose units are workspaces, by key; read once a request."""
    found: dict[str, Module] | None = getattr(request, "modules_read", None)
    if found is None:
        modules = Module.objects.whole().filter(unit=Module.Unit.WORKSPACE)[:MOST_VALUES]
        found = {module.key: module for module in modules}
        request.modules_read = found  # type: ignore[attr-defined]
    return found


def _sets(request: HttpRequest, module: Module) -> Sets:
    """Who is eligible for a module, and who has it; its state is read once a request."""
    found: dict[int, Sets] = request.__dict__.setdefault("sets_read", {})
    if module.pk not in found:
        state = facts.state_of(module)
        eligible = Population(state).eligible().order_by().values("pk")
        found[module.pk] = (eligible, cohorts.members(state).order_by().values("pk"))
    return found[module.pk]
