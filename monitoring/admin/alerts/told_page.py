""" "Who is told?": for one level and module, the routes that take it and the contacts that are called."""

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from monitoring.admin import links
from monitoring.admin.alerts import told
from monitoring.levels import CRITICAL, LEVELS
from monitoring.models import Alert, Contact
from rollout.models import Module

if TYPE_CHECKING:
    from operations.doors.model_admin import VerbAdmin


def respond(request: HttpRequest, admin: "VerbAdmin") -> HttpResponse:
    """The page, for the level and module of the address; critical and no module unless given."""
    asked = request.GET.get("level", "")
    level = asked if asked in LEVELS else CRITICAL
    modules = list(Module.objects.whole().order_by("name"))
    wanted = request.GET.get("module", "")
    module = next((each for each in modules if str(each.pk) == wanted), None)
    taking = told.taking(told.all_routes(), level, module.pk if module else None)
    may = request.user.has_perm("monitoring.add_route")
    inputs = {"levels": level, "tells_resolved": "on", **({"module": module.pk} if module else {})}
    context = {
        **admin.admin_site.each_context(request),
        "title": "Who is told?",
        "media": admin.media,
        "opts": admin.opts,
        "levels": Alert.Level.choices,
        "modules": modules,
        "level": level,
        "module": module,
        "taking": [(route, told.works(route)) for route in taking],
        "anybody": any(told.works(route) for route in taking),
        "ladder": told.ladder(level, Contact.objects.select_related("channel")),
        "add_route": links.add_route(**inputs) if may else "",
    }
    return TemplateResponse(request, "admin/monitoring/told.html", context)
