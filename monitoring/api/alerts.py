"""Alerts over HTTP: which are open, and what is done about them."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring import levels
from monitoring.alerts import documents, finding, responding
from monitoring.api.alert_serializers import (
    AlertSerializer,
    AlertsSerializer,
    NoteBody,
    RaiseBody,
    WholeAlertSerializer,
)
from operations.doors.api import actor_of, idempotent, raw_body, whole_number
from operations.doors.bodies import IDEMPOTENCY_KEY, with_errors
from operations.idempotency import Answer
from operations.models.keys import Scope

GRANTS = frozenset({responding.PERMISSION, responding.RAISE})
MOST = 500
USUAL = 100
FILTERS = [
    OpenApiParameter(
        "status",
        enum=finding.STATUSES,
        default="open",
        description="open is all that fired and is not over, acknowledged and silenced ones too",
    ),
    OpenApiParameter("level", enum=levels.ORDER),
    OpenApiParameter("module", description="Its alerts, and those that concern no module"),
    OpenApiParameter("limit", OpenApiTypes.INT, default=USUAL, description=f"1 to {MOST}"),
    OpenApiParameter("offset", OpenApiTypes.INT, default=0),
]


class AlertsView(APIView):
    """The alerts, and raising one."""

    required_scope: Mapping[str, str] = {"GET": Scope.READ, "POST": Scope.RESPOND}

    @extend_schema(
        operation_id="listAlerts",
        parameters=FILTERS,
        responses=with_errors({200: AlertsSerializer}, 400, 404),
    )
    def get(self, request: Request) -> Response:
        """Open alerts, what is owed first before the others; resolved ones, newest first."""
        given = request.query_params
        found = finding.find(
            status=given.get("status", "open"), level=given.get("level", ""), module=given.get("module", "")
        )
        limit = whole_number(given, "limit", 1, MOST, USUAL)
        offset = whole_number(given, "offset", 0, 1_000_000, 0)
        rows = list(found[offset : offset + limit + 1])
        alerts = [documents.alert_of(alert) for alert in rows[:limit]]
        return Response({"alerts": alerts, "more": len(rows) > limit})

    @extend_schema(
        operation_id="raiseAlert",
        request=RaiseBody,
        parameters=[IDEMPOTENCY_KEY],
        responses=with_errors({201: AlertSerializer}, 400, 404, 409, 413, 415),
    )
    def post(self, request: Request) -> Response:
        """Raise what no metric shows: data lost, a breach, an integration that fails.

        While one of the same cause is open, this raises its count.
        """
        raw_body(request)
        given = RaiseBody.read(request)
        module = finding.module_of(given.pop("module"))

        def operation() -> Answer:
            alert = responding.raise_alert(actor=actor_of(request, GRANTS), module=module, **given)
            return 201, documents.alert_of(alert)

        return idempotent(request, operation)


class AlertView(APIView):
    """One alert."""

    required_scope = Scope.READ

    @extend_schema(operation_id="readAlert", responses=with_errors({200: WholeAlertSerializer}, 404))
    def get(self, request: Request, number: int) -> Response:
        """An alert with its texts, the stages of its response, and its story."""
        return Response(documents.whole_alert_of(finding.by_id(number)))


class RespondView(APIView):
    """One verb on one alert. A subclass calls it."""

    required_scope = Scope.RESPOND

    def answer(self, request: Request, number: int, verb: Any) -> Response:
        """Read the body, call the verb once, and answer with the alert as it is then."""
        alert = finding.by_id(number)
        raw_body(request)
        given = NoteBody.read(request)

        def operation() -> Answer:
            actor = actor_of(request, GRANTS, on_behalf_of=given["by"])
            return 200, documents.alert_of(verb(alert, actor=actor, note=given["note"]))

        return idempotent(request, operation)


def _described(operation_id: str) -> Any:
    return extend_schema(
        operation_id=operation_id,
        request=NoteBody,
        parameters=[IDEMPOTENCY_KEY],
        responses=with_errors({200: AlertSerializer}, 400, 404, 409, 413, 415),
    )


class AcknowledgeView(RespondView):
    @_described("acknowledgeAlert")
    def post(self, request: Request, number: int) -> Response:
        """Say that somebody is on it: its clock stops, and it escalates no further."""
        return self.answer(request, number, responding.acknowledge)


class SayView(RespondView):
    @_described("respondToAlert")
    def post(self, request: Request, number: int) -> Response:
        """Say what is being done about it; acknowledges it where nobody has."""
        return self.answer(request, number, responding.respond)


class ResolveView(RespondView):
    @_described("resolveAlert")
    def post(self, request: Request, number: int) -> Response:
        """Say that it is over. Its cause may raise it again."""
        return self.answer(request, number, responding.resolve)
