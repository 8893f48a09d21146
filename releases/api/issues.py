"""Issues over HTTP: which there are, and how each stands."""

# ruff: noqa: N815

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.api import whole_number
from operations.doors.bodies import with_errors
from operations.models.keys import Scope
from releases.issues import finding
from releases.issues.documents import issue_document
from releases.models import Issue

MOST = 500
USUAL = 100
WORDS = ("status", "severity", "module", "owner", "release", "search")
FILTERS = [
    OpenApiParameter(
        "status",
        enum=finding.STATUSES,
        default="open",
        description="open is every state before deployed",
    ),
    OpenApiParameter("severity", enum=Issue.Severity.values),
    OpenApiParameter("module", description="The key of a module"),
    OpenApiParameter("owner", description="A user name"),
    OpenApiParameter("release", description="The version of a release that holds or held them"),
    OpenApiParameter("search", description="Words of the title or the description, or a reference"),
    OpenApiParameter("limit", OpenApiTypes.INT, default=USUAL, description=f"1 to {MOST}"),
    OpenApiParameter("offset", OpenApiTypes.INT, default=0),
]


class IssueSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="The reference, such as BUG-007")
    title = serializers.CharField()
    severity = serializers.ChoiceField(Issue.Severity.choices)
    status = serializers.ChoiceField(Issue.State.choices)
    module = serializers.CharField(help_text="The key of a module")
    owner = serializers.CharField(allow_null=True, help_text="A user name")
    estimateHours = serializers.FloatField(allow_null=True)
    dueOn = serializers.DateField(allow_null=True, help_text="When the fix is wanted")
    release = serializers.CharField(allow_null=True, help_text="The version that is to bring the fix")
    tickets = serializers.ListField(child=serializers.CharField(), help_text="Their references")
    alerts = serializers.ListField(child=serializers.IntegerField(), help_text="Their ids")
    detectedAt = serializers.DateTimeField()
    fixedAt = serializers.DateTimeField(allow_null=True, help_text="When the fix was done")
    deployedAt = serializers.DateTimeField(allow_null=True, help_text="When everybody had the fix")


class IssuesSerializer(serializers.Serializer[Any]):
    issues = IssueSerializer(many=True)
    more = serializers.BooleanField(help_text="Whether there are more after these")


class IssuesView(APIView):
    """The issues."""

    required_scope = Scope.READ

    @extend_schema(
        operation_id="listIssues",
        parameters=FILTERS,
        responses=with_errors({200: IssuesSerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """Open issues, the most severe first and of these the oldest; others newest first."""
        given = request.query_params
        words = {name: given[name] for name in WORDS if name in given}
        found = finding.find(**{"status": "open", **words})
        limit = whole_number(given, "limit", 1, MOST, USUAL)
        offset = whole_number(given, "offset", 0, 1_000_000, 0)
        rows = list(found[offset : offset + limit + 1])
        issues = [issue_document(issue) for issue in rows[:limit]]
        return Response({"issues": issues, "more": len(rows) > limit})


class IssueView(APIView):
    """One issue."""

    required_scope = Scope.READ

    @extend_schema(operation_id="readIssue", responses=with_errors({200: IssueSerializer}, 404))
    def get(self, request: Request, reference: str) -> Response:
        """An issue, with the tickets and alerts that it is about."""
        return Response(issue_document(finding.by_reference(reference)))
