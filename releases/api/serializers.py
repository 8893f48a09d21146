"""What calls about releases and deployments take and answer."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers

from operations.doors.bodies import Body, ErrorDetailSerializer, Text, Truth, Whole
from releases.deployments.reporting import LONGEST_URL
from releases.deployments.rolling_back import LONGEST_REASON
from releases.deployments.rows import LONGEST_NOTE
from releases.models import (
    PRODUCTION,
    STAGING,
    Category,
    ChecklistItem,
    Deployment,
    Evidence,
    Issue,
    Method,
    Release,
    Step,
)

ENVIRONMENTS = (STAGING, PRODUCTION)
# What a CI says of a step, and how the evidence calls it.
OUTCOMES = {
    "running": Evidence.Outcome.NOTED,
    "succeeded": Evidence.Outcome.SUCCEEDED,
    "failed": Evidence.Outcome.FAILED,
}


def _by() -> Text:
    return Text(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="Who asked for it: a label in the trail that permits nothing",
    )


def _dry_run() -> Truth:
    return Truth(required=False, default=False, help_text="Preview: nothing is written")


class DeployBody(Body):
    """Where a release goes, and how far."""

    environment = serializers.ChoiceField(ENVIRONMENTS)
    rolloutPercentage = Whole(
        required=False,
        default=100,
        min_value=1,
        max_value=100,
        help_text="production: where it stops and waits for a person",
    )
    dryRun = _dry_run()
    by = _by()


class RollBackBody(Body):
    """Why a release is taken back."""

    reason = Text(
        required=False,
        default="",
        allow_blank=True,
        max_length=LONGEST_REASON,
        help_text="Why; only a dry run needs none",
    )
    environment = serializers.ChoiceField(
        ENVIRONMENTS, required=False, help_text="From where; as far as it has come unless given"
    )
    dryRun = _dry_run()
    by = _by()


class StepReportBody(Body):
    """What came of a step."""

    status = serializers.ChoiceField(tuple(OUTCOMES), help_text="running only leaves a note")
    attempt = Whole(
        required=False, min_value=1, help_text="As the request named it: 409 when it is no longer that one"
    )
    note = Text(required=False, default="", allow_blank=True, max_length=LONGEST_NOTE)
    url = Text(
        required=False,
        default="",
        allow_blank=True,
        max_length=LONGEST_URL,
        help_text="Where people see more, such as the run in the CI",
    )
    evidence = serializers.DictField(
        required=False, help_text="What proves it, as JSON of at most 20,000 characters"
    )


class MissingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable; for programs")
    message = serializers.CharField(help_text="What is missing and what to do; for people")


class NotReadyDetailSerializer(ErrorDetailSerializer):
    missing = MissingSerializer(
        many=True, required=False, help_text="Everything that a deployment still lacks to begin"
    )


class NotReadySerializer(serializers.Serializer[Any]):
    error = NotReadyDetailSerializer()


class ReleaseIssueSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="The reference, such as BUG-007")
    title = serializers.CharField()
    severity = serializers.ChoiceField(Issue.Severity.choices)
    status = serializers.ChoiceField(Issue.State.choices)


class RollbackSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="When it began")
    by = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    trigger = serializers.ChoiceField(Deployment.Trigger.choices, allow_blank=True)


class DeploymentSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    release = serializers.CharField(help_text="Its version")
    environment = serializers.ChoiceField(ENVIRONMENTS)
    status = serializers.ChoiceField(Deployment.State.choices)
    method = serializers.ChoiceField(Method.choices)
    percentage = serializers.IntegerField(
        allow_null=True, help_text="How many in a hundred have it; null where it has no flag, as in staging"
    )
    targetPercentage = serializers.IntegerField(help_text="Where it stops and waits for a person")
    heldBecause = serializers.CharField(allow_blank=True, help_text="What it waits for")
    plannedAt = serializers.DateTimeField()
    startedAt = serializers.DateTimeField(allow_null=True)
    finishedAt = serializers.DateTimeField(allow_null=True)
    deployedBy = serializers.CharField(allow_blank=True)
    approvedBy = serializers.CharField(allow_blank=True, help_text="Who had signed when it began")
    rollback = RollbackSerializer(allow_null=True)
    version = serializers.IntegerField(help_text="Counts its changes")


class ReleaseSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    module = serializers.CharField(help_text="The key of a module")
    title = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(Release.State.choices)
    category = serializers.ChoiceField(Category.choices)
    method = serializers.ChoiceField(Method.choices)
    hotfix = serializers.BooleanField()
    security = serializers.BooleanField()
    flag = serializers.CharField(help_text="The key of the flag by which it is served")
    issues = ReleaseIssueSerializer(many=True)
    deployments = DeploymentSerializer(many=True, help_text="The newest first")
    createdAt = serializers.DateTimeField()
    createdBy = serializers.CharField()
    deployedAt = serializers.DateTimeField(allow_null=True, help_text="When everybody had it")
    revision = serializers.IntegerField(help_text="Counts its changes")


class ReleasesSerializer(serializers.Serializer[Any]):
    releases = ReleaseSerializer(many=True)
    more = serializers.BooleanField(help_text="Whether there are more after these")


class WholeReleaseSerializer(ReleaseSerializer):
    risk = serializers.CharField(allow_blank=True)
    notes = serializers.CharField(allow_blank=True)
    changelog = serializers.CharField(allow_blank=True, help_text="As it shipped, once it has")
    fixedSince = serializers.DateTimeField(
        allow_null=True, help_text="Since when nothing of it can change: it went to production"
    )


class StepFileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sha256 = serializers.CharField()


class StepEvidenceSerializer(serializers.Serializer[Any]):
    attempt = serializers.IntegerField()
    outcome = serializers.ChoiceField(Evidence.Outcome.choices)
    note = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    data = serializers.DictField()  # type: ignore[assignment]
    file = StepFileSerializer(allow_null=True)
    at = serializers.DateTimeField()
    by = serializers.CharField()


class DeploymentStepSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    direction = serializers.ChoiceField(Step.Direction.choices)
    runner = serializers.ChoiceField(Step.Runner.choices, help_text="Who does it")
    action = serializers.CharField(allow_blank=True, help_text="What the portal does itself")
    status = serializers.ChoiceField(Step.State.choices)
    attempt = serializers.IntegerField(help_text="How often it was begun")
    mostAttempts = serializers.IntegerField()
    startedAt = serializers.DateTimeField(allow_null=True)
    deadline = serializers.DateTimeField(
        allow_null=True, help_text="Without a word by then, this attempt failed"
    )
    finishedAt = serializers.DateTimeField(allow_null=True)
    evidence = StepEvidenceSerializer(many=True)


class ReportedStepSerializer(DeploymentStepSerializer):
    deployment = serializers.IntegerField(help_text="Its id")
    release = serializers.CharField(help_text="Its version")
    environment = serializers.ChoiceField(ENVIRONMENTS)


class DeploymentChecklistSerializer(serializers.Serializer[Any]):
    stage = serializers.ChoiceField(ChecklistItem.Stage.choices)
    open = serializers.IntegerField()
    done = serializers.IntegerField()
    notApplicable = serializers.IntegerField()


class DeploymentSignOffSerializer(serializers.Serializer[Any]):
    role = serializers.CharField()
    by = serializers.CharField(help_text="A user name")
    at = serializers.DateTimeField()
    note = serializers.CharField(allow_blank=True)


class DeploymentWindowSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    startsAt = serializers.DateTimeField()
    endsAt = serializers.DateTimeField(allow_null=True)


class WholeDeploymentSerializer(DeploymentSerializer):
    notes = serializers.CharField(allow_blank=True)
    plannedBy = serializers.CharField()
    ladder = serializers.ListField(child=serializers.IntegerField(), help_text="The percentages on its way")
    window = DeploymentWindowSerializer(
        allow_null=True, help_text="The maintenance window in which it happens"
    )
    steps = DeploymentStepSerializer(many=True, help_text="In order; a rollback adds its own")
    checklist = DeploymentChecklistSerializer(many=True, help_text="How many boxes of each stage are worked")
    signOffs = DeploymentSignOffSerializer(many=True)
    missing = MissingSerializer(many=True, help_text="What a planned one lacks to begin")


class StartedSerializer(serializers.Serializer[Any]):
    """A deployment that began, or with `dryRun` would, or could not."""

    version = serializers.CharField()
    environment = serializers.ChoiceField(ENVIRONMENTS)
    percentage = serializers.IntegerField(help_text="Where it stops and waits for a person")
    dryRun = serializers.BooleanField()
    missing = MissingSerializer(many=True, help_text="What would refuse it; on a dry run only")
    deployment = WholeDeploymentSerializer(allow_null=True, help_text="null on a dry run")


class TakenBackSerializer(serializers.Serializer[Any]):
    """A rollback that began, or with `dryRun` would."""

    version = serializers.CharField()
    environment = serializers.ChoiceField(ENVIRONMENTS)
    dryRun = serializers.BooleanField()
    steps = serializers.ListField(child=serializers.CharField(), help_text="What is done for it, in order")
    deployment = DeploymentSerializer()
