"""`GET /api/status`: maintenance as the product shows it. Open to everybody."""

# ruff: noqa: N815

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.bodies import MEANINGS, ErrorSerializer
from releases.announcements import documents, standing
from releases.api.caching import kept

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag of the answer that you have",
)
UNCHANGED = OpenApiResponse(description="Nothing changed since the answer with this ETag")
THROTTLED = OpenApiResponse(ErrorSerializer, MEANINGS[429])


class MaintenanceSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=["planned", "announced", "in_force"])
    startsAt = serializers.DateTimeField()
    endsAt = serializers.DateTimeField(allow_null=True, help_text="null: nobody knows yet")


class BannerSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["maintenance", "incident"])
    text = serializers.CharField(help_text="One line of plain text; times are in the portal's zone")
    until = serializers.DateTimeField(allow_null=True)


class MaintenanceStatusSerializer(serializers.Serializer[Any]):
    maintenance = serializers.BooleanField(help_text="Whether maintenance is in force")
    current = MaintenanceSerializer(allow_null=True, help_text="What is in force")
    next = MaintenanceSerializer(allow_null=True, help_text="What is planned or announced next")
    banner = BannerSerializer(allow_null=True, help_text="What the product shows now")


class StatusView(APIView):
    """Says nothing of freezes, versions or hosts: those are the team's own."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="readStatus",
        auth=[],
        parameters=[IF_NONE_MATCH],
        responses={200: MaintenanceStatusSerializer, 304: UNCHANGED, 429: THROTTLED},
    )
    def get(self, request: Request) -> Response:
        """Maintenance now and next, and one line to show. May be kept for ten seconds."""
        found = standing.now_and_next(timezone.now())
        banner = found.banner
        return kept(
            request,
            {
                "maintenance": found.current is not None,
                "current": documents.of_window(found.current) if found.current else None,
                "next": documents.of_window(found.following) if found.following else None,
                "banner": {"kind": banner.kind, "text": banner.text, "until": banner.until}
                if banner
                else None,
            },
        )
