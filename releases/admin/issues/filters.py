"""Filters of the list of issues, by words that a link can carry."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from operations.doors.inbox import ALL, OPEN, InboxState
from releases.admin.issues import wording
from releases.admin.issues.people import workers
from releases.issues import finding
from releases.lifecycle import OPEN_ISSUE
from releases.models import Issue
from releases.models.issues import IssueQuerySet
from rollout.models import Module

NOBODY, ME = "nobody", "me"
STATES = (
    (OPEN, "Open"),
    ("mine", "Mine"),
    ("unassigned", "Of nobody"),
    ("overdue", "Overdue"),
    *Issue.State.choices,
    (ALL, "All"),
)
# Those that the list offers in a row above it.
VIEWS = (*STATES[:4], ("fixed", "Fixed"), ("planned", "Planned"), ("deployed", "Deployed"), (ALL, "All"))


def state_of(request: HttpRequest) -> str:
    """Which state the list shows: the open ones, or all where somebody searches and names none."""
    return StateFilter.asked_in(request)


def is_past(state: str) -> bool:
    """Whether the newest of a state come first."""
    return state not in (OPEN, "mine", "unassigned", "overdue", *OPEN_ISSUE)


_SPECIAL: Mapping[str, Callable[[IssueQuerySet, HttpRequest], IssueQuerySet]] = {
    "mine": lambda issues, request: issues.open().filter(owner=request.user.pk),
    "unassigned": lambda issues, request: issues.open().filter(owner=None),
    "overdue": lambda issues, request: issues.open().filter(due_on__lt=wording.today()),
}


class StateFilter(InboxState):
    """The open ones unless told otherwise."""

    states = STATES

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if special := _SPECIAL.get(self.asked):
            return special(queryset, request)
        # The list has an order of its own.
        return finding.of_status(queryset, self.asked).order_by()


class OwnerFilter(SimpleListFilter):
    """By user name, "me", or "nobody"."""

    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        names = workers().values_list("username", flat=True)
        return [(ME, "Me"), (NOBODY, "Nobody"), *((name, name) for name in names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return owned(queryset, _text(self.value()), request)


class ModuleFilter(SimpleListFilter):
    """By a module's key; releases, which are parts of one, are not offered."""

    title = "module"
    parameter_name = "module"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return list(Module.objects.whole().values_list("key", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(module__key=_text(self.value())) if self.value() else queryset


class ReleaseFilter(SimpleListFilter):
    """By the version of a release that holds or held them: it is there while the address names one."""

    title = "release"
    parameter_name = "release"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        version = _text(self.value())
        return [("none", "In none"), *([(version, version)] if version not in ("", "none") else [])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        version = _text(self.value())
        if version == "none":
            return queryset.filter(release=None)
        return queryset.filter(releases__version=version) if version else queryset


class DueFilter(SimpleListFilter):
    """By the day on which the fix is wanted."""

    title = "wanted by"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Sequence[tuple[str, str]]:
        return (("late", "Is past"), ("week", "Within a week"), ("none", "Nobody said"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = wording.today()
        match self.value():
            case "late":
                return queryset.filter(due_on__lt=today)
            case "week":
                return queryset.filter(due_on__range=(today, today + timedelta(days=7)))
            case "none":
                return queryset.filter(due_on=None)
        return queryset


def owned(issues: QuerySet[Any], owner: str, request: HttpRequest) -> QuerySet[Any]:
    """Those of `issues` that somebody owns, by user name, "me" or "nobody"; all of them for ""."""
    match owner:
        case "":
            return issues
        case "me":
            return issues.filter(owner=request.user.pk)
        case "nobody":
            return issues.filter(owner=None)
    return issues.filter(owner__username=owner)


def _text(value: str | None) -> str:
    """What an address carries, as far as a database takes it: PostgreSQL takes no NUL."""
    return value if value and value.isprintable() else ""
