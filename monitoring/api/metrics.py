"""Pushed vitals over HTTP: a batch of samples, counted once."""

# ruff: noqa: N815

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring import ingest
from monitoring.ingest.counts import BUCKETS
from monitoring.ingest.parsing import Unreadable, parse
from monitoring.ingest.reading import (
    ARMS,
    COUNTER_NAME,
    LONGEST_ID,
    LONGEST_USER,
    MOST_COUNTERS,
    MOST_TOGETHER,
    MOST_USERS,
)
from monitoring.ingest.values import MOST, MOST_MS
from operations.doors.api import actor_of, refuse_too_large
from operations.doors.bodies import Body, Text, Whole, refuse_unmeasured, with_errors
from operations.errors import Invalid
from operations.models.keys import Scope

COUNT = {"type": "integer", "minimum": 0, "maximum": MOST}


@extend_schema_field(
    {
        "type": "object",
        "properties": dict.fromkeys(BUCKETS, COUNT),
        "required": list(BUCKETS),
        "additionalProperties": False,
    }
)
class Buckets(serializers.JSONField):
    """Responses at or under each bound in milliseconds."""


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": COUNT,
        "maxProperties": MOST_COUNTERS,
    }
)
class Counters(serializers.JSONField):
    """Counts by names of the product's own."""


def _count(help_text: str) -> Whole:
    return Whole(min_value=0, max_value=MOST, required=False, help_text=help_text)


def _number(most: float, help_text: str) -> serializers.FloatField:
    return serializers.FloatField(min_value=0, max_value=most, required=False, help_text=help_text)


class SampleBody(Body):
    """What was measured in one workspace; it counts in the hour (UTC) of `at`."""

    workspace = Text(
        required=False,
        allow_blank=True,
        max_length=LONGEST_ID,
        help_text="The workspace's id; only for modules that are rolled out by user may it be left out",
    )
    at = serializers.DateTimeField(help_text="With its zone; from 35 days ago to 5 minutes ahead")
    requests = _count("Of the whole product in this workspace; comes with `errors`")
    errors = _count("Requests that failed; at most `requests`")  # type: ignore[assignment]
    timeouts = _count("Requests that took too long; at most `requests`")
    latencyBuckets = Buckets(
        required=False,
        help_text="Cumulative: how many responses took at most so many milliseconds; `+Inf` at most "
        "`requests`. Comes with `latencySumMs`",
    )
    latencySumMs = _number(MOST_MS, "The sum of all response times in milliseconds")
    moduleRequests = _count("Of the module alone; at most `requests`; comes with `moduleErrors`")
    moduleErrors = _count("Of the module alone; at most `moduleRequests`")
    counters = Counters(
        required=False,
        help_text=f"Such as appointmentsCreated; names are {COUNTER_NAME}; "
        f"{MOST_TOGETHER:,} in a call altogether",
    )
    users = serializers.ListField(
        child=Text(min_length=1, max_length=LONGEST_USER),
        max_length=MOST_USERS,
        required=False,
        help_text="Pseudonymous ids of who used the module, repeats allowed; "
        f"{MOST_TOGETHER:,} in a call altogether. Only a digest is stored",
    )
    arm = serializers.ChoiceField(
        ARMS,
        required=False,
        help_text="Only for modules that are rolled out by user, and required there: "
        "whether these users have the module",
    )


class GaugesBody(Body):
    """The platform at one moment."""

    at = serializers.DateTimeField(help_text="With its zone")
    memory = _number(100, "Percent in use")
    cpu = _number(100, "Percent in use")
    disk = _number(100, "Percent in use")
    databaseMs = _number(MOST_MS, "The mean time of a query in milliseconds")
    databaseFailures = _count("Connections to the database that failed since the last reading")


class MetricsBody(Body):
    """A batch. It must hold a sample or the gauges."""

    batch = Text(
        min_length=1,
        max_length=LONGEST_ID,
        help_text="Your id of this batch, used once for each module: a repeat changes nothing",
    )
    module = Text(min_length=1, max_length=LONGEST_ID, help_text="Such as patient_engagement")
    samples = serializers.ListField(child=SampleBody(), max_length=ingest.LARGEST, required=False)
    gauges = GaugesBody(required=False)


class RejectedSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(allow_null=True, help_text="Of the sample; null for the gauges")
    field = serializers.CharField(allow_blank=True, help_text="Empty where the whole sample is meant")
    message = serializers.CharField()


class MetricsSerializer(serializers.Serializer[Any]):
    """What was counted, when this batch came first."""

    accepted = serializers.IntegerField(help_text="Samples that were counted")
    rejectedCount = serializers.IntegerField(help_text="Samples that were not")
    rejected = RejectedSerializer(many=True, help_text=f"Why not: the first {ingest.MOST_SHOWN:,} faults")


class MetricsParser(BaseParser):
    """JSON whose faults can all be named; the framework's own parser stops at NaN without saying where."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        refuse_too_large((parser_context or {})["request"])
        try:
            return parse(stream.read())
        except Unreadable as error:
            raise ParseError(str(error)) from None


class MetricsView(APIView):
    """What the product measured."""

    required_scope = Scope.INGEST
    parser_classes = [MetricsParser]

    @extend_schema(
        operation_id="pushMetrics",
        request=MetricsBody,
        responses=with_errors({200: MetricsSerializer}, 400, 413, 415, 503),
    )
    def post(self, request: Request) -> Response:
        """Count a batch of samples. Right ones count and wrong ones are named; 400 when none counts.

        A batch is known by its module and its id. One that was counted before changes nothing and gets its
        first answer again, so that a call without an answer can be repeated. A correction is a new batch
        under a new id; counts of several batches for one hour add up. After a 400 the id is still free.
        """
        refuse_unmeasured(request)
        try:
            taken = ingest.take(request.data, actor=actor_of(request, frozenset()))
        except Invalid as fault:
            # Not left to the error form of verbs, which respells names: these are the product's own.
            raise ValidationError(fault.fields) from None
        return Response(
            {
                "accepted": taken.accepted,
                "rejectedCount": taken.rejected_count,
                "rejected": taken.rejected,
            }
        )
