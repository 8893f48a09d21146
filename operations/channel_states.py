"""How channels fare, read from the messages of their lanes."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import CharField, DateTimeField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from operations.channels import lane_of
from operations.models import Channel, OutboxMessage

# The lane of a row, in a query.
LANE = Concat(Value("channel:"), Cast("pk", CharField()))
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class State:
    """`word` is one of new, works, failing, disabled; `since` and `why` say more of the last two."""

    word: str
    since: datetime | None = None
    why: str = ""
    last_delivered_at: datetime | None = None


def with_states(channels: QuerySet[Channel]) -> QuerySet[Channel]:
    """Channels with what `state_of` needs, in the same query.

    A channel fails while a message waits after an error, or while the last that was given up is newer than
    the last that arrived.
    """
    named = channels.annotate(lane=LANE)
    messages = OutboxMessage.objects.filter(lane=OuterRef("lane"))
    arrived = messages.exclude(delivered_at=None).order_by("-delivered_at").values("delivered_at")
    reached = named.annotate(last_delivered_at=Subquery(arrived[:1], output_field=DateTimeField()))
    still = Q(dead_at=None) | Q(dead_at__gt=Coalesce(OuterRef("last_delivered_at"), Value(NEVER)))
    failing = messages.filter(still, delivered_at=None).exclude(last_error="")
    return reached.annotate(
        failing_since=Subquery(failing.order_by("created_at").values("created_at")[:1]),
        failing_why=Subquery(failing.order_by("-created_at").values("last_error")[:1]),
    )


def state_of(channel: Channel) -> State:
    """The state of a channel that `with_states` read."""
    facts = vars(channel)
    last = facts["last_delivered_at"]
    if channel.disabled_at:
        return State("disabled", channel.disabled_at, channel.disabled_why, last)
    if facts["failing_since"]:
        return State("failing", facts["failing_since"], facts["failing_why"], last)
    return State("works" if last else "new", last_delivered_at=last)


def newest_messages(channel: Channel, count: int = 10) -> QuerySet[OutboxMessage]:
    """The newest messages of a channel, the newest first."""
    return OutboxMessage.objects.filter(lane=lane_of(channel)).order_by("-created_at")[:count]
