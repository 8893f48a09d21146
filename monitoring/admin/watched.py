"""What monitoring adds to the pages of plans. Rollout does not know of it; the project puts them together."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from monitoring.admin import history, history_charts, links, plan_health, strips, words
from monitoring.admin.alerts import open_alerts
from monitoring.admin.check_now import CHECK_NOW
from monitoring.admin.first_phase import with_aa_test
from monitoring.admin.vitals_source import VITALS_SOURCE
from monitoring.admin.vouching import VOUCH
from operations.doors.admin import Operation, actor_of
from operations.doors.model_admin import VerbAdmin
from operations.models import AuditEvent
from rollout.models import Plan

SPANS = {"day": "24 hours", "week": "7 days", "month": "28 days", "all": "Whole plan"}


def with_health(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """A plan's operations and those of monitoring; before the first phase runs, its A/A test is shown."""
    shown = (with_aa_test(each) if each.name == "run" else each for each in operations)
    return (*shown, CHECK_NOW, VOUCH, VITALS_SOURCE)


class WatchedPlans(VerbAdmin):
    """A mixin: the health section of a plan's page, and its health over time."""

    class Media:
        css = {"all": ["monitoring/health.css", "monitoring/alerts.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        found: QuerySet[Plan] = super().get_queryset(request)
        return found.select_related("vitals_source")

    def describe(self, event: AuditEvent) -> str:
        """Reviews and what was vouched for in words, everything else as it was."""
        return words.of_event(event) or super().describe(event)

    def page_context(self, request: HttpRequest, obj: Plan) -> dict[str, Any]:
        context = super().page_context(request, obj)
        if request.user.has_perm("monitoring.view_alert"):
            context["sections"] = ["admin/monitoring/alert_section.html", *context.get("sections", ())]
            context["open_alerts"] = open_alerts.of_module(obj.module.whole)
        if not request.user.has_perm("monitoring.view_healthcheck"):
            return context
        context["sections"] = [*context.get("sections", ()), "admin/monitoring/plan_health.html"]
        return {**context, "health": plan_health.of_plan(obj, actor_of(request))}

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.health_view)
        return [path("<int:pk>/health/", view, name="rollout_plan_health"), *super().more_urls()]

    def health_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A plan's health over time."""
        self.require_view(request)
        plan: Plan | None = self.get_object(request, str(pk))
        if plan is None:
            raise Http404
        asked = request.GET.get("span", "")
        span = asked if asked in SPANS else "week"
        found = history.of_plan(plan, span)
        context = {
            **self.admin_site.each_context(request),
            "title": "Health over time",
            "media": self.media,
            "opts": self.opts,
            "original": plan,
            "plan": plan,
            "history": found,
            "missing": found.hours - found.checks,
            "strip": strips.strip([(point.at, point.result) for point in found.points]),
            "charts": history_charts.charts(found) if found.checks else (),
            "lines": history_charts.table(found),
            "changes": [(change, words.by_whom(change.run.by)) for change in found.changes],
            "labels": words.RESULT_LABELS,
            "spans": [(title, links.history(plan, name), name == span) for name, title in SPANS.items()],
            "checks_url": links.checks(plan=plan.pk),
        }
        return TemplateResponse(request, "admin/monitoring/history.html", context)
