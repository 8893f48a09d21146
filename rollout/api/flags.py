"""What a unit has, and why, over HTTP."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.bodies import with_errors
from operations.models.keys import Scope
from rollout import answers, reports
from rollout.api.serializers import AnswerSerializer, ModuleFlagsSerializer
from rollout.models import Module

HEADERS = {Module.Unit.WORKSPACE: "Workspace-ID", Module.Unit.USER: "User-ID"}


class ModuleFlagsView(APIView):
    """A module's flags for one unit."""

    required_scope = Scope.EVALUATE

    @extend_schema(
        operation_id="readModuleFlags",
        parameters=[
            OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=f"The {unit}'s id")
            for unit, name in HEADERS.items()
        ],
        responses=with_errors({200: ModuleFlagsSerializer}, 400, 404),
    )
    def get(self, request: Request, module: str) -> Response:
        """Each flag of a module, on or off for the unit in the header; without one, all off."""
        found = answers.find_module(module)
        unit = request.headers.get(HEADERS[Module.Unit(found.unit)])
        flags = {answer.flag: answer.value for answer in answers.of_module(found.key, unit)}
        return Response({"module": found.key, "flags": flags})


class ExplainView(APIView):
    """One flag for one unit, and why."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="explainFlag",
        parameters=[
            OpenApiParameter("unit", description="The workspace's or user's id; without one, no unit")
        ],
        responses=with_errors({200: AnswerSerializer}, 400, 404),
    )
    def get(self, request: Request, key: str) -> Response:
        """Whether a unit has a flag, and the whole path to the answer."""
        return Response(reports.answer_of(answers.explain(key, request.query_params.get("unit"))))
