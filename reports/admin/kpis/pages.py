"""The pages of KPIs: all of a module by group, one over time, and both as CSV."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from operations.doors.admin import Operation, actor_of
from operations.doors.downloads import csv_response
from operations.doors.model_admin import Button
from operations.errors import NotFound
from operations.models import AuditEvent
from reports.admin.kpis import charts, showing
from reports.admin.kpis.operations import OPERATIONS
from reports.admin.kpis.telling import told
from reports.admin.of_module import OfModuleAdmin, chosen
from reports.kpis import board, history, rows
from reports.kpis.board import Line
from reports.kpis.checking import ENTER, entry_of
from reports.models import Kpi
from reports.standing import Rule, Standing
from rollout.models import Module

STYLE = Media(css={"all": ["feedback/summary.css", "reports/kpis.css"]})
USUAL_SPAN = 90


class KpiAdmin(OfModuleAdmin):
    operations = OPERATIONS

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """All KPIs of one module; `?state=missed` shows those alone."""
        self.require_view(request)
        module, modules = chosen(request)
        now = timezone.now()
        lines, days = board.lines_of(module, now=now), history.days_of(now, history.SPARK_DAYS)
        readings = history.of_module(module, now=now)
        state = request.GET.get("state", "")
        state = state if state in list(Standing) else ""
        may_enter = actor_of(request).may(ENTER)
        found = [
            showing.shown(
                line,
                readings.get(line.entry.key, ()),
                days,
                url=self._one(module, line.entry.key),
                enter_url=self._enter_url(module, line) if may_enter else "",
            )
            for line in lines
            if not state or line.standing == state
        ]
        context = {
            **self._context(request),
            "title": "KPIs and success metrics",
            "modules": [(each.name, self.home(module=each.key), each == module) for each in modules],
            "module": module,
            "numbers": showing.numbers(lines, state, lambda wanted: self._list(module, wanted)),
            "state": state,
            "all_url": self.home(module=module.key),
            "groups": showing.grouped(found),
            "silent": not any(line.value is not None for line in lines),
            "add_url": self.operation_url("add", module=module.key, rule=Rule.AT_LEAST.value)
            if self.has_add_permission(request)
            else "",
            "csv_url": f"{reverse('admin:reports_kpi_csv')}?{urlencode({'module': module.key})}",
        }
        return TemplateResponse(request, "admin/reports/kpis.html", context)

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("csv/", view(self.csv_view), name="reports_kpi_csv"),
            path("of/<str:module>/<str:key>/", view(self.one_view), name="reports_kpi_one"),
            path("of/<str:module>/<str:key>/csv/", view(self.one_csv_view), name="reports_kpi_one_csv"),
        ]

    def one_view(self, request: HttpRequest, module: str, key: str) -> HttpResponse:
        """One KPI: where it stands, how it went, and who set and entered what."""
        self.require_view(request)
        found, now = _module(module), timezone.now()
        kpi = self._line(found, key)
        text = request.GET.get("days", "")
        span = int(text) if text in map(str, history.SPANS) else USUAL_SPAN
        days = history.days_of(now, span)
        readings = history.of_kpi(kpi.kpi_id, now=now, days=span)
        context = {
            **self._context(request),
            "title": kpi.entry.title,
            "module": found,
            "kpi": showing.shown(kpi, readings, days, url="", enter_url=""),
            "home": self.home(module=found.key),
            "spans": [(f"{each} days", f"?days={each}", each == span) for each in history.SPANS],
            "span": span,
            "chart": charts.chart(kpi, readings, days),
            "rows": charts.rows(kpi, readings),
            "buttons": self._buttons(request, found, kpi),
            "csv_url": reverse("admin:reports_kpi_one_csv", args=[found.key, key]),
        }
        row = Kpi.objects.filter(pk=kpi.kpi_id).first() if kpi.kpi_id else None
        if row is not None and request.user.has_perm("operations.view_auditevent"):
            context["timeline"] = self.timeline_of(request, row)
        return TemplateResponse(request, "admin/reports/kpi.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """All KPIs of a module as they stand."""
        self.require_view(request)
        module, _ = chosen(request)
        now = timezone.now()
        lines = board.lines_of(module, now=now)
        name = f"kpis-{module.key}-{timezone.localdate(now)}.csv"
        return csv_response(name, rows.HEADER, rows.of_lines(lines))

    def one_csv_view(self, request: HttpRequest, module: str, key: str) -> HttpResponseBase:
        """Every reading of one KPI."""
        self.require_view(request)
        found = _module(module)
        try:
            entry = entry_of(found, key)
        except NotFound as fault:
            raise Http404(fault.message) from fault
        return csv_response(f"kpi-{found.key}-{key}.csv", rows.READINGS, rows.of_readings(found, entry))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What links to the row, as the audit trail does, gets the KPI's own page."""
        self.require_view(request)
        row = self.get_object(request, unquote(object_id))
        if row is None or row.retired_at is not None:
            return HttpResponseRedirect(self.home())
        return HttpResponseRedirect(self._one(row.module, row.key))

    def back_to(self, given: Any) -> str:
        module, key = given.get("module", ""), given.get("key", "")
        known = module and key and Kpi.objects.filter(module__key=module, key=key, retired_at=None).exists()
        return reverse("admin:reports_kpi_one", args=[module, key]) if known else super().back_to(given)

    def title_of(self, operation: Operation, given: Any) -> str:
        if operation.name == "add":
            return operation.title
        try:
            return (
                f"{operation.title}: {entry_of(_module(given.get('module', '')), given.get('key', '')).title}"
            )
        except NotFound:
            return operation.title

    def describe(self, event: AuditEvent) -> str:
        """What was set or entered, and what stood there before."""
        return told(event)

    def _line(self, module: Module, key: str) -> Line:
        for line in board.lines_of(module, now=timezone.now(), key=key):
            return line
        raise Http404("There is no such KPI.")

    def _buttons(self, request: HttpRequest, module: Module, kpi: Line) -> Sequence[Button]:
        actor = actor_of(request)
        urls = {
            "enter": self._enter_url(module, kpi),
            "target": self._operate("target", module, kpi, target=kpi.target),
            "baseline": self._operate("baseline", module, kpi, baseline=kpi.baseline),
        }
        if kpi.own:
            urls["retire"] = self._operate("retire", module, kpi)
        return [
            Button(each.name, each.title, urls[each.name], each.icon, each.style)
            for each in self.operations
            if each.name in urls and actor.may(each.permission)
        ]

    def _enter_url(self, module: Module, kpi: Line) -> str:
        return self._operate("enter", module, kpi, day=timezone.localdate())

    def _operate(self, name: str, module: Module, kpi: Line, **more: object) -> str:
        return self.operation_url(name, module=module.key, key=kpi.entry.key, version=kpi.version, **more)

    def _one(self, module: Module, key: str) -> str:
        return reverse("admin:reports_kpi_one", args=[module.key, key])

    def _list(self, module: Module, state: str) -> str:
        return self.home(module=module.key, **({"state": state} if state else {}))

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "media": self.media + STYLE,
            "opts": self.model._meta,
        }


def _module(key: str) -> Module:
    module = Module.objects.whole().filter(key=key).first() if key.isprintable() else None
    if module is None:
        raise Http404("There is no such module.")
    return module
