"""Deployments over HTTP: how far one is, and what the CI reports of its steps."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.api import actor_of, idempotent, raw_body
from operations.doors.bodies import IDEMPOTENCY_KEY, with_errors
from operations.idempotency import Answer
from operations.models.keys import Scope
from releases.api.serializers import (
    OUTCOMES,
    ReportedStepSerializer,
    StepReportBody,
    WholeDeploymentSerializer,
)
from releases.deployments import documents, finding, reporting, rows

GRANTS = frozenset({rows.REPORT})


class DeploymentView(APIView):
    """One deployment."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="readDeployment", responses=with_errors({200: WholeDeploymentSerializer}, 404)
    )
    def get(self, request: Request, number: int) -> Response:
        """A deployment with its steps, their evidence, its checklist, its signatures and what is missing."""
        return Response(documents.whole_deployment_document(finding.deployment(number)))


class StepView(APIView):
    """One step of a deployment."""

    required_scope = Scope.DEPLOY

    @extend_schema(
        operation_id="reportStep",
        request=StepReportBody,
        parameters=[IDEMPOTENCY_KEY],
        responses=with_errors({200: ReportedStepSerializer}, 400, 404, 409, 413, 415, 503),
    )
    def patch(self, request: Request, number: int, step: str) -> Response:
        """Report what came of a step that the portal asked the CI for, or that a person does.

        The same report once more changes nothing and is answered alike. 409: the step does not run, or the
        report is of another attempt.
        """
        raw_body(request)
        given = StepReportBody.read(request)
        actor = actor_of(request, GRANTS)

        def operation() -> Answer:
            found = finding.step(number, step)
            reporting.report(
                found,
                OUTCOMES[given["status"]],
                actor=actor,
                note=given["note"],
                url=given["url"],
                data=given.get("evidence"),
                attempt=given.get("attempt"),
            )
            return 200, documents.reported_step_document(finding.step(number, step))

        return idempotent(request, operation)
