"""`GET /api/announcements`: what users are told, for the product to show."""

# ruff: noqa: N815

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.api import whole_number
from operations.doors.bodies import with_errors
from operations.errors import Invalid
from operations.models.keys import Scope
from releases.announcements import documents, finding
from releases.api.caching import kept
from releases.api.status import IF_NONE_MATCH, UNCHANGED
from releases.models import Announcement
from rollout.models.workspaces import ID_RULE, IDENTIFIER

MOST, USUAL = 100, 20
WITH_OR_WITHOUT_KEY: Any = [{}, {"bearer": []}, {"apiKey": []}]


class AnnouncementSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Announcement.Kind.choices)
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True, help_text="Plain text: show it as text, not as HTML")
    state = serializers.ChoiceField(choices=["published"])
    startsAt = serializers.DateTimeField(allow_null=True)
    endsAt = serializers.DateTimeField(allow_null=True)
    publishedAt = serializers.DateTimeField()
    changedAt = serializers.DateTimeField(allow_null=True)


class AnnouncementsSerializer(serializers.Serializer[Any]):
    announcements = AnnouncementSerializer(many=True)
    more = serializers.BooleanField(help_text="Whether there are older ones")


class AnnouncementsView(APIView):
    """Open to everybody; what is for one workspace asks for a key."""

    required_scope = Scope.READ

    def get_permissions(self) -> Sequence[Any]:
        request = getattr(self, "request", None)
        for_workspace = request is not None and "workspace" in request.GET
        return super().get_permissions() if for_workspace else []

    @extend_schema(
        operation_id="listAnnouncements",
        auth=WITH_OR_WITHOUT_KEY,
        parameters=[
            OpenApiParameter(
                "workspace", description="Its id: what is for it as well. Asks for a key with the scope read"
            ),
            OpenApiParameter("limit", OpenApiTypes.INT, default=USUAL, description=f"1 to {MOST}"),
            IF_NONE_MATCH,
        ],
        responses=with_errors({200: AnnouncementsSerializer, 304: UNCHANGED}, 400),
    )
    def get(self, request: Request) -> Response:
        """What went out and is neither cancelled nor over, the newest first. May be kept for ten seconds."""
        given = request.query_params
        workspace = given.get("workspace")
        if workspace is not None:
            _check_workspace(workspace)
        limit = whole_number(given, "limit", 1, MOST, USUAL)
        rows = list(finding.for_product(workspace)[: limit + 1])
        told = [documents.of_announcement(announcement) for announcement in rows[:limit]]
        return kept(request, {"announcements": told, "more": len(rows) > limit})


def _check_workspace(workspace: str) -> None:
    """Raise Invalid for what can be no id."""
    try:
        IDENTIFIER(workspace)
    except ValidationError:
        raise Invalid({"workspace": ID_RULE}) from None
