"""System health over HTTP."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring import documents
from monitoring.api.health_serializers import SystemHealthSerializer
from operations.doors.bodies import with_errors
from operations.errors import NotFound
from operations.models.keys import Scope
from rollout import reports
from rollout.catalogue import PATIENT_ENGAGEMENT

DEFAULT_MODULE = PATIENT_ENGAGEMENT.key


class SystemHealthView(APIView):
    """The guide's system health of one module."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="readSystemHealth",
        parameters=[OpenApiParameter("module", description="The module's key", default=DEFAULT_MODULE)],
        responses=with_errors({200: SystemHealthSerializer}, 404),
    )
    def get(self, request: Request) -> Response:
        """A module's performance, adoption and quality of the last 24 hours, with the score made of them."""
        module = request.query_params.get("module", DEFAULT_MODULE)
        if not module.isprintable():
            # PostgreSQL takes no NUL.
            raise NotFound("There is no such module.")
        return Response(documents.system_health_of(reports.plan_of(module), now=timezone.now()))
