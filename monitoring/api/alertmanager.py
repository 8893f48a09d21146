"""Alertmanager's webhook over HTTP."""

# ruff: noqa: N815

import threading
from typing import Any

from django.db import OperationalError
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.alertmanager import receiving
from monitoring.api.metrics import MetricsParser
from operations.doors.api import actor_of
from operations.doors.bodies import ErrorSerializer, refuse_unmeasured, with_errors
from operations.errors import Invalid
from operations.models import ApiKey
from operations.models.keys import Scope

# In one process at once. Its server has four threads, and one stays free for everybody else.
MOST_AT_ONCE = 3
# Seconds; Alertmanager waits as long as it likes to.
TRY_AGAIN = 1.0
# After these Alertmanager drops what it sent.
DROPPED = frozenset({400, 413, 415})


class WebhookAlertSerializer(serializers.Serializer[Any]):
    """One alert. Its identity is its fingerprint with its beginning."""

    status = serializers.CharField(help_text="firing or resolved")
    labels = serializers.DictField(child=serializers.CharField())
    annotations = serializers.DictField(child=serializers.CharField())
    startsAt = serializers.DateTimeField()
    endsAt = serializers.DateTimeField(help_text="0001-01-01T00:00:00Z while it fires")
    generatorURL = serializers.CharField(required=False)
    fingerprint = serializers.CharField()


class WebhookSerializer(serializers.Serializer[Any]):
    """What Alertmanager sends. Fields that it adds are let be."""

    version = serializers.CharField(help_text="4")
    groupKey = serializers.CharField()
    truncatedAlerts = serializers.IntegerField(required=False, help_text="How many were left out")
    status = serializers.CharField(help_text="firing or resolved")
    receiver = serializers.CharField(required=False)
    groupLabels = serializers.DictField(child=serializers.CharField(), required=False)
    commonLabels = serializers.DictField(child=serializers.CharField(), required=False)
    commonAnnotations = serializers.DictField(child=serializers.CharField(), required=False)
    externalURL = serializers.CharField(required=False)
    alerts = WebhookAlertSerializer(many=True)


class RejectedAlertSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="Of the alert")
    field = serializers.CharField(allow_blank=True, help_text="Empty where the whole alert is meant")
    message = serializers.CharField()


class TakenSerializer(serializers.Serializer[Any]):
    """What became of the alerts."""

    accepted = serializers.IntegerField()
    ignored = serializers.IntegerField(help_text="Pushed by the portal itself")
    rejectedCount = serializers.IntegerField()
    rejected = RejectedAlertSerializer(many=True, help_text=f"The first {receiving.MOST_SHOWN:,} faults")


class Busy(Throttled):
    """Alertmanager tries again after this, and drops what gets a 429."""

    status_code = 503
    default_code = "unavailable"
    default_detail = "Too many messages at once: try again."
    extra_detail_singular = extra_detail_plural = "Try again in {wait} s."


ANSWERS = {
    status: answer
    for status, answer in with_errors({200: TakenSerializer}, 400, 413, 415, 503).items()
    if status != Throttled.status_code
}
ANSWERS[503] = OpenApiResponse(
    ErrorSerializer, "Too much at once, or the database did not answer: Alertmanager tries again"
)


class AlertmanagerView(APIView):
    """What Alertmanager tells."""

    required_scope = Scope.INGEST
    parser_classes = [MetricsParser]
    _places = threading.BoundedSemaphore(MOST_AT_ONCE)

    @extend_schema(
        operation_id="takeAlerts",
        request=WebhookSerializer,
        responses=ANSWERS,
    )
    def post(self, request: Request) -> Response:
        """Take in a message of Alertmanager's webhook, version 4. A repeat changes nothing.

        Right alerts are taken and wrong ones are named; 400 when none is right. Too many messages are 503
        and not 429, after which Alertmanager would not try again.
        """
        if not self._places.acquire(blocking=False):
            raise Busy(TRY_AGAIN)
        try:
            return self._take(request)
        finally:
            self._places.release()

    def _take(self, request: Request) -> Response:
        refuse_unmeasured(request)
        try:
            taken = receiving.take(request.data, sender=_sender(request))
        except Invalid as fault:
            # Not left to the error form of verbs, which respells names: these are Alertmanager's own.
            raise exceptions.ValidationError(fault.fields) from None
        return Response(
            {
                "accepted": taken.accepted,
                "ignored": taken.ignored,
                "rejectedCount": taken.rejected_count,
                "rejected": taken.rejected,
            }
        )

    def handle_exception(self, exc: Exception) -> Response:
        """Answer, and raise an alert of the portal's own for a message that is lost by the answer."""
        if isinstance(exc, Throttled):
            response = super().handle_exception(Busy(getattr(exc, "wait", None)))
            # A storm must not fill the log as well: Django would note each 503 as an error.
            response._has_been_logged = True  # type: ignore[attr-defined]
            return response
        response = super().handle_exception(exc)
        if response.status_code in DROPPED and isinstance(self.request.auth, ApiKey):
            try:
                receiving.tell_unreadable(response.data["error"]["message"], sender=_sender(self.request))
            except OperationalError as error:
                return super().handle_exception(error)
        return response


def _sender(request: Request) -> str:
    return str(actor_of(request, frozenset()))
