"""`/api/demo/clock`: the time by which a demo's portal lives, and letting it pass.

404 where DEMO_CLOCK is off.
"""

# ruff: noqa: N815

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.bodies import Body, with_errors
from operations.errors import Refused
from operations.models.keys import Scope
from operations.schedule import Ran
from ops_portal.demo_clock import moving
from ops_portal.demo_clock.clock import CLOCK

FRESH = {"Cache-Control": "no-store"}


class Hours(serializers.FloatField):
    """A JSON number; neither text nor true."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class HoursBody(Body):
    """How far the clock goes ahead."""

    hours = Hours(min_value=0.01, max_value=moving.MOST_HOURS, help_text="The clock never goes back")


class ClockSerializer(serializers.Serializer[Any]):
    now = serializers.DateTimeField(help_text="The portal's time")
    aheadHours = serializers.FloatField(help_text="How far that is ahead of the machine's")


class ReadSerializer(ClockSerializer):
    refused = serializers.CharField(
        allow_blank=True, help_text="Why it cannot be moved now; empty where it can"
    )


class MovedSerializer(ClockSerializer):
    ran = serializers.ListField(
        child=serializers.DictField(), help_text="The jobs that were due: job, result, error"
    )


class ClockView(APIView):
    """The demo's clock."""

    required_scope = Scope.DEMO

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Where the clock is off there is no such call, whatever key asks."""
        moving.require_on()
        super().initial(request, *args, **kwargs)

    @extend_schema(operation_id="readDemoClock", responses=with_errors({200: ReadSerializer}, 404))
    def get(self, request: Request) -> Response:
        """The portal's time, and whether it may be moved."""
        return Response({**_told(), "refused": _refused()}, headers=FRESH)

    @extend_schema(
        operation_id="moveDemoClock",
        request=HoursBody,
        responses=with_errors({200: MovedSerializer}, 400, 404, 409, 413, 415, 503),
    )
    def post(self, request: Request) -> Response:
        """Let up to two hours pass, and run what is due then.

        409: the portal knows a workspace whose id does not begin with `demo-`. A real customer's clock is
        never moved.
        """
        ran = moving.move(HoursBody.read(request)["hours"])
        return Response({**_told(), "ran": list(map(_line, ran))}, headers=FRESH)


def _told() -> dict[str, Any]:
    return {"now": timezone.now(), "aheadHours": round(CLOCK.ahead().total_seconds() / 3600, 2)}


def _refused() -> str:
    try:
        moving.guard()
    except Refused as refusal:
        return refusal.message
    return ""


def _line(ran: Ran) -> dict[str, Any]:
    said = {"error": ran.error} if ran.error else {"result": ran.result}
    return {"job": ran.job, **said, "milliseconds": ran.milliseconds}
