"""Filters of the list of alerts, by words that a link can carry."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Q
from django.http import HttpRequest

from monitoring.admin.filters import StateFilter
from monitoring.alerts import finding
from monitoring.models import Alert

OWED = Q(level=Alert.Level.CRITICAL, postmortem_at=None, due_at__isnull=False) & ~Q(resolved_at=None)


class AlertState(StateFilter):
    """The open ones unless told otherwise."""

    past = ("resolved", "all")
    states = (
        ("open", "Open"),
        ("unacknowledged", "Unacknowledged"),
        ("acknowledged", "Acknowledged"),
        ("silenced", "Silenced"),
        ("pending", "Pending"),
        ("resolved", "Resolved"),
        ("owed", "Post-mortem owed"),
        ("all", "All"),
    )

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        asked = self.value()
        match asked:
            case "unacknowledged":
                # The silenced ones have a place of their own here.
                return queryset.unanswered().exclude(clock_at=None)
            case "owed":
                return queryset.filter(OWED)
        return finding.of_status(queryset, asked if asked in finding.STATUSES else "open")


class EscalationFilter(SimpleListFilter):
    title = "escalation"
    parameter_name = "escalation"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [("0", "None"), ("1", "Level 1"), ("2", "Level 2"), ("3", "Level 3")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        text = self.value() or ""
        return queryset.filter(escalation=int(text)) if text in ("0", "1", "2", "3") else queryset
