"""What feedback adds to the pages of workspaces, modules and plans. The project puts them together."""

from typing import Any

from django import forms
from django.http import HttpRequest

from feedback.admin.tickets import open_tickets
from operations.doors.model_admin import VerbAdmin
from rollout.models import Module, Plan, Workspace

SECTION = "admin/feedback/ticket_section.html"


class Heard(VerbAdmin):
    """A mixin: the open tickets about what a page shows."""

    @property
    def media(self) -> forms.Media:
        found: forms.Media = super().media + forms.Media(css={"all": ["feedback/tickets.css"]})
        return found

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        context = super().page_context(request, obj)
        if not request.user.has_perm("feedback.view_ticket"):
            return context
        sections = [*context.get("sections", ()), SECTION]
        return {**context, "sections": sections, "open_tickets": self.tickets_about(obj)}

    def tickets_about(self, obj: Any) -> dict[str, Any]:
        """What `open_tickets` says of the thing."""
        raise NotImplementedError


class HeardWorkspaces(Heard):
    def tickets_about(self, obj: Workspace) -> dict[str, Any]:
        return open_tickets.of_workspace(obj)


class HeardModules(Heard):
    def tickets_about(self, obj: Module) -> dict[str, Any]:
        return open_tickets.of_module(obj)


class HeardPlans(Heard):
    """Their module's page has the tickets: here is the way to them."""

    def tickets_about(self, obj: Plan) -> dict[str, Any]:
        return open_tickets.link_of_module(obj.module.whole.pk)
