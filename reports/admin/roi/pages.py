"""The page of a module's return on investment, and its months as CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from operations.doors import admin as door
from operations.doors.admin import actor_of
from operations.doors.downloads import csv_response
from operations.errors import Invalid
from reports.admin.of_module import OfModuleAdmin, chosen
from reports.admin.roi import charts
from reports.admin.roi.operations import OPERATIONS
from reports.models import RoiMonth
from reports.models.roi import FIGURES
from reports.roi import statement, wording
from reports.roi.arithmetic import Month
from reports.roi.entering import COST, MONTH
from reports.roi.statement import Statement
from rollout.models import Module

STYLE = Media(css={"all": ["feedback/summary.css", "reports/kpis.css"]})
HEADER = ("month", *FIGURES, "savings", "revenue_increase", "cumulated", "currency", "note", "by")


@dataclass(frozen=True)
class Figure:
    """A figure in words, and the formula with its numbers."""

    title: str
    value: str
    note: str


@dataclass(frozen=True)
class Row:
    """A month in words."""

    row: RoiMonth
    hours: str
    savings: str
    revenue: str
    total: str
    url: str
    here: bool
    edit_url: str
    remove_url: str


class RoiAdmin(OfModuleAdmin):
    operations = OPERATIONS

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One module's statement; `?month=2026-03` tells the pace of that month."""
        self.require_view(request)
        module, modules = chosen(request)
        try:
            found = statement.of(module, month=request.GET.get("month", ""))
        except Invalid as fault:
            raise Http404(fault.message) from fault
        actor = actor_of(request)
        may_enter, may_cost = actor.may(MONTH), actor.may(COST)
        version = found.investment.version if found.investment else 0
        context = {
            **self.admin_site.each_context(request),
            "media": self.media + STYLE,
            "opts": self.model._meta,
            "title": "Return on investment",
            "modules": [(each.name, self.home(module=each.key), each == module) for each in modules],
            "found": found,
            "break_even": wording.break_even(found),
            "unknown": wording.unknown(found),
            "gaps": wording.gaps(found),
            "figures": _figures(found),
            "to_date": _to_date(found),
            "charts": [charts.by_month(found), charts.cumulated(found)],
            "rows": self._rows(found, may_enter=may_enter),
            "enter_url": self.operation_url("enter", module=module.key) if may_enter else "",
            "cost_url": self._cost_url(found, version) if may_cost else "",
            "csv_url": f"{reverse('admin:reports_roimonth_csv')}?{urlencode({'module': module.key})}",
        }
        return TemplateResponse(request, "admin/reports/roi.html", context)

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [path("csv/", view(self.csv_view), name="reports_roimonth_csv")]

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """Every month of a module."""
        self.require_view(request)
        module, _ = chosen(request)
        return csv_response(f"roi-{module.key}.csv", HEADER, _csv(statement.of(module)))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What links to a month gets its module's page."""
        self.require_view(request)
        row = self.get_object(request, object_id)
        if row is None:
            return HttpResponseRedirect(self.home())
        return HttpResponseRedirect(self.home(module=row.module.key, month=row.name))

    def _cost_url(self, found: Statement, version: int) -> str:
        known = found.investment
        more = {"cost": known.cost, "currency": known.currency, "note": known.note} if known else {}
        return self.operation_url("cost", module=found.module.key, version=version, **more)

    def _rows(self, found: Statement, *, may_enter: bool) -> list[Row]:
        lines = zip(found.rows, found.months, found.sums, strict=True)
        return [
            Row(
                row=row,
                hours=wording.hours(month.hours_saved),
                savings=wording.money(month.savings),
                revenue=wording.money(month.revenue),
                total=wording.money(total),
                url=self.home(module=found.module.key, month=row.name),
                here=row == found.chosen,
                edit_url=self._edit_url(found.module, row) if may_enter else "",
                remove_url=self._remove_url(found.module, row) if may_enter else "",
            )
            for row, month, total in reversed(list(lines))
        ]

    def _edit_url(self, module: Module, row: RoiMonth) -> str:
        figures = {name: getattr(row, name) for name in FIGURES}
        known = {"month": row.name, "version": row.version, "note": row.note}
        return self.operation_url("enter", module=module.key, **known, **figures)

    def _remove_url(self, module: Module, row: RoiMonth) -> str:
        return door.operation_url(self, "remove", [row], module=module.key)


def _figures(found: Statement) -> list[Figure]:
    """The guide's four figures, of the chosen month as a year's pace."""
    month, pace, currency, cost = _chosen(found), found.pace, found.currency, found.cost
    if month is None or pace is None:
        return []
    hours = f"{wording.hours(month.hours_saved)} h at {wording.money(month.hourly_rate)}"
    return [
        Figure(
            "Monthly savings",
            wording.money(month.savings, currency),
            f"{hours} + {wording.money(month.cost_reduction)} of cost reduction",
        ),
        Figure(
            "Monthly revenue increase",
            wording.money(month.revenue, currency),
            f"{wording.money(month.mtm_billing)} MTM + {wording.money(month.retention)} retention + "
            f"{wording.money(month.new_services)} new services",
        ),
        Figure(
            "Annual ROI",
            "unknown" if pace.annual_roi is None else wording.percent(pace.annual_roi),
            f"({wording.money(pace.savings)} savings of a year - {wording.money(cost)} cost) of the cost",
        ),
        Figure(
            "Total ROI",
            "unknown" if pace.total_roi is None else wording.percent(pace.total_roi),
            f"({wording.money(pace.savings)} savings + {wording.money(pace.revenue)} revenue of a year) of "
            "the cost",
        ),
    ]


def _to_date(found: Statement) -> list[Figure]:
    sums, currency = found.to_date, found.currency
    months = f"{len(found.rows)} month{'' if len(found.rows) == 1 else 's'}"
    return [
        Figure("Savings to date", wording.money(sums.savings, currency), months),
        Figure("Revenue increase to date", wording.money(sums.revenue, currency), months),
        Figure(
            "Implementation cost",
            "unknown" if found.cost is None else wording.money(found.cost, currency),
            found.investment.note if found.investment else wording.NO_COST,
        ),
        Figure(
            "Above the cost",
            "unknown" if sums.net is None else wording.money(sums.net, currency),
            "what came in so far, less the cost",
        ),
    ]


def _chosen(found: Statement) -> Month | None:
    return found.months[list(found.rows).index(found.chosen)] if found.chosen else None


def _csv(found: Statement) -> Iterator[list[str]]:
    for row, month, total in zip(found.rows, found.months, found.sums, strict=True):
        yield [
            row.name,
            *(f"{getattr(row, name)}" for name in FIGURES),
            f"{month.savings:.2f}",
            f"{month.revenue:.2f}",
            f"{total:.2f}",
            found.currency,
            row.note,
            row.by,
        ]
