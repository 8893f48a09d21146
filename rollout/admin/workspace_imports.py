"""Importing workspaces in the admin: what is shown is a dry run of what is staged."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from operations.doors import import_pages
from operations.doors.admin import actor_of
from rollout import workspaces
from rollout.admin.workspace_forms import NHS_LIST, ImportForm
from rollout.models import Import


class ImportPages(import_pages.ImportPages):
    """The pages of an import of workspaces."""

    title = "Import workspaces"
    form = ImportForm
    permissions = ("rollout.add_workspace", "rollout.change_workspace")
    form_template = "admin/rollout/workspace_import.html"
    result_template = "admin/rollout/workspace_import_result.html"

    def batches(self) -> QuerySet[Import]:
        return Import.objects.all()

    def stage(self, request: HttpRequest, form: ImportForm) -> Import:
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
        return batch

    def form_context(self) -> Mapping[str, Any]:
        return {"nhs_list": NHS_LIST}

    def result_context(self, batch: Import) -> Mapping[str, Any]:
        return {"preview": batch.result.get("preview")}

    def apply(self, request: HttpRequest, batch: Import) -> str:
        result = workspaces.apply(
            batch.pk, actor=actor_of(request), confirm_loss="confirm_loss" in request.POST
        )
        return f"{result.created:,} created, {result.updated:,} updated, {result.unchanged:,} unchanged"

    def discard(self, request: HttpRequest, batch: Import) -> None:
        workspaces.discard(batch.pk, actor=actor_of(request))
