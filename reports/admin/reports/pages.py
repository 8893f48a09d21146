"""Reports in the admin: the archive, the newest first, and a report's page."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import Truncator
from unfold.decorators import display

from operations.doors.model_admin import VerbAdmin
from operations.spelling import local_time
from releases.admin.releases import wording
from reports import reading
from reports.admin.reports import choosing, live, showing
from reports.models import Report
from rollout.admin.module_filters import WholeModules
from rollout.models import Module

LONGEST_NEWS = 120


class ReportAdmin(VerbAdmin):
    list_display = ("report", "period", "news", "made", "by_whom")
    list_display_links = ("report",)
    list_filter = ("kind", ("module", WholeModules))
    date_hierarchy = "made_at"
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-made_at", "-pk")
    list_before_template = "admin/reports/reports_head.html"

    class Media:
        css = {"all": ["feedback/summary.css", "reports/report.css"]}
        js = ["reports/report.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        found: QuerySet[Report] = super().get_queryset(request).select_related("module")
        here = request.resolver_match
        if here and "object_id" in here.kwargs:
            return found
        # A document is long: of it the list shows one sentence.
        return found.defer("document").annotate(first_news=KT("document__summary__0"))

    def more_urls(self) -> list[URLPattern]:
        def download(request: HttpRequest, object_id: str) -> HttpResponse:
            report = self._found(request, object_id)
            return live.json_file(report.document, report.kind, report.module.key, report.until)

        name = "reports_report_json"
        return [
            *live.urls(self),
            path("<path:object_id>/json/", self.admin_site.admin_view(download), name=name),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may see reports may make one; keeping it is another permission."""
        return bool(self.has_view_permission(request))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        self.require_view(request)
        return HttpResponseRedirect(reverse(f"admin:{live.NAME}"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        report = self._found(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": reading.heading(report.document).title,
            "media": self.media,
            "opts": self.opts,
            "report": report,
            "made_by": wording.by_whom(report.made_by),
            "json_url": reverse("admin:reports_report_json", args=[report.pk]),
            "others": _others(report),
            **showing.context(report.document),
        }
        return TemplateResponse(request, live.TEMPLATE, context)

    def _found(self, request: HttpRequest, object_id: str) -> Report:
        self.require_view(request)
        report = self.get_object(request, object_id)
        if report is None:
            raise Http404("There is no such report.")
        return report  # type: ignore[no-any-return]

    @display(description="Report", ordering="kind")
    def report(self, report: Report) -> str:
        return f"{report.get_kind_display()}: {report.module}"

    @display(description="Period", ordering="until")
    def period(self, report: Report) -> str:
        since, until = timezone.localtime(report.since), timezone.localtime(report.until)
        return reading.period(since, until)

    @display(description="News")
    def news(self, report: Report) -> str:
        return Truncator(report.first_news or "-").chars(LONGEST_NEWS)  # type: ignore[attr-defined]

    @display(description="Made", ordering="made_at")
    def made(self, report: Report) -> str:
        return local_time(report.made_at)

    @display(description="Made by", ordering="made_by")
    def by_whom(self, report: Report) -> str:
        return wording.by_whom(report.made_by)


def _others(report: Report) -> list[tuple[str, str]]:
    """The same days of each module, as they are now: its name and the address."""
    days = {
        "startDate": f"{timezone.localdate(report.since)}",
        "endDate": f"{timezone.localdate(report.until - timedelta.resolution)}",
    }
    page = reverse(f"admin:{live.NAME}")
    modules = Module.objects.whole().order_by("name").values_list("key", "name")
    return [(name, page + choosing.address(kind=report.kind, module=key, **days)) for key, name in modules]
