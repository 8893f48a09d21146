"""DORA's metrics over HTTP."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.bodies import with_errors
from operations.errors import Invalid
from operations.models.keys import Scope
from releases import dora
from releases.api.dora_serializers import DoraSerializer
from releases.deployments import finding

USUAL = timedelta(days=90)
YEARS = range(2000, 2101)
FILTERS = [
    OpenApiParameter(
        "since",
        description=f"A day, or a time with its zone; {USUAL.days} days before the end if left out",
    ),
    OpenApiParameter("until", description="The end, not included; now if left out"),
    OpenApiParameter("module", description="The key of a module; all modules if left out"),
]


class DoraView(APIView):
    """How well software is delivered."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="readDora", parameters=FILTERS, responses=with_errors({200: DoraSerializer}, 400, 404)
    )
    def get(self, request: Request) -> Response:
        """DORA's five metrics of the deployments to production that ended in a period, with their trend."""
        given = request.query_params
        until = _moment("until", given.get("until", "")) or timezone.now()
        since = _moment("since", given.get("since", "")) or until - USUAL
        key = given.get("module", "")
        module = finding.module_of(key) if key else None
        return Response(dora.document(dora.measure(since, until, module)))


def _moment(name: str, text: str) -> datetime | None:
    """The moment of a text, a day's is its first one in the portal's zone; None for none. Raises Invalid."""
    if not text:
        return None
    try:
        at, day = parse_datetime(text), parse_date(text)
    except ValueError:
        at, day = None, None
    if at is None and day is not None:
        at = datetime.combine(day, time.min)
    if at is None or at.year not in YEARS:
        raise Invalid({name: "must be a day such as 2026-01-31 or a time such as 2026-01-31T18:00:00Z"})
    return at if timezone.is_aware(at) else timezone.make_aware(at)
