"""Filters of the inbox, by words that a link can carry."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from feedback.admin.tickets.people import triagers
from feedback.lifecycle import State
from feedback.models import Tag
from feedback.models.tickets import TicketQuerySet
from operations.doors.inbox import ALL, OPEN, InboxState
from rollout.models import Flag, Phase, Workspace

NOBODY, ME = "nobody", "me"
MOST_TAGS = 50
STATES = (
    (OPEN, "Open"),
    ("unanswered", "Unanswered"),
    ("waiting", "Waiting for the reporter"),
    ("mine", "Mine"),
    ("unassigned", "Unassigned"),
    ("overdue", "Overdue"),
    ("today", "Due today"),
    ("resolved", "Resolved"),
    ("closed", "Closed"),
    ("declined", "Declined"),
    ("duplicates", "Duplicates"),
    ("quarantine", "Quarantine"),
    (ALL, "All"),
)
# Those that the inbox offers in a row above the list.
VIEWS = tuple(each for each in STATES if each[0] not in ("resolved", "closed", "declined", "duplicates"))
# What is over: the latest first.
PAST = ("resolved", "closed", "declined", "duplicates")


def state_of(request: HttpRequest) -> str:
    """Which state the inbox shows: the open ones, or all where somebody searches and names none."""
    return StateFilter.asked_in(request)


def in_state(tickets: TicketQuerySet, state: str, request: HttpRequest) -> Any:
    """The tickets of a state that STATES names."""
    return _IN_STATE[state](tickets, request)


_IN_STATE: Mapping[str, Callable[[TicketQuerySet, HttpRequest], TicketQuerySet]] = {
    OPEN: lambda tickets, request: tickets.open(),
    "unanswered": lambda tickets, request: tickets.open().filter(responded_at=None),
    "waiting": lambda tickets, request: tickets.open().filter(waiting_since__isnull=False),
    "mine": lambda tickets, request: tickets.open().filter(owner=request.user.pk),
    "unassigned": lambda tickets, request: tickets.open().filter(owner=None),
    "overdue": lambda tickets, request: tickets.overdue(),
    "today": lambda tickets, request: tickets.open().filter(
        due_at__gt=timezone.now(), due_at__lt=_midnight()
    ),
    "resolved": lambda tickets, request: tickets.heard().filter(state__in=[State.RESOLVED, State.VERIFIED]),
    "closed": lambda tickets, request: tickets.heard().filter(state=State.CLOSED),
    "declined": lambda tickets, request: tickets.heard().filter(state=State.DECLINED),
    "duplicates": lambda tickets, request: tickets.filter(state=State.DUPLICATE),
    "quarantine": lambda tickets, request: tickets.filter(quarantined_at__isnull=False),
    ALL: lambda tickets, request: tickets.heard(),
}


def _midnight() -> datetime:
    """When today is over in the portal's time zone."""
    tomorrow = timezone.localdate() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, timezone.get_current_timezone())


class StateFilter(InboxState):
    """The open ones unless told otherwise."""

    states = STATES

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return in_state(queryset, self.asked, request)


class OwnerFilter(SimpleListFilter):
    """By user name, "me", or "nobody"."""

    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        names = triagers().values_list("username", flat=True)
        return [(ME, "Me"), (NOBODY, "Nobody"), *((name, name) for name in names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None | "":
                return queryset
            case "me":
                return queryset.filter(owner=request.user.pk)
            case "nobody":
                return queryset.filter(owner=None)
        return queryset.filter(owner__username=_text(self.value()))


class TagFilter(SimpleListFilter):
    """By a tag's name; the first ones are offered, a link may carry any."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(name, name) for name in Tag.objects.values_list("name", flat=True)[:MOST_TAGS]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(tags__name=_text(self.value())) if self.value() else queryset


class Linked(SimpleListFilter):
    """A filter with too many values to offer: it is there while the address names one."""

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        value = _text(self.value())
        return [(value, self.named(value))] if value else []

    def named(self, value: str) -> str:
        """A value as the filter shows it."""
        return value

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = _text(self.value())
        return self.narrowed(queryset, value) if value else queryset

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The tickets of a value."""
        raise NotImplementedError


class WorkspaceFilter(Linked):
    title = "workspace"
    parameter_name = "workspace"

    def named(self, value: str) -> str:
        return str(Workspace.objects.filter(pk=value).first() or value)

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(workspace=value)


class AreaFilter(Linked):
    title = "feature area"
    parameter_name = "area"

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(feature_area=value)


class FlagFilter(Linked):
    title = "flag"
    parameter_name = "flag"

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(flag__in=Flag.objects.filter(key=value))


class PhaseFilter(Linked):
    title = "phase"
    parameter_name = "phase"

    def named(self, value: str) -> str:
        found = Phase.objects.select_related("plan").filter(pk=_number(value)).first()
        return f"{found.plan}, phase {found.number}" if found else value

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(phase=_number(value))


class ReporterFilter(Linked):
    title = "reporter"
    parameter_name = "reporter"

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(reporter_email=value)


def _text(value: str | None) -> str:
    """What an address carries, as far as a database takes it: PostgreSQL takes no NUL."""
    return value if value and value.isprintable() else ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
