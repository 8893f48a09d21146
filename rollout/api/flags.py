"""What a unit has, and why, over HTTP."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.bodies import with_errors
from operations.models.keys import Scope
from rollout import answers, reports
from rollout.api.serializers import AnswerSerializer


class ExplainView(APIView):
    """One flag for one unit, and why."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="explainFlag",
        parameters=[
            OpenApiParameter("unit", description="The workspace's or user's id; without one, no unit"),
            OpenApiParameter("context", description="What the product would tell, as a JSON object"),
        ],
        responses=with_errors({200: AnswerSerializer}, 400, 404),
    )
    def get(self, request: Request, key: str) -> Response:
        """What a unit hears of a flag, and the whole path to the answer."""
        asked = request.query_params
        context = answers.read_context(asked.get("context") or "{}")
        return Response(reports.answer_of(answers.explain(key, asked.get("unit"), context)))
