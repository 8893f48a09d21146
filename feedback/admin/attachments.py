"""A file that came with a ticket, for who may see the ticket; nothing in it runs."""

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from feedback.models import Attachment, Ticket
from feedback.tickets.file_types import RASTER

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
NAME = "feedback_attachment"


def urls(admin: "ModelAdmin[Ticket]") -> list[URLPattern]:
    """The route `admin:feedback_attachment` of a ticket's admin; it takes the numbers of ticket and file."""

    @require_safe
    def view(request: HttpRequest, ticket: int, number: int) -> HttpResponseBase:
        return serve(admin, request, ticket, number)

    return [path("<int:ticket>/files/<int:number>", admin.admin_site.admin_view(view), name=NAME)]


def serve(admin: "ModelAdmin[Ticket]", request: HttpRequest, ticket: int, number: int) -> FileResponse:
    """The file: a picture to be shown, anything else to be saved. Raises PermissionDenied, Http404."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    attachment = get_object_or_404(Attachment, pk=number, ticket=ticket)
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError:
        raise Http404("The file is gone.") from None
    return FileResponse(
        content,
        as_attachment=attachment.content_type not in RASTER,
        filename=attachment.name,
        content_type=attachment.content_type,
        headers=HEADERS,
    )
