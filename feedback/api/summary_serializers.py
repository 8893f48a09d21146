"""What the summary of feedback looks like over HTTP."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers

from feedback.models import Ticket
from feedback.summary.areas import TOP
from feedback.summary.periods import LONGEST, STEPS

TICKETS = "How many tickets"


class MeanSerializer(serializers.Serializer[Any]):
    mean = serializers.FloatField(allow_null=True, help_text="From 1 to 5; null where nobody rated")
    n = serializers.IntegerField(help_text="How many ratings it is of")


class FiltersSerializer(serializers.Serializer[Any]):
    category = serializers.CharField(allow_null=True)
    module = serializers.CharField(allow_null=True)
    workspace = serializers.CharField(allow_null=True)


class VolumeSerializer(serializers.Serializer[Any]):
    """`from` and `to` are days, both included."""

    tickets = serializers.IntegerField()
    critical = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        # One of them is no name in Python.
        days = {name: serializers.DateField() for name in ("from", "to")}
        return {**days, **super().get_fields()}


class RatingsSerializer(serializers.Serializer[Any]):
    """`from` and `to` are days, both included."""

    satisfaction = MeanSerializer()
    usability = MeanSerializer()
    performance = MeanSerializer()

    def get_fields(self) -> dict[str, Any]:
        days = {name: serializers.DateField() for name in ("from", "to")}
        return {**days, **super().get_fields()}


class CategoryCountSerializer(serializers.Serializer[Any]):
    category = serializers.ChoiceField(Ticket.Category.choices)
    tickets = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="A fraction of all tickets")


class SeverityCountSerializer(serializers.Serializer[Any]):
    severity = serializers.ChoiceField(Ticket.Severity.choices)
    tickets = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="A fraction of all tickets")


class AreaCountSerializer(serializers.Serializer[Any]):
    featureArea = serializers.CharField(help_text="Spellings that differ in case and blanks are one area")
    tickets = serializers.IntegerField()
    critical = serializers.IntegerField()
    satisfaction = MeanSerializer()


class TimesSerializer(serializers.Serializer[Any]):
    """Whole minutes; null of no ticket."""

    medianMinutes = serializers.IntegerField(allow_null=True)
    p90Minutes = serializers.IntegerField(allow_null=True, help_text="90th percentile")
    n = serializers.IntegerField(help_text=TICKETS)


class KeptSerializer(serializers.Serializer[Any]):
    """How tickets did against their clock."""

    inTime = serializers.IntegerField()
    late = serializers.IntegerField(help_text="Done after their time")
    overdue = serializers.IntegerField(help_text="Not done, and their time is over")
    share = serializers.FloatField(allow_null=True, help_text="inTime of all three, a fraction")
    n = serializers.IntegerField(help_text="All three")


class BacklogSerializer(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    overdue = serializers.IntegerField()
    oldestReceivedAt = serializers.DateTimeField(allow_null=True)


class SummarySerializer(serializers.Serializer[Any]):
    """Tickets received from `startDate` to `endDate`, both included; those in quarantine are left out."""

    startDate = serializers.DateField()
    endDate = serializers.DateField()
    filters = FiltersSerializer()
    measuredAt = serializers.DateTimeField()
    step = serializers.ChoiceField(
        [*(step for _, step in STEPS), LONGEST], help_text="What `volume` and `ratingsOverTime` go by"
    )
    tickets = serializers.IntegerField()
    volume = VolumeSerializer(many=True)
    byCategory = CategoryCountSerializer(many=True)
    bySeverity = SeverityCountSerializer(many=True)
    byFeatureArea = AreaCountSerializer(many=True, help_text=f"The {TOP} with the most tickets")
    otherFeatureAreas = serializers.IntegerField(help_text="Tickets about areas that are not listed")
    withoutFeatureArea = serializers.IntegerField(help_text="Tickets that name no area")
    satisfaction = MeanSerializer()
    usability = MeanSerializer()
    performance = MeanSerializer()
    ratingsOverTime = RatingsSerializer(many=True)
    csat = MeanSerializer(help_text="What reporters think of how their tickets were resolved")
    resolutionTime = TimesSerializer(help_text="From received to resolved, in all hours")
    firstResponseTime = TimesSerializer(help_text="Until the first response, in business hours")
    answered = KeptSerializer(help_text="Against the clock of the first response")
    resolved = KeptSerializer(help_text="Against the clock of the resolution")
    reopened = serializers.IntegerField(help_text="Tickets of which a resolution did not hold")
    merged = serializers.IntegerField(help_text="Tickets merged into another one")
    open = serializers.IntegerField(help_text="Open now, of those received in the range")
    overdue = serializers.IntegerField(help_text="Overdue now, of those received in the range")
    backlog = BacklogSerializer(help_text="What is open now, whenever it was received")
