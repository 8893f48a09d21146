"""The outbox: read-only; what was given up can be sent again."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from operations import outbox
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin
from operations.models import OutboxMessage


def _replay(message: OutboxMessage, inputs: Inputs, actor: Actor, version: int | None) -> str:
    outbox.replay(message, actor=actor)
    return f"{message} is due again."


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("delivered", "Delivered"), ("dead", "Given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "waiting":
                return queryset.filter(delivered_at=None, dead_at=None)
            case "delivered":
                return queryset.exclude(delivered_at=None)
            case "dead":
                return queryset.exclude(dead_at=None)
        return queryset


class OutboxMessageAdmin(VerbAdmin):
    operations = (
        Operation(
            name="replay",
            title="Send again",
            permission="operations.retry_outboxmessage",
            perform=_replay,
            offered=lambda message: message.state != "waiting",
            icon="replay",
            style="primary",
            note="It is tried again, with all its attempts. A receiver may get it twice, with the same id.",
            on_list=True,
        ),
    )
    list_display = ("created_at", "kind", "status", "attempts", "due_at", "last_error")
    list_filter = (StateFilter,)
    fields = (
        "id",
        "kind",
        "status",
        "created_at",
        "due_at",
        "attempts",
        "last_error",
        "delivered_at",
        "dead_at",
    )
    paginator = InfinitePaginator
    show_full_result_count = False

    @display(description="State", label={"Delivered": "success", "Dead": "danger", "Waiting": "info"})
    def status(self, message: OutboxMessage) -> str:
        return message.state.capitalize()
