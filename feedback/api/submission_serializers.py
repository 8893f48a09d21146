"""What a product sends when one of its users says something, and what it gets back."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers

from feedback.models import Ticket
from feedback.tickets.drafts import LIMITS, LONGEST_STEP, MOST_STEPS
from operations.doors.bodies import Body, Text, Whole


class Mailbox(Text, serializers.EmailField):
    """A JSON string that is a mail address."""


def _text(name: str, help_text: str = "") -> Text:
    # The framework takes a source that is the field's own name for a mistake; none of those has a "_".
    return Text(
        source=name if "_" in name else None,
        required=False,
        allow_blank=True,
        max_length=LIMITS.get(name, 200),
        help_text=help_text,
    )


def _rating(name: str) -> Whole:
    return Whole(source=name, required=False, min_value=1, max_value=5, help_text="1 to 5, 5 is best")


class ReporterBody(Body):
    """Who said it: who leaves an address hears what becomes of it."""

    name = _text("reporter_name")
    email = Mailbox(
        source="reporter_email", required=False, allow_blank=True, max_length=LIMITS["reporter_email"]
    )
    locale = _text("reporter_locale", "A language tag, such as en-GB")


class FeedbackBody(Body):
    """The guide's payload, and where it comes from."""

    category = serializers.ChoiceField(Ticket.Category.choices)
    severity = serializers.ChoiceField(
        Ticket.Severity.choices, required=False, default=Ticket.Severity.MEDIUM.value
    )
    title = Text(max_length=LIMITS["title"], help_text="In one line")
    description = Text(max_length=LIMITS["description"])
    featureArea = _text("feature_area", "The part of the product")
    browserInfo = _text("browser_info")
    deviceInfo = _text("device_info")
    steps = serializers.ListField(
        child=Text(max_length=LONGEST_STEP),
        required=False,
        max_length=MOST_STEPS,
        help_text="What was done before it happened, one after the other",
    )
    expectedBehavior = _text("expected_behavior")
    actualBehavior = _text("actual_behavior")
    satisfactionRating = _rating("satisfaction_rating")
    usabilityRating = _rating("usability_rating")
    performanceRating = _rating("performance_rating")
    workspace = _text("workspace", "The id of the workspace in which it was said")
    module = _text("module", "The key of the module that it is about")
    release = _text("release", "The version of the product")
    reporter = ReporterBody(source="*", required=False)


class RedactedSerializer(serializers.Serializer[Any]):
    """What was taken out of one text."""

    field = serializers.CharField()
    kind = serializers.CharField(help_text="As it stands in brackets in the text, such as NHS number")
    count = serializers.IntegerField()


class ReceiptSerializer(serializers.Serializer[Any]):
    """What became of it."""

    reference = serializers.CharField(help_text="How everybody names it, such as FB-1042")
    status = serializers.ChoiceField(Ticket.State.choices)
    category = serializers.ChoiceField(Ticket.Category.choices)
    severity = serializers.ChoiceField(Ticket.Severity.choices)
    receivedAt = serializers.DateTimeField()
    redacted = RedactedSerializer(many=True, help_text="What looked like patient data; empty: nothing did")
    link = serializers.URLField(
        help_text="Where its reporter sees how it stands and answers, without a login: for them alone"
    )


class FileBody(Body):
    """One file, as multipart/form-data."""

    file = serializers.FileField()


class AttachmentSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Without paths, invisible characters and patient data")
    contentType = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes")
    digest = serializers.CharField(help_text="SHA-256, hexadecimal")
