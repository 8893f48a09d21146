"""KPIs and the return on investment over HTTP."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.bodies import with_errors
from operations.models.keys import Scope
from reports.api.kpi_serializers import KpisSerializer, RoiSerializer
from reports.kpis import documents as kpis
from reports.roi import documents as roi
from rollout.answers import find_module
from rollout.catalogue import PATIENT_ENGAGEMENT
from rollout.models import Module

DEFAULT_MODULE = PATIENT_ENGAGEMENT.key
MODULE = OpenApiParameter("module", description="The module's key", default=DEFAULT_MODULE)
MONTH = OpenApiParameter(
    "month", description="Whose pace is told, such as 2026-03; the newest that was entered if left out"
)


class KpisView(APIView):
    """The KPIs of one module."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="readKpis", parameters=[MODULE], responses=with_errors({200: KpisSerializer}, 404)
    )
    def get(self, request: Request) -> Response:
        """Every KPI of a module now, measured or entered, with its target, baseline and state."""
        return Response(kpis.of(_module(request), now=timezone.now()))


class RoiView(APIView):
    """The return on investment of one module."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="readRoi",
        parameters=[MODULE, MONTH],
        responses=with_errors({200: RoiSerializer}, 400, 404),
    )
    def get(self, request: Request) -> Response:
        """What a module brings for what it cost: a month as a year's pace, the sums to date, every month."""
        return Response(roi.of(_module(request), month=request.query_params.get("month", "")))


def _module(request: Request) -> Module:
    """The module that is asked for; of a part, the whole. Raises NotFound."""
    return find_module(request.query_params.get("module", DEFAULT_MODULE)).whole
