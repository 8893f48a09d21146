"""What calls about tickets take and answer."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers

from feedback.lifecycle import TRANSITIONS
from feedback.models import Message, Ticket, TicketEvent
from feedback.tickets import reasons
from feedback.tickets.drafts import LIMITS
from feedback.tickets.messaging import LONGEST
from operations.doors.bodies import Body, Text, Truth, Whole

MESSAGE_KINDS = Message.Kind.choices
EVENT_KINDS = TicketEvent.Kind.choices


def _text(longest: int, help_text: str = "") -> Text:
    return Text(required=False, default="", allow_blank=True, max_length=longest, help_text=help_text)


def _by() -> Text:
    return _text(200, "Who asked for it: a label in the trail that permits nothing")


def _reason() -> Text:
    return _text(reasons.LONGEST, "Why; whoever declines a ticket tells its reporter so")


class MoveBody(Body):
    """A step in a ticket's life, with what it asks for."""

    reason = _reason()
    owner = _text(150, "assign: the user name of who gets it")
    fixedIn = _text(LIMITS["release"], "resolve: the version that brings the fix")
    version = Whole(
        required=False, min_value=1, help_text="What was seen: refused when the ticket changed since"
    )
    by = _by()


class ReplyBody(Body):
    """An answer to the reporter."""

    body = Text(max_length=LONGEST)
    waits = Truth(
        required=False, default=False, help_text="Whether the clocks stand still until the reporter answers"
    )
    by = _by()


class TicketNoteBody(Body):
    """A note for the team."""

    body = Text(max_length=LONGEST)
    by = _by()


class FixedBody(Body):
    """The version with the fix."""

    version = Text(max_length=LIMITS["release"])
    by = _by()


class MergeBody(Body):
    """Which ticket says the same."""

    into = Text(max_length=1_000, help_text="A reference such as FB-12, or a link to the ticket")
    reason = _reason()
    by = _by()


class UnmergeBody(Body):
    """Why they do not say the same."""

    reason = _reason()
    by = _by()


class TicketSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    status = serializers.ChoiceField(Ticket.State.choices)
    category = serializers.ChoiceField(Ticket.Category.choices)
    severity = serializers.ChoiceField(Ticket.Severity.choices)
    title = serializers.CharField()
    module = serializers.CharField(allow_null=True)
    workspace = serializers.CharField(allow_null=True)
    featureArea = serializers.CharField(allow_blank=True)
    owner = serializers.CharField(allow_null=True, help_text="A user name")
    source = serializers.ChoiceField(Ticket.Source.choices)  # type: ignore[assignment]
    receivedAt = serializers.DateTimeField()
    due = serializers.DateTimeField(allow_null=True, help_text="By when the next response is owed")
    waitingSince = serializers.DateTimeField(
        allow_null=True, help_text="Since when it waits for its reporter"
    )
    mergedInto = serializers.CharField(
        allow_null=True, help_text="The reference of the one it says the same as"
    )
    quarantined = serializers.BooleanField(help_text="Whether it looks like spam")
    version = serializers.IntegerField(help_text="Counts its changes")


class TicketsSerializer(serializers.Serializer[Any]):
    tickets = TicketSerializer(many=True)
    more = serializers.BooleanField(help_text="Whether there are more after these")


class TicketReporterSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    locale = serializers.CharField(allow_blank=True)


class TicketMessageSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(MESSAGE_KINDS)
    body = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()


class TicketEventSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(EVENT_KINDS)
    by = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    changes = serializers.DictField(help_text="Each field with what it was and what it became")


class TicketFileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    contentType = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes")
    at = serializers.DateTimeField()
    by = serializers.CharField()


class WholeTicketSerializer(TicketSerializer):
    description = serializers.CharField(help_text="Without what looked like patient data")
    steps = serializers.ListField(child=serializers.CharField())
    expectedBehavior = serializers.CharField(allow_blank=True)
    actualBehavior = serializers.CharField(allow_blank=True)
    browserInfo = serializers.CharField(allow_blank=True)
    deviceInfo = serializers.CharField(allow_blank=True)
    satisfactionRating = serializers.IntegerField(allow_null=True)
    usabilityRating = serializers.IntegerField(allow_null=True)
    performanceRating = serializers.IntegerField(allow_null=True)
    release = serializers.CharField(allow_blank=True)
    reporter = TicketReporterSerializer()
    flag = serializers.CharField(allow_null=True)
    phase = serializers.IntegerField(allow_null=True, help_text="Its number")
    tags = serializers.ListField(child=serializers.CharField())
    respondBy = serializers.DateTimeField(allow_null=True)
    resolveBy = serializers.DateTimeField(allow_null=True)
    respondedAt = serializers.DateTimeField(allow_null=True)
    resolvedAt = serializers.DateTimeField(allow_null=True)
    resolutionMinutes = serializers.IntegerField(allow_null=True, help_text="From received to resolved")
    fixedIn = serializers.CharField(allow_blank=True)
    allowed = serializers.ListField(
        child=serializers.ChoiceField(list(TRANSITIONS)), help_text="What may follow"
    )
    merged = serializers.ListField(
        child=serializers.CharField(), help_text="References of those merged into it"
    )
    messages = TicketMessageSerializer(many=True)
    history = TicketEventSerializer(many=True)
    attachments = TicketFileSerializer(many=True)
    url = serializers.URLField(help_text="Its page in the portal")
