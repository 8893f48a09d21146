"""The page of a deployment's checklist: shown, and each of its forms done."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from operations.doors.admin import actor_of
from operations.doors.model_admin import VerbAdmin
from operations.errors import Forbidden, Invalid, Refused
from releases.admin.checklists import acting, showing
from releases.admin.checklists.acting import Done
from releases.models import Deployment

STYLE = Media(css={"all": ["releases/checklist.css"]})
READS = "releases.view_checklistitem"


class ChecklistPages(VerbAdmin):
    """A further page of a deployment; the project puts it to the others."""

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.checklist_view)
        return [
            *super().more_urls(),
            path("<int:pk>/checklist/", view, name="releases_deployment_checklist"),
        ]

    def checklist_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET shows the boxes and signatures; POST does what one form asks for and returns to its place."""
        self.require_view(request)
        if not request.user.has_perm(READS):
            raise PermissionDenied
        deployment = self._deployment(pk)
        if request.method != "POST":
            return self._page(request, deployment)
        done = Done()
        try:
            done = acting.act(deployment, request.POST, actor_of(request))
        except Forbidden as refusal:
            raise PermissionDenied(refusal.message) from refusal
        except Invalid as refusal:
            rules = " ".join(f"The {field} {rule}." for field, rule in refusal.fields.items())
            messages.error(request, f"Nothing was changed. {rules}")
            return self._page(request, deployment, faults=refusal.fields)
        except Refused as refusal:
            messages.error(request, refusal.message)
        if done.said:
            messages.success(request, done.said)
        place = done.place or acting.place_of(deployment, request.POST)
        address = reverse("admin:releases_deployment_checklist", args=[pk])
        return HttpResponseRedirect(f"{address}#{place}" if place else address)

    def _deployment(self, pk: int) -> Deployment:
        found = Deployment.objects.select_related(
            "release__module__part_of", "environment", "plan", "window", "steps_from"
        )
        deployment = found.filter(pk=pk, checklist_from__isnull=False).first()
        if deployment is None:
            raise Http404
        return deployment

    def _page(
        self, request: HttpRequest, deployment: Deployment, faults: dict[str, str] | None = None
    ) -> HttpResponse:
        user = actor_of(request).user
        if user is None:
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"Checklist of {deployment}",
            "media": self.media + STYLE,
            "opts": self.opts,
            "original": deployment,
            **showing.page(deployment, user, request.POST, faults or {}),
        }
        return TemplateResponse(request, "admin/releases/checklist.html", context)
