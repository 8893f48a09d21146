"""The summary of feedback over HTTP."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.summary_serializers import SummarySerializer
from feedback.models import Ticket
from feedback.summary import documents
from feedback.summary.selection import NAMES, USUAL_DAYS, Asked, select
from operations.doors.bodies import with_errors
from operations.models.keys import Scope
from operations.spelling import camel

FILTERS = [
    OpenApiParameter(
        "startDate",
        OpenApiTypes.DATE,
        description=f"The first day, in the portal's time zone; {USUAL_DAYS} days up to the end if left out",
    ),
    OpenApiParameter("endDate", OpenApiTypes.DATE, description="The last day, included; today if left out"),
    OpenApiParameter("category", enum=Ticket.Category.values),
    OpenApiParameter("module", description="The module's key"),
    OpenApiParameter("workspace", description="The workspace's id"),
]


class SummaryView(APIView):
    """What users say, in figures."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="readFeedbackSummary",
        parameters=FILTERS,
        responses=with_errors({200: SummarySerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """Volume, kinds, feature areas, ratings and times of the tickets received in a range of days."""
        given = {name: request.query_params.get(camel(name), "") for name in NAMES}
        return Response(documents.summary_of(select(Asked(**given))))
