"""Pages about one module at a time: which one, the switch between them, and the way back to it."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from operations.doors import admin as door
from operations.doors.model_admin import VerbAdmin
from rollout.models import Module


class OfModuleAdmin(VerbAdmin):
    """A page of one module, whose operations name it in a hidden field: their things may have no row yet."""

    def home(self, **query: str) -> str:
        """The address of the page."""
        opts = self.model._meta
        address = reverse(f"{self.admin_site.name}:{opts.app_label}_{opts.model_name}_changelist")
        return f"{address}?{urlencode(query)}" if query else address

    def back_to(self, given: Any) -> str:
        """Where an operation leads back to, by the fields of its form."""
        return self.home(module=given["module"]) if given.get("module") else self.home()

    def title_of(self, operation: door.Operation, given: Any) -> str:
        """What the operation's page says it is about."""
        return operation.title

    def operate_view(self, request: HttpRequest, name: str) -> HttpResponse:
        given = request.POST if request.method == "POST" else request.GET
        response = super().operate_view(request, name)
        if isinstance(response, HttpResponseRedirect):
            return HttpResponseRedirect(self.back_to(given))
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["back"] = self.back_to(given)
            response.context_data["title"] = self.title_of(self.operation(name), given)
        return response

    def operation_url(self, name: str, **inputs: object) -> str:
        """The confirmation page of an operation, with inputs filled in; those of None are left out."""
        told = {key: value for key, value in inputs.items() if value is not None}
        return door.operation_url(self, name, [], **told)


def chosen(request: HttpRequest) -> tuple[Module, list[Module]]:
    """The module that the address names, the first without, and all there are. Raises Http404."""
    modules = list(Module.objects.whole().order_by("pk"))
    key = request.GET.get("module", "")
    for module in modules:
        if module.key == key or not key:
            return module, modules
    raise Http404("There is no such module.")
