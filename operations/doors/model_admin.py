"""The base of every page about a model whose changes are verbs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from operations.doors import admin as door
from operations.doors import confirmation
from operations.doors.admin import Operation
from operations.doors.downloads import csv_response
from operations.doors.paging import Slice
from operations.doors.timeline import details, timeline
from operations.models import AuditEvent


@dataclass(frozen=True)
class Button:
    """A link to the confirmation page of the operation of this name."""

    name: str
    title: str
    url: str
    icon: str
    style: str


class VerbAdmin(ModelAdmin):
    """Shows rows; what changes them goes through `operations` and their confirmation page.

    Django's own log is not written: the audit trail is the only one.
    """

    operations: ClassVar[Sequence[Operation]] = ()
    change_form_template = "admin/verb_change_form.html"
    change_form_outer_before_template = "admin/object_head.html"
    change_form_outer_after_template = "admin/object_timeline.html"
    list_fullwidth = True

    def creating(self) -> Operation | None:
        """The operation that makes a new row, if there is one."""
        return next((operation for operation in self.operations if operation.creates), None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        operation = self.creating()
        return operation is not None and request.user.has_perm(operation.permission)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        operation = self.creating()
        if operation is None or not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(door.operation_url(self, operation.name, []))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None: ...

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None: ...

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> None: ...

    def get_urls(self) -> list[URLPattern]:
        opts = self.model._meta
        name = f"{opts.app_label}_{opts.model_name}_operate"
        view = self.admin_site.admin_view
        return [
            path("operate/<slug:name>/", view(self.operate_view), name=name),
            path("operate/<slug:name>/names/", view(self.names_view), name=f"{name}_names"),
            *self.more_urls(),
            *super().get_urls(),
        ]

    def more_urls(self) -> list[URLPattern]:
        """Further pages of this model."""
        return []

    def operate_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """The confirmation page of one operation."""
        self.require_view(request)
        return confirmation.operate(request, self, self.operation(name))

    def names_view(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Every unit that an operation would touch, as CSV."""
        self.require_view(request)
        operation, actor = self.operation(name), door.actor_of(request)
        if not actor.may(operation.permission):
            raise PermissionDenied
        target = confirmation.find_targets(request, self)[0]
        form = operation.form(data=request.GET)
        for field_name, field in form.fields.items():
            field.required = field.required and field_name in operation.previewed
        if operation.names is None or not form.is_valid():
            raise Http404
        side = "lose" if request.GET.get("side") == "lose" else "gain"
        names = operation.names(target.object, form.cleaned_data, actor, side)
        return csv_response(f"{operation.name}-{target.object.pk}-{side}.csv", names.header, names.rows)

    def require_view(self, request: HttpRequest) -> None:
        """Raise PermissionDenied for who may not see this model."""
        if not self.has_view_permission(request):
            raise PermissionDenied

    def operation(self, name: str) -> Operation:
        """The operation of this name. Raises Http404."""
        for operation in self.operations:
            if operation.name == name:
                return operation
        raise Http404

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, read once per GET: the page and Django's own view both ask for it."""
        if request.method != "GET" or from_field:
            return super().get_object(request, object_id, from_field)
        read: dict[str, Any] = request.__dict__.setdefault("objects_read", {})
        key = f"{self.model._meta.label_lower}:{object_id}"
        if key not in read:
            read[key] = super().get_object(request, object_id)
        return read[key]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The list's actions: each leads to the confirmation page of what was ticked."""
        actor = door.actor_of(request)
        return {
            operation.name: (_leads_to(operation), operation.name, operation.title)
            for operation in self.operations
            if operation.on_list and actor.may(operation.permission)
        }

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        """The operations that this person may do on `obj` as it stands."""
        actor = door.actor_of(request)
        return [
            Button(
                operation.name,
                operation.title_for(obj),
                door.operation_url(self, operation.name, [obj]),
                operation.icon,
                operation.style,
            )
            for operation in self.operations
            if operation.on_page
            and not operation.creates
            and actor.may(operation.permission)
            and operation.offered(obj)
        ]

    def describe(self, event: AuditEvent) -> str:
        """An event of this model in words."""
        return details(event)

    def timeline_of(self, request: HttpRequest, obj: Any) -> Slice:
        """What the audit trail tells of `obj`, one page of it."""
        return timeline(request, obj, self.describe)

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the change page shows beside the fields."""
        return {}

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if obj is not None and request.method == "GET" and self.has_view_permission(request, obj):
            context |= {"buttons": self.buttons(request, obj), **self.page_context(request, obj)}
            if request.user.has_perm("operations.view_auditevent"):
                context["timeline"] = self.timeline_of(request, obj)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        opts = self.model._meta
        name = f"{self.admin_site.name}:{opts.app_label}_{opts.model_name}_change"
        return HttpResponseRedirect(f"{reverse(name, args=[object_id])}#timeline")


def _leads_to(operation: Operation) -> Callable[[VerbAdmin, HttpRequest, QuerySet[Any]], HttpResponse]:
    def lead(admin: VerbAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        chosen = list(queryset[: operation.most + 1])
        if len(chosen) > operation.most:
            admin.message_user(request, f"Choose at most {operation.most} at once.", level="error")
            return HttpResponseRedirect(request.get_full_path())
        if len(chosen) > door.MOST_TARGETS:
            return confirmation.show_chosen(request, admin, operation, chosen)
        return HttpResponseRedirect(door.operation_url(admin, operation.name, chosen))

    return lead
