"""Releases over HTTP: which there are, deploying them, and taking them back."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.api import actor_of, idempotent, raw_body, whole_number
from operations.doors.bodies import IDEMPOTENCY_KEY, with_errors
from operations.idempotency import Answer
from operations.models.keys import Scope
from releases.api.serializers import (
    DeployBody,
    NotReadySerializer,
    ReleasesSerializer,
    RollBackBody,
    StartedSerializer,
    TakenBackSerializer,
    WholeReleaseSerializer,
)
from releases.deployments import documents, finding, rolling_back, rows, starting
from releases.deployments.readiness import NotReady
from releases.models import Category, Step

GRANTS = frozenset({rows.DEPLOY, rows.ROLL_BACK})
MOST = 200
USUAL = 50
WORDS = ("module", "status", "category")
FILTERS = [
    OpenApiParameter("module", description="The key of a module"),
    OpenApiParameter(
        "status",
        enum=finding.STATUSES,
        default="all",
        description="open is every release that may still change or go somewhere",
    ),
    OpenApiParameter("category", enum=Category.values),
    OpenApiParameter("limit", OpenApiTypes.INT, default=USUAL, description=f"1 to {MOST}"),
    OpenApiParameter("offset", OpenApiTypes.INT, default=0),
]
NOT_READY = OpenApiResponse(
    NotReadySerializer,
    "Refused: `missing` lists everything that a deployment still lacks to begin; or an Idempotency-Key that "
    "came with another body",
)


class ReleasesView(APIView):
    """The releases."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="listReleases",
        parameters=FILTERS,
        responses=with_errors({200: ReleasesSerializer}, 400, 404),
    )
    def get(self, request: Request) -> Response:
        """Releases with their issues and deployments, the highest version first."""
        given = request.query_params
        found = finding.releases(**{name: given[name] for name in WORDS if given.get(name)})
        limit = whole_number(given, "limit", 1, MOST, USUAL)
        offset = whole_number(given, "offset", 0, 1_000_000, 0)
        rows_ = list(found[offset : offset + limit + 1])
        told = [documents.release_document(release) for release in rows_[:limit]]
        return Response({"releases": told, "more": len(rows_) > limit})


class ReleaseView(APIView):
    """One release."""

    required_scope = Scope.READ

    @extend_schema(operation_id="readRelease", responses=with_errors({200: WholeReleaseSerializer}, 404))
    def get(self, request: Request, version: str) -> Response:
        """A release with its issues, its deployments and its changelog."""
        return Response(documents.whole_release_document(finding.release(version)))


class DeploymentsView(APIView):
    """Deploying a release."""

    required_scope = Scope.DEPLOY

    @extend_schema(
        operation_id="deployRelease",
        request=DeployBody,
        parameters=[IDEMPOTENCY_KEY],
        responses={
            **with_errors({200: StartedSerializer, 201: StartedSerializer}, 400, 404, 413, 415, 503),
            409: NOT_READY,
        },
    )
    def post(self, request: Request, version: str) -> Response:
        """Start a deployment: 201; or refuse it with all that is missing: 409. A dry run says both: 200."""
        raw_body(request)
        given = DeployBody.read(request)
        actor = actor_of(request, GRANTS, on_behalf_of=given["by"])

        def operation() -> Answer:
            started = starting.start(
                finding.release(version),
                given["environment"],
                actor=actor,
                percentage=given["rolloutPercentage"],
                dry_run=given["dryRun"],
            )
            return (200 if started.dry_run else 201), _started(started)

        return _or_missing(lambda: idempotent(request, operation))


class RollbackView(APIView):
    """Taking a release back."""

    required_scope = Scope.DEPLOY

    @extend_schema(
        operation_id="rollBackRelease",
        request=RollBackBody,
        parameters=[IDEMPOTENCY_KEY],
        responses=with_errors({200: TakenBackSerializer}, 400, 404, 409, 413, 415, 503),
    )
    def post(self, request: Request, version: str) -> Response:
        """Turn its flag off for everybody at once, then go back step by step. No freeze refuses it."""
        raw_body(request)
        given = RollBackBody.read(request)
        actor = actor_of(request, GRANTS, on_behalf_of=given["by"])

        def operation() -> Answer:
            release = finding.release(version)
            taken = rolling_back.roll_back(
                release,
                actor=actor,
                reason=given["reason"],
                environment=given.get("environment") or finding.furthest(release),
                dry_run=given["dryRun"],
            )
            if given["dryRun"]:
                steps = [step.title for step in rolling_back.back_steps(taken)]
            else:
                back = taken.steps.filter(direction=Step.Direction.BACK).order_by("position")
                steps = list(back.values_list("title", flat=True))
            return 200, {
                "version": release.version,
                "environment": taken.environment_id,
                "dryRun": given["dryRun"],
                "steps": steps,
                "deployment": documents.deployment_document(finding.deployment(taken.pk)),
            }

        return idempotent(request, operation)


def _started(started: starting.Started) -> dict[str, Any]:
    going = None if started.dry_run else started.deployment
    return {
        "version": started.release.version,
        "environment": started.environment.key,
        "percentage": started.percentage,
        "dryRun": started.dry_run,
        "missing": documents.reasons(started.refused),
        "deployment": going and documents.whole_deployment_document(finding.deployment(going.pk)),
    }


def _or_missing(answer: Callable[[], Response]) -> Response:
    """The answer, or the error form with the list of what is missing."""
    try:
        return answer()
    except NotReady as refusal:
        error = {"code": refusal.code, "message": refusal.message}
        return Response({"error": {**error, "missing": documents.reasons(refusal.reasons)}}, status=409)
