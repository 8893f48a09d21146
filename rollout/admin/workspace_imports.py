"""Importing a file in the admin: upload it, see what it would do, confirm.

The file is read once, into staging; what is shown is a dry run of what is staged, and confirming applies
that.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from operations.doors.admin import actor_of
from operations.doors.downloads import csv_response
from operations.errors import Invalid, Refused
from rollout import workspaces
from rollout.admin.workspace_forms import NHS_LIST, ImportForm
from rollout.models import Import

if TYPE_CHECKING:
    from operations.doors.model_admin import VerbAdmin

PERMISSIONS = ("rollout.add_workspace", "rollout.change_workspace")
FIRST_FAULTS = 50


def may_import(request: HttpRequest) -> bool:
    """Whether the person behind a request may import workspaces."""
    return all(request.user.has_perm(permission) for permission in PERMISSIONS)


class ImportPages:
    """The pages of an import: the form, what the file would do, and its bad rows."""

    def __init__(self, admin: "VerbAdmin") -> None:
        self.admin = admin

    def urls(self) -> list[URLPattern]:
        view = self.admin.admin_site.admin_view
        return [
            path("import/", view(self.form_view), name="rollout_workspace_import"),
            path("import/<uuid:pk>/", view(self.result_view), name="rollout_workspace_import_result"),
            path("import/<uuid:pk>/faults/", view(self.faults_view), name="rollout_workspace_import_faults"),
        ]

    def form_view(self, request: HttpRequest) -> HttpResponse:
        """The form; on POST the file goes into staging, and the result page shows what it would do."""
        _require(request)
        if request.method != "POST":
            # A link may fill the form in.
            initial = {name: text for name, text in request.GET.items() if name in ImportForm().fields}
            return self._form(request, ImportForm(initial=initial))
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._form(request, form)
        try:
            batch = workspaces.stage_csv(
                form.cleaned_data["file"],
                source=form.cleaned_data["file"].name,
                actor=actor_of(request),
                mapping=form.chosen("map"),
                defaults=form.chosen("default"),
                encoding=form.cleaned_data["encoding"],
            )
            if not batch.faults.exists():
                workspaces.apply(batch.pk, actor=actor_of(request), dry_run=True)
        except Invalid as refusal:
            form.mark(refusal)
            return self._form(request, form)
        return HttpResponseRedirect(reverse("admin:rollout_workspace_import_result", args=[batch.pk]))

    def result_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What a staged file would do, or its bad rows; on POST it is applied or dropped."""
        _require(request)
        batch = Import.objects.filter(pk=pk, applied_at=None).first()
        if batch is None:
            messages.error(request, "This import was applied or dropped, or it is more than a day old.")
            return HttpResponseRedirect(reverse("admin:rollout_workspace_changelist"))
        if request.method == "POST":
            return self._decide(request, batch)
        faults = batch.faults.order_by("line", "pk")
        context = {
            "batch": batch,
            "preview": batch.result.get("preview"),
            "faults": faults[:FIRST_FAULTS],
            "fault_count": faults.count(),
        }
        return self._page(request, "admin/rollout/workspace_import_result.html", "Import workspaces", context)

    def faults_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Every bad row of a staged file, as CSV."""
        _require(request)
        batch = get_object_or_404(Import, pk=pk)
        return csv_response("bad-rows.csv", ("line", "field", "message"), _cells(batch))

    def _decide(self, request: HttpRequest, batch: Import) -> HttpResponse:
        listed = HttpResponseRedirect(reverse("admin:rollout_workspace_changelist"))
        if "discard" in request.POST:
            workspaces.discard(batch.pk, actor=actor_of(request))
            messages.info(request, f"{batch} was dropped: nothing was imported.")
            return listed
        try:
            result = workspaces.apply(
                batch.pk, actor=actor_of(request), confirm_loss="confirm_loss" in request.POST
            )
        except Refused as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(request.path)
        counts = f"{result.created:,} created, {result.updated:,} updated, {result.unchanged:,} unchanged"
        messages.success(request, f"{batch}: {counts}.")
        return listed

    def _form(self, request: HttpRequest, form: ImportForm) -> HttpResponse:
        context = {"form": form, "nhs_list": NHS_LIST}
        return self._page(request, "admin/rollout/workspace_import.html", "Import workspaces", context)

    def _page(self, request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(
            request,
            template,
            {
                **self.admin.admin_site.each_context(request),
                "title": title,
                "model_admin": self.admin,
                "opts": self.admin.model._meta,
                **context,
            },
        )


def _require(request: HttpRequest) -> None:
    if not may_import(request):
        raise PermissionDenied


def _cells(batch: Import) -> Iterator[list[str]]:
    found = batch.faults.order_by("line", "pk").values_list("line", "field", "message")
    for line, field, message in found.iterator():
        yield [str(line), field, message]
