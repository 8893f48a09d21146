"""What users say, on one page: figures and charts of any range of days, to be linked to; and as CSV."""

from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from feedback.admin.summary import charts, figures, filters
from feedback.summary import documents, rows
from feedback.summary.selection import Selection, select
from operations.doors.downloads import csv_response
from operations.doors.model_admin import VerbAdmin
from operations.errors import Invalid

NAME = "feedback_summary"
STYLE = Media(css={"all": ["feedback/summary.css"]})


def urls(admin: VerbAdmin) -> list[URLPattern]:
    """The page and its download, for the pages of tickets."""

    def page(request: HttpRequest) -> HttpResponse:
        admin.require_view(request)
        return _page(admin, request)

    def download(request: HttpRequest) -> HttpResponseBase:
        admin.require_view(request)
        return _download(admin, request)

    view = admin.admin_site.admin_view
    return [
        path("summary/", view(page), name=NAME),
        path("summary/csv/", view(download), name=f"{NAME}_csv"),
    ]


def _page(admin: VerbAdmin, request: HttpRequest) -> HttpResponse:
    asked = filters.asked_of(request)
    context = {
        **admin.admin_site.each_context(request),
        "title": "Feedback summary",
        "media": admin.media + STYLE,
        "opts": admin.opts,
    }
    try:
        selection = select(asked)
    except Invalid as refusal:
        context |= {"filters": filters.controls(asked, refusal.fields), "faults": len(refusal.fields)}
        return TemplateResponse(request, "admin/feedback/summary.html", context, status=400)
    document = documents.summary_of(selection)
    context |= {
        "filters": filters.controls(filters.spelled(selection), {}),
        "spans": filters.spans(selection),
        "csv_url": f"{reverse(f'{admin.admin_site.name}:{NAME}_csv')}?{filters.query(selection)}",
        "summary": document,
        "numbers": figures.numbers(document),
        "kinds": [figures.by_category(document), figures.by_severity(document)],
        "areas": figures.areas(document),
        "charts": charts.charts(document),
        "lines": figures.over_time(document),
    }
    return TemplateResponse(request, "admin/feedback/summary.html", context)


def _download(admin: VerbAdmin, request: HttpRequest) -> HttpResponseBase:
    try:
        selection = select(filters.asked_of(request))
    except Invalid:
        # The page says what is wrong.
        return _page(admin, request)
    document = documents.summary_of(selection)
    return csv_response(_name(selection), rows.HEADER, rows.rows_of(document))


def _name(selection: Selection) -> str:
    return f"feedback-{selection.first}-{selection.last}.csv"
