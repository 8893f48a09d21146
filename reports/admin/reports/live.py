"""A report of now: made while somebody waits, shown and not kept, until they ask to keep it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from operations.doors.admin import actor_of
from operations.doors.model_admin import VerbAdmin
from operations.errors import Forbidden, Invalid, Refused
from reports import archive, documents
from reports.admin.reports import choosing, showing
from reports.admin.reports.choosing import Choice
from reports.reading import Document

NAME = "reports_report_new"
TEMPLATE = "admin/reports/report.html"


def urls(admin: VerbAdmin) -> list[URLPattern]:
    """The page, its download, and what keeps it."""

    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        admin.require_view(request)
        return _page(admin, request, timezone.now())

    @require_safe
    def download(request: HttpRequest) -> HttpResponse:
        admin.require_view(request)
        return _download(admin, request, timezone.now())

    @require_POST
    def keep(request: HttpRequest) -> HttpResponse:
        return _keep(request, timezone.now())

    view = admin.admin_site.admin_view
    return [
        path("new/", view(page), name=NAME),
        path("new/json/", view(download), name=f"{NAME}_json"),
        path("new/keep/", view(keep), name=f"{NAME}_keep"),
    ]


def json_file(document: Document, kind: str, module: str, until: datetime) -> HttpResponse:
    """A document as a file, as the API answers it."""
    response = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    name = f"report-{kind}-{module}-{timezone.localtime(until):%Y-%m-%d}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(admin: VerbAdmin, request: HttpRequest, now: datetime) -> HttpResponse:
    asked = choosing.given(request.GET)
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": "New report",
        "media": admin.media,
        "opts": admin.opts,
        "live": True,
    }
    try:
        choice = choosing.choose(asked, now)
    except Invalid as refusal:
        context |= {
            "controls": choosing.controls(asked, refusal.fields),
            "spans": choosing.spans(asked, now),
        }
        return TemplateResponse(request, TEMPLATE, context, status=400)
    spelled = choosing.spelled(choice)
    context |= {"controls": choosing.controls(spelled, {}), "spans": choosing.spans(spelled, now)}
    if request.GET:
        context |= showing.context(_made(choice, now))
        context |= {
            "exact": choice.exact if actor_of(request).may(archive.PERMISSION) else {},
            "json_url": reverse(f"admin:{NAME}_json") + choosing.address(**spelled),
        }
    return TemplateResponse(request, TEMPLATE, context)


def _download(admin: VerbAdmin, request: HttpRequest, now: datetime) -> HttpResponse:
    try:
        choice = choosing.choose(choosing.given(request.GET), now)
    except Invalid:
        # The page says what is wrong.
        return _page(admin, request, now)
    return json_file(_made(choice, now), choice.kind, choice.module.key, choice.period.until)


def _keep(request: HttpRequest, now: datetime) -> HttpResponse:
    try:
        choice = choosing.choose_exactly(request.POST, now)
        since, until = choice.period
        report = archive.make(choice.kind, choice.module, since=since, until=until, actor=actor_of(request))
    except Forbidden as refusal:
        raise PermissionDenied(refusal.message) from refusal
    except Refused as refusal:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(reverse(f"admin:{NAME}"))
    messages.success(request, "The report is in the archive: as it is now, it stays.")
    return HttpResponseRedirect(reverse("admin:reports_report_change", args=[report.pk]))


def _made(choice: Choice, now: datetime) -> Document:
    since, until = choice.period
    return documents.build(choice.kind, choice.module, since=since, until=until, now=now)
