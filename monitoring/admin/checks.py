"""Health checks in the admin: the list, and the page that explains a verdict. Read-only."""

from typing import Any

from django.contrib.admin import DateFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from monitoring.admin import check_page
from monitoring.admin.alerts import open_alerts
from monitoring.admin.filters import ActionFilter, PhaseFilter, PlanFilter
from monitoring.models import HealthCheck
from operations.doors.model_admin import VerbAdmin
from rollout.admin.plans import VERDICT_LABELS

ACTION_LABELS = {"Paused": "danger", "Rolled back": "danger", "Automatic stopped": "warning"}


class CheckList(ChangeList):
    """The list of checks, without the details that only a check's page shows."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[HealthCheck]:
        found: QuerySet[HealthCheck] = super().get_queryset(request, exclude_parameters)
        return found.defer("details")


class HealthCheckAdmin(VerbAdmin):
    list_display = ("at", "plan", "result_chip", "summary", "scores", "done")
    list_display_links = ("at",)
    list_filter = (PlanFilter, "result", PhaseFilter, ActionFilter, ("slot", DateFieldListFilter))
    list_select_related = ("plan",)
    paginator = InfinitePaginator
    show_full_result_count = False
    ordering = ("-slot",)
    list_per_page = 50
    change_form_outer_before_template = "admin/monitoring/check.html"
    change_form_outer_after_template = ""

    class Media:
        css = {"all": ["monitoring/health.css", "monitoring/alerts.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CheckList

    def get_queryset(self, request: HttpRequest) -> QuerySet[HealthCheck]:
        found: QuerySet[HealthCheck] = super().get_queryset(request)
        return found.select_related("plan__module")

    def get_fieldsets(self, request: HttpRequest, obj: HealthCheck | None = None) -> Any:
        return ()

    @display(description="Slot", ordering="slot")
    def at(self, check: HealthCheck) -> Any:
        return check.slot

    @display(description="Result", ordering="result", label=VERDICT_LABELS)
    def result_chip(self, check: HealthCheck) -> str:
        return check.get_result_display()

    @display(description="Scores")
    def scores(self, check: HealthCheck) -> str:
        return f"{check.rollout_score} / {check.post_launch_score}"

    @display(description="The portal", label=ACTION_LABELS)
    def done(self, check: HealthCheck) -> str:
        return check.action.replace("_", " ").capitalize()

    def page_context(self, request: HttpRequest, obj: HealthCheck) -> dict[str, Any]:
        context = check_page.context(request, obj)
        if request.user.has_perm("monitoring.view_alert"):
            context["open_alerts"] = open_alerts.of_check(obj)
        return context
