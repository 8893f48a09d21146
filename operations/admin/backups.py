"""Backups: read-only. They take longer than a request may, so that a night job and a command make them."""

from typing import Any

from django.conf import settings
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from operations.doors.model_admin import VerbAdmin
from operations.models import Backup
from operations.spelling import span


def _wrapped(text: str) -> SafeString:
    """A long word that a phone may break."""
    return format_html('<span class="op-value">{}</span>', text) if text else SafeString()


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state.capitalize()) for state in ("proven", "unproven", "damaged", "removed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kept = queryset.filter(removed_at=None)
        match self.value():
            case "proven":
                return kept.exclude(verified_at=None)
            case "unproven":
                return kept.filter(verified_at=None, failed_at=None)
            case "damaged":
                return kept.exclude(failed_at=None)
            case "removed":
                return queryset.exclude(removed_at=None)
        return queryset


class BackupAdmin(VerbAdmin):
    list_before_template = "admin/operations/backups_head.html"
    list_display = ("name", "status", "shown_size", "row_total", "created_at", "created_by", "note")
    list_filter = (StateFilter,)
    search_fields = ("name", "note")
    fields = (
        "name",
        "status",
        "note",
        "created_at",
        "created_by",
        "engine",
        "shown_size",
        "row_total",
        "portal_version",
        "head_text",
        "digest_text",
        "proof",
        "faults",
    )

    @display(
        description="State",
        label={"Proven": "success", "Unproven": "warning", "Damaged": "danger", "Removed": ""},
    )
    def status(self, backup: Backup) -> str:
        return backup.state.capitalize()

    @display(description="Size", ordering="size")
    def shown_size(self, backup: Backup) -> str:
        return filesizeformat(backup.size)

    @display(description="Rows")
    def row_total(self, backup: Backup) -> str:
        return f"{backup.rows:,} in {len(backup.row_counts)} tables"

    @display(description="Audit head")
    def head_text(self, backup: Backup) -> str:
        return _wrapped(backup.audit_head) or "-"

    @display(description="Digest of the manifest")
    def digest_text(self, backup: Backup) -> str:
        return _wrapped(backup.digest)

    @display(description="Proof")
    def proof(self, backup: Backup) -> str:
        found, at = backup.verification, backup.verified_at
        if at is None:
            return "None: nobody has restored it yet." if backup.failed_at is None else "It does not restore."
        restored = f"{found.get('rows', 0):,} rows, {found.get('events', 0):,} audit events"
        when = timezone.localtime(at)
        return f"Restored and compared on {when:%Y-%m-%d %H:%M %Z} by {backup.verified_by}: {restored}."

    @display(description="Faults")
    def faults(self, backup: Backup) -> str:
        return "; ".join(backup.verification.get("faults", ())) or "-"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        age = Backup.objects.newest_proven_age()
        context = {
            "proven_ago": span(age) if age is not None else "",
            "kept": settings.BACKUP_KEEP,
            "daily": settings.BACKUP_DAILY,
            "folder": settings.BACKUP_DIR,
        }
        response: TemplateResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return response
