"""Workspaces in the admin: the list, a page for each with its members, CSV in and out."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from unfold.admin import TabularInline
from unfold.decorators import display

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.downloads import csv_response
from operations.doors.model_admin import VerbAdmin
from rollout import answers, exports, workspaces
from rollout.admin.workspace_filters import RegionFilter, RolloutFilter, StatusFilter, TierFilter
from rollout.admin.workspace_forms import EditForm, ExplainForm
from rollout.admin.workspace_imports import ImportPages
from rollout.models import Enrolment, Member, Workspace

FIELDS = ("id", "name", "tier", "status", "region", "time_zone", "created_at", "updated_at")


def edit(workspace: Workspace, inputs: Inputs, actor: Actor, version: int | None) -> str:
    values = {name: inputs[name] for name in workspaces.EDITABLE}
    workspaces.edit(workspace, actor=actor, seen=inputs["shown_at"], **values)
    return f"{workspace.pk} was saved."


class MemberInline(TabularInline):
    """The people of a workspace, as the product or a file names them."""

    model = Member
    fields = readonly_fields = ("person", "role", "email", "active")
    ordering = ("member",)
    extra = 0
    per_page = 50
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="Member")
    def person(self, member: Member) -> str:
        return str(member)


class WorkspaceAdmin(VerbAdmin):
    operations = (
        Operation(
            name="edit",
            title="Edit",
            permission="rollout.change_workspace",
            perform=edit,
            form=EditForm,
            initial=EditForm.filled_in,
            icon="edit",
            note="Who is in a rollout follows at once from the subscription.",
        ),
    )
    list_display = ("name", "key", "tier", "status", "region", "cohorts")
    list_filter = (TierFilter, StatusFilter, RegionFilter, RolloutFilter)
    search_fields = ("^id", "name", "region")
    search_help_text = "How the id begins, or a part of the name or the region"
    ordering = ("id",)
    list_per_page = 50
    show_full_result_count = False
    inlines = (MemberInline,)
    fields = readonly_fields = FIELDS
    list_before_template = "admin/rollout/workspace_list_head.html"
    change_form_outer_before_template = "admin/rollout/workspace_head.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        found: QuerySet[Workspace] = super().get_queryset(request)
        stays = Enrolment.objects.open().filter(plan__module__part_of=None).select_related("plan__module")
        return found.prefetch_related(Prefetch("enrolments", queryset=stays, to_attr="stays"))

    @display(description="Id", ordering="id")
    def key(self, workspace: Workspace) -> str:
        return workspace.pk

    @display(description="In the cohort of")
    def cohorts(self, workspace: Workspace) -> str:
        return ", ".join(stay.plan.module.name for stay in workspace.stays) or "-"  # type: ignore[attr-defined]

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("export/", view(self.export_view), name="rollout_workspace_export"),
            *ImportPages(self).urls(),
        ]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The workspaces that the list's filters leave, as CSV."""
        self.require_view(request)
        found = self.get_changelist_instance(request).get_queryset(request)
        return csv_response("workspaces.csv", exports.HEADER, exports.rows(found))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        context = {"may_import": ImportPages.permitted(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def page_context(self, request: HttpRequest, obj: Workspace) -> dict[str, Any]:
        asked = "flag" in request.GET
        form = ExplainForm(request.GET if asked else None)
        found: dict[str, Any] = {"workspace": obj, "lookup": form, "stays": obj.stays}  # type: ignore[attr-defined]
        if asked and form.is_valid():
            found["answer"] = answers.explain(form.cleaned_data["flag"], obj.pk)
        return found
