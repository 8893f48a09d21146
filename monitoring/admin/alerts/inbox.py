"""Alerts in the admin: the inbox, in the order in which responses are owed, and an alert's page."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from monitoring.admin.alerts import page, wording
from monitoring.admin.alerts.filters import AlertState, EscalationFilter
from monitoring.admin.alerts.operations import OPERATIONS
from monitoring.models import Alert
from operations.doors.admin import Operation
from operations.doors.inbox import Inbox, InboxPaginator
from operations.doors.model_admin import VerbAdmin
from rollout.admin.module_filters import WholeModules

DUE_LABELS = {"danger": "danger", "warning": "warning", "": ""}


class AlertInbox(Inbox):
    """The list of alerts."""

    page_only = ("summary", "done", "advice", "labels", "postmortem")


class AlertAdmin(VerbAdmin):
    operations: ClassVar[Sequence[Operation]] = OPERATIONS
    list_display = ("due", "level_chip", "title", "module", "state_chip", "times", "seen", "escalated")
    list_display_links = ("title",)
    list_filter = (AlertState, "level", ("module", WholeModules), "source", EscalationFilter)
    list_select_related = ("module",)
    search_fields = ("title",)
    search_help_text = "Search by title"
    paginator: type[Paginator] = InboxPaginator
    show_full_result_count = False
    ordering = (F("due_at").asc(nulls_last=True), "-urgency", "pk")
    list_per_page = 50
    change_form_outer_before_template = "admin/monitoring/alert.html"
    change_form_outer_after_template = ""

    class Media:
        css = {"all": ["monitoring/health.css", "monitoring/alerts.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AlertInbox

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        found: QuerySet[Alert] = super().get_queryset(request)
        return found.select_related("module")

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is owed first; of the past, the latest first."""
        if request.GET.get(AlertState.parameter_name) in AlertState.past:
            return ("-first_seen", "-pk")
        return self.ordering

    def get_fieldsets(self, request: HttpRequest, obj: Alert | None = None) -> Any:
        return ()

    def page_context(self, request: HttpRequest, obj: Alert) -> dict[str, Any]:
        return page.context(request, obj)

    @display(description="Due", ordering="due_at", label=DUE_LABELS)
    def due(self, alert: Alert) -> Any:
        found = wording.due_of(alert, timezone.now())
        return (found.label, found.chip) if found else None

    # As an expression, so that the list's own order is shown at what is due alone.
    @display(description="Level", ordering=F("urgency"), label=wording.LEVEL_LABELS)
    def level_chip(self, alert: Alert) -> tuple[str, str]:
        return alert.level, f"{alert.get_level_display()} {alert.urgency}"

    @display(description="State", label=wording.STATE_LABELS)
    def state_chip(self, alert: Alert) -> tuple[str, str]:
        return alert.state, wording.STATES[alert.state]

    @display(description="Seen", ordering="count")
    def times(self, alert: Alert) -> str:
        return "once" if alert.count == 1 else f"{alert.count} times"

    @display(description="First seen", ordering="first_seen")
    def seen(self, alert: Alert) -> str:
        return wording.moment(alert.first_seen, timezone.now())

    @display(description="Escalation", ordering="escalation")
    def escalated(self, alert: Alert) -> str:
        return f"Level {alert.escalation}" if alert.escalation else ""
