"""The parts of the front page by themselves: what its script asks for while somebody looks at it."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats, timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from ops_portal.front_page import page

AS_OF = "As-Of"


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The parts as HTML; 304 without a body where `If-None-Match` names what they show.

    403 for who is not signed in as staff: a redirect to the login would be followed by a script, and shown.
    """
    if not admin.site.has_permission(request):
        return HttpResponse("Sign in again.", status=403, content_type="text/plain")
    found = page.of(request)
    response = get_conditional_response(request, etag=found.etag)
    if response is None:
        response = TemplateResponse(request, "admin/front/fresh.html", {"front": found})
    response["ETag"] = found.etag
    # A cache between may neither keep it nor answer for another person.
    response["Cache-Control"] = "no-store, private"
    response[AS_OF] = formats.date_format(timezone.localtime(found.as_of), "H:i")
    return response
