"""Reports over HTTP."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.bodies import with_errors
from operations.models.keys import Scope
from reports import documents
from reports.api.report_serializers import ReportSerializer
from reports.models import Kind
from rollout.catalogue import PATIENT_ENGAGEMENT

DEFAULT_MODULE = PATIENT_ENGAGEMENT.key
FILTERS = [
    OpenApiParameter("kind", enum=Kind.values, default=Kind.POST_LAUNCH.value),
    OpenApiParameter("module", description="The module's key", default=DEFAULT_MODULE),
    OpenApiParameter(
        "since", description="A day, or a time with its zone; as is usual for the kind if left out"
    ),
    OpenApiParameter(
        "until", description="The end, not included; now, or as is usual for the kind, if left out"
    ),
]


class ReportView(APIView):
    """A report, made when it is asked for."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="readReport",
        parameters=FILTERS,
        responses=with_errors({200: ReportSerializer}, 400, 404),
    )
    def get(self, request: Request) -> Response:
        """A report on a module: a summary in sentences, sections of figures, series and tables, and the data.

        Nothing is archived. At most two years; what has no past, such as open alerts, is as it stands now.
        """
        given, now = request.query_params, timezone.now()
        kind = documents.kind_of(given.get("kind", Kind.POST_LAUNCH))
        module = documents.module_of(given.get("module", DEFAULT_MODULE))
        since, until = documents.asked(
            kind, module, now, since=given.get("since", ""), until=given.get("until", "")
        )
        return Response(documents.build(kind, module, since=since, until=until, now=now))
