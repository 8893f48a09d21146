"""Workspaces over HTTP: a batch with their members, all of it or nothing."""

# ruff: noqa: N815

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.api import actor_of, idempotent, raw_body
from operations.doors.bodies import IDEMPOTENCY_KEY, Body, Text, Truth, with_errors
from operations.idempotency import Answer
from operations.models.keys import Scope
from rollout import workspaces
from rollout.imports import results
from rollout.imports.batches import LARGEST
from rollout.imports.results import ImportResult

SOURCE = "PUT /api/workspaces"


class MemberBody(serializers.Serializer[Any]):
    """A person in a workspace; without `member` one of whom only the role is known."""

    member = Text(required=False, max_length=100, help_text="The product's id of the person")
    role = Text(max_length=30, help_text="Such as pharmacist, pharmacy_manager, super_admin")
    email = Text(required=False, allow_blank=True, max_length=254)
    active = Truth(required=False, help_text="Default: as it is; true for a new member")


class WorkspaceBody(serializers.Serializer[Any]):
    """A workspace. What is left out stays as it is."""

    id = Text(max_length=100)
    name = Text(max_length=200)
    tier = Text(max_length=30, help_text="Subscription tier, such as professional")
    status = Text(max_length=30, help_text="Subscription status, such as active or trial")
    region = Text(required=False, allow_blank=True, max_length=100)
    timeZone = Text(required=False, allow_blank=True, max_length=50, help_text="IANA name")
    members = MemberBody(
        many=True,
        required=False,
        help_text="The whole list: members that it does not name are removed. Left out: members stay",
    )


@extend_schema_field(WorkspaceBody(many=True))
class Batch(serializers.JSONField):
    """A list whose elements the verb checks: it names every fault, at ten thousand workspaces in time."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise serializers.ValidationError("must be a list")
        return data


class WorkspacesBody(Body):
    workspaces = Batch(help_text=f"1 to {LARGEST:,} workspaces")
    confirmLoss = Truth(
        default=False, help_text="Go on even when it takes a module from more than 5 % of its cohort"
    )
    dryRun = Truth(default=False, help_text="Nothing is written")


class EffectSerializer(serializers.Serializer[Any]):
    module = serializers.CharField()
    eligible = serializers.IntegerField()
    enabled = serializers.IntegerField()
    gain = serializers.IntegerField()
    lose = serializers.IntegerField()
    losing = serializers.ListField(child=serializers.CharField(), help_text="Ids, the first 50")


class WorkspacesSerializer(serializers.Serializer[Any]):
    """How many workspaces were, or with `dryRun` would be, created and updated."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    dryRun = serializers.BooleanField()
    refused = serializers.CharField(
        allow_blank=True, help_text="What would refuse it without `confirmLoss`; on a dry run only"
    )
    modules = EffectSerializer(many=True, help_text="The cohorts afterwards, and who gains and loses")


GRANTS = frozenset({"rollout.add_workspace", "rollout.change_workspace"})


class WorkspacesView(APIView):
    """The product's workspaces."""

    required_scope = Scope.WORKSPACES

    @extend_schema(
        operation_id="upsertWorkspaces",
        request=WorkspacesBody,
        parameters=[IDEMPOTENCY_KEY],
        responses=with_errors({200: WorkspacesSerializer}, 400, 409, 413, 415),
    )
    def put(self, request: Request) -> Response:
        """Create and update workspaces with their members, all of them or none; delete no workspace."""
        raw_body(request)
        given = WorkspacesBody.read(request)

        def operation() -> Answer:
            result = workspaces.upsert(
                given["workspaces"],
                source=SOURCE,
                actor=actor_of(request, GRANTS),
                confirm_loss=given["confirmLoss"],
                dry_run=given["dryRun"],
            )
            return 200, _answer(result)

        return idempotent(request, operation)


def _answer(result: ImportResult) -> dict[str, Any]:
    found = results.document(result)
    return {name: found[name] for name in ("created", "updated", "unchanged", "dryRun", "refused", "modules")}
