"""DORA's metrics on one page: how often, how fast, how well, of any range of days and any module."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from feedback.summary.selection import Asked, Selection, select
from operations.doors.model_admin import VerbAdmin
from operations.errors import Invalid
from releases import dora
from releases.admin import dora_charts
from releases.admin.releases import links
from releases.admin.releases.wording import about
from releases.dora import Dora, Rate, Times
from rollout.models import Module

NAME = "releases_dora"
STYLE = Media(css={"all": ["feedback/summary.css"]})
DAY = timedelta(days=1)
SPANS = ((30, "30 days"), (91, "13 weeks"), (182, "26 weeks"), (365, "A year"))
USUAL_DAYS = 91
# Below that many a figure says little: DORA's own reports ask about months of a team's work.
FEW = 5
LEVELS = {"elite": "success", "high": "success", "medium": "warning", "low": "danger"}
FIELDS = {"startDate": "From", "endDate": "To, included", "module": "Module"}


@dataclass(frozen=True)
class Figure:
    """One metric in words: its value, what it is made of, and how much it says."""

    title: str
    value: str
    note: str
    n: str
    level: str = ""

    @property
    def level_label(self) -> str:
        return LEVELS.get(self.level, "")


def urls(admin: VerbAdmin) -> list[URLPattern]:
    """The page, among those of releases."""

    def page(request: HttpRequest) -> HttpResponse:
        admin.require_view(request)
        return _page(admin, request)

    return [path("dora/", admin.admin_site.admin_view(page), name=NAME)]


def _page(admin: VerbAdmin, request: HttpRequest) -> HttpResponse:
    given = {name: request.GET.get(name, "").strip() for name in FIELDS}
    context = {
        **admin.admin_site.each_context(request),
        "title": "DORA metrics",
        "media": admin.media + STYLE,
        "opts": admin.opts,
    }
    try:
        selection = _selection(given)
    except Invalid as refusal:
        context |= {"filters": _controls(given, refusal.fields)}
        return TemplateResponse(request, "admin/releases/dora.html", context, status=400)
    found = dora.measure(_midnight(selection.first), _midnight(selection.last + DAY), selection.module)
    context |= {
        "filters": _controls(_spelled(selection), {}),
        "spans": _spans(selection),
        "dora": found,
        "figures": figures(found),
        "charts": dora_charts.charts(found),
        "lines": dora_charts.lines(found),
        "deployments_url": links.deployments(environment__key__exact="production"),
    }
    return TemplateResponse(request, "admin/releases/dora.html", context)


def figures(found: Dora) -> list[Figure]:
    """The four metrics and the rework rate."""
    frequency = found.frequency
    often = f"{frequency.per_week:.1f} a week" if frequency.n else "none"
    return [
        Figure(
            "Deployment frequency",
            often,
            "deployments to production that everybody had",
            _n(frequency.n, "deployment"),
            (frequency.level or "") if frequency.n >= FEW else "",
        ),
        _times("Change lead time", found.lead_time, "change", "from the fix to everybody", found.lead_level),
        _rate("Change fail rate", found.change_fail_rate, "rolled back, or mended by a hotfix within 7 days"),
        _times("Recovery time", found.recovery_time, "rollback", "from the rollback's beginning to its end"),
        _rate("Rework rate", found.rework_rate, "hotfixes among the deployments"),
    ]


def _times(title: str, times: Times, noun: str, note: str, level: str | None = None) -> Figure:
    counted = _n(times.n, noun)
    if times.median is None:
        return Figure(title, "unknown", note, counted)
    enough = times.n >= FEW
    tail = f"; 90 % within {about(times.p90)}" if times.p90 is not None and enough else ""
    return Figure(
        title, about(times.median), f"median {note}{tail}", counted, (level or "") if enough else ""
    )


def _rate(title: str, rate: Rate, note: str) -> Figure:
    counted = _n(rate.of, "deployment")
    if rate.share is None:
        return Figure(title, "unknown", note, counted)
    return Figure(title, f"{100 * rate.share:.0f} %", f"{note}: {rate.n} of {rate.of}", counted)


def _n(number: int, noun: str) -> str:
    """How many a figure stands on, and that it is too little where it is."""
    counted = f"n = {number} {noun}{'' if number == 1 else 's'}"
    if number == 0:
        return f"{counted}: nothing to measure yet"
    return f"{counted}: too little to go by" if number < FEW else counted


def _selection(given: Mapping[str, str]) -> Selection:
    """What is asked for; 13 weeks up to the last day where no start is given. Raises Invalid."""
    asked = Asked(start_date=given["startDate"], end_date=given["endDate"], module=given["module"])
    found = select(asked)
    if not asked.start_date:
        first = found.last - (USUAL_DAYS - 1) * DAY
        found = select(Asked(start_date=f"{first}", end_date=f"{found.last}", module=asked.module))
    return found


def _midnight(day: Any) -> datetime:
    """When a day of the portal's time zone begins."""
    return datetime.combine(day, time.min, timezone.get_current_timezone())


def _spelled(selection: Selection) -> dict[str, str]:
    return {
        "startDate": f"{selection.first}",
        "endDate": f"{selection.last}",
        "module": selection.module.key if selection.module else "",
    }


def _controls(given: Mapping[str, str], faults: Mapping[str, str]) -> list[dict[str, Any]]:
    modules = Module.objects.whole().order_by("name").values_list("key", "name")
    return [
        {
            "name": name,
            "label": label,
            "value": given[name],
            "is_date": name != "module",
            "choices": [("", "Every module"), *modules] if name == "module" else (),
            "fault": faults.get(name, ""),
        }
        for name, label in FIELDS.items()
    ]


def _spans(selection: Selection) -> list[tuple[str, str, bool]]:
    """Ranges up to today for one click: title, address, whether it is the one that is shown."""
    today = timezone.localdate()
    found = []
    for days, title in SPANS:
        first = today - (days - 1) * DAY
        query = {**_spelled(selection), "startDate": f"{first}", "endDate": f"{today}"}
        found.append((title, f"?{urlencode(query)}", (selection.first, selection.last) == (first, today)))
    return found
