"""The audit trail: read-only; a reason can be erased."""

from typing import Any

from django.contrib.admin import DateFieldListFilter, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from operations import audit
from operations.actor import Actor, Door
from operations.doors import timeline
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin
from operations.models import AuditEvent


class DoorFilter(SimpleListFilter):
    title = "door"
    parameter_name = "door"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(door), str(door).capitalize()) for door in Door]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(door=self.value()) if self.value() else queryset


class ActionFilter(SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = AuditEvent.objects.order_by("action").values_list("action", flat=True).distinct()
        return [(action, action) for action in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


def _erase(event: AuditEvent, inputs: Inputs, actor: Actor, version: int | None) -> str:
    audit.erase_reason(event, actor=actor)
    return "The reason was erased. Its digest stays in the sealed event."


def _has_text(event: AuditEvent) -> bool:
    reason = getattr(event, "reason", None)
    return reason is not None and reason.erased_at is None


class AuditEventAdmin(VerbAdmin):
    operations = (
        Operation(
            name="erase-reason",
            title="Erase reason",
            permission="operations.change_auditreason",
            perform=_erase,
            offered=_has_text,
            icon="ink_eraser",
            style="danger",
            note="The free text is erased for good. The event and the digest of its reason stay.",
        ),
    )
    list_display = ("at", "action", "subject", "facts", "who", "sealed")
    list_display_links = ("at", "action")
    list_filter = (DoorFilter, ActionFilter, ("at", DateFieldListFilter))
    search_fields = ("subject_id__exact", "subject__startswith", "actor__startswith")
    search_help_text = "How the subject or the actor begins, or an exact id"
    list_select_related = ("seal", "reason")
    paginator = InfinitePaginator
    show_full_result_count = False
    ordering = ("-id",)
    fields = (
        "at",
        "action",
        "subject",
        "subject_type",
        "subject_id",
        "who",
        "user_id",
        "facts",
        "reason_text",
        "seal_text",
    )
    change_form_outer_after_template = ""

    @display(description="Facts")
    def facts(self, event: AuditEvent) -> str:
        return timeline.details(event) or "-"

    @display(description="Sealed", label={"Sealed": "success", "Waiting": ""})
    def sealed(self, event: AuditEvent) -> str:
        return "Sealed" if hasattr(event, "seal") else "Waiting"

    @display(description="Reason")
    def reason_text(self, event: AuditEvent) -> str:
        return str(getattr(event, "reason", "")) or "-"

    @display(description="Seal")
    def seal_text(self, event: AuditEvent) -> str:
        seal = getattr(event, "seal", None)
        return f"{seal.sequence}: {seal.digest}" if seal else "The sealer has not chained this event yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        found: QuerySet[AuditEvent] = super().get_queryset(request)
        return found.select_related("seal", "reason")
