"""The outbox: read-only; what was delivered or given up can be sent again."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from operations import channels, outbox
from operations.actor import Actor
from operations.channel_states import LANE as CHANNEL_LANE
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin
from operations.models import Channel, OutboxMessage


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


class LaneFilter(SimpleListFilter):
    """By the channel that messages go through; `?lane=` takes any other lane as well."""

    title = "channel"
    parameter_name = "lane"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(channels.lane_of(each), each.name) for each in Channel.objects.only("name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(lane=self.value()) if self.value() else queryset


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
            note="It goes out with the same id and all its attempts. A receiver that has it can drop it.",
            on_list=True,
        ),
    )
    list_display = ("created_at", "subject", "to", "status", "attempts", "due", "last_error")
    list_filter = (StateFilter, LaneFilter)
    fields = (
        "id",
        "subject",
        "to",
        "kind",
        "status",
        "created_at",
        "due",
        "attempts",
        "last_error",
        "delivered_at",
        "dead_at",
    )
    paginator = InfinitePaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        found: QuerySet[OutboxMessage] = super().get_queryset(request)
        through = Channel.objects.annotate(lane=CHANNEL_LANE).filter(lane=OuterRef("lane"))
        return found.annotate(channel_name=Subquery(through.values("name")[:1]))

    @display(description="Subject")
    def subject(self, message: OutboxMessage) -> str:
        return message.payload.get("subject") or "-"

    @display(description="To")
    def to(self, message: OutboxMessage) -> str:
        """The channel's name, or the address of a mail by itself."""
        found: str | None = message.channel_name  # type: ignore[attr-defined]  # annotated
        return found or ", ".join(message.payload.get("to", ())) or "-"

    @display(description="Due", ordering="due_at")
    def due(self, message: OutboxMessage) -> Any:
        return message.due_at if message.state == "waiting" else None

    @display(description="State", label={"Delivered": "success", "Dead": "danger", "Waiting": "info"})
    def status(self, message: OutboxMessage) -> str:
        return message.state.capitalize()
