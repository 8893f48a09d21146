"""Importing tickets in the admin: what is shown are the first rows of what is staged."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from feedback.admin.import_form import ImportForm
from feedback.imports import importing, staging
from feedback.models import TicketImport
from operations.doors import import_pages
from operations.doors.admin import actor_of


class ImportPages(import_pages.ImportPages):
    """The pages of an import of tickets."""

    title = "Import tickets"
    form = ImportForm
    permissions = importing.PERMISSIONS
    form_template = "admin/feedback/ticket_import.html"
    result_template = "admin/feedback/ticket_import_result.html"

    def batches(self) -> QuerySet[TicketImport]:
        return TicketImport.objects.all()

    def stage(self, request: HttpRequest, form: ImportForm) -> TicketImport:
        file = form.cleaned_data["file"]
        return importing.stage_csv(file, source=file.name, actor=actor_of(request), options=form.options())

    def result_context(self, batch: TicketImport) -> Mapping[str, Any]:
        return {"preview": staging.result_of(batch, dry_run=True), "rows": staging.first_of(batch)}

    def apply(self, request: HttpRequest, batch: TicketImport) -> str:
        result = importing.apply(batch.pk, actor=actor_of(request))
        return f"{result.created:,} tickets created, {result.kept:,} were imported before"

    def discard(self, request: HttpRequest, batch: TicketImport) -> None:
        importing.discard(batch.pk, actor=actor_of(request))
