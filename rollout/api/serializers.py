"""What the rollout calls take and answer, spelled in camelCase as all of the API is."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers

from operations.doors.bodies import Body, Text, Truth, Whole
from rollout.changes import LONGEST_REASON

LONGEST_LABEL = 200


class VerbBody(Body):
    """What every verb takes."""

    version = Whole(
        required=False, min_value=1, help_text="The plan's version that you saw; 409 when it changed"
    )
    dryRun = Truth(default=False, help_text="Preview: nothing is written")
    updatedBy = Text(
        default="", allow_blank=True, max_length=LONGEST_LABEL, help_text="A label for the audit trail"
    )


class ReasonBody(VerbBody):
    reason = Text(
        default="", allow_blank=True, max_length=LONGEST_REASON, help_text="Kept in the audit trail"
    )


class PhaseBody(VerbBody):
    """`phase` is taken for `number`, which the command line calls it by."""

    number = Whole(min_value=1, help_text="The phase's number")

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and "phase" in data and "number" not in data:
            data = {"number" if name == "phase" else name: value for name, value in data.items()}
        return super().to_internal_value(data)


class PercentageBody(ReasonBody):
    percentage = Whole(min_value=0, max_value=100)


class RollbackBody(Body):
    """A rollback is never refused because the plan changed, so it takes no version."""

    target = Whole(
        required=False,
        min_value=0,
        max_value=100,
        help_text="In percent; default: the phase before the present one",
    )
    reason = Text(
        default="", allow_blank=True, max_length=LONGEST_REASON, help_text="Kept in the audit trail"
    )
    dryRun = Truth(default=False, help_text="Preview: nothing is written")
    updatedBy = Text(
        default="", allow_blank=True, max_length=LONGEST_LABEL, help_text="A label for the audit trail"
    )


class RefusalSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    canOverride = serializers.BooleanField()


class FlagChangeSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    gain = serializers.IntegerField()
    lose = serializers.IntegerField()


class OutcomeSerializer(serializers.Serializer[Any]):
    """What a verb did, or with `dryRun` would do."""

    module = serializers.CharField()
    operation = serializers.ChoiceField(choices=["phase", "set", "pause", "resume", "rollback", "complete"])
    eligible = serializers.IntegerField()
    before = serializers.IntegerField(help_text="Units of the cohort before")
    after = serializers.IntegerField(help_text="Units of the cohort after")
    gain = serializers.IntegerField()
    lose = serializers.IntegerField()
    dryRun = serializers.BooleanField()
    version = serializers.IntegerField()
    status = serializers.CharField()
    gaining = serializers.ListField(child=serializers.CharField(), help_text="Ids, the first 50")
    losing = serializers.ListField(child=serializers.CharField(), help_text="Ids, the first 50")
    flags = FlagChangeSerializer(many=True)
    refused = RefusalSerializer(many=True, help_text="What would refuse it; on a dry run only")

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's.
        return {**super().get_fields(), "from": serializers.IntegerField(), "to": serializers.IntegerField()}


class EvidenceSerializer(serializers.Serializer[Any]):
    verdict = serializers.CharField()
    summary = serializers.CharField()
    measuredAt = serializers.DateTimeField()
    planVersion = serializers.IntegerField()
    ofThisVersion = serializers.BooleanField()


class GateSerializer(serializers.Serializer[Any]):
    allowed = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())
    refused = RefusalSerializer(many=True)


class NextPhaseSerializer(GateSerializer):
    number = serializers.IntegerField()
    name = serializers.CharField()
    percentage = serializers.IntegerField()


class PhaseSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    name = serializers.CharField()
    percentage = serializers.IntegerField()
    week = serializers.IntegerField(allow_null=True)
    audience = serializers.CharField()
    maxErrorRate = serializers.FloatField(help_text="A fraction: 0.02 is 2 %")
    targetErrorRate = serializers.FloatField(allow_null=True)
    minAdoption = serializers.FloatField(allow_null=True)
    minSatisfaction = serializers.FloatField(allow_null=True)
    maxP95Ms = serializers.IntegerField()
    minSoakHours = serializers.FloatField()
    status = serializers.CharField(help_text="done, next, later, or the plan's status for the current phase")


class StatusSerializer(serializers.Serializer[Any]):
    """A plan, its cohort, its verdict and its phases."""

    module = serializers.CharField()
    partOf = serializers.CharField(allow_null=True, help_text="Of a release's plan: the module that it is of")
    name = serializers.CharField()
    unit = serializers.ChoiceField(choices=["workspace", "user"])
    status = serializers.ChoiceField(choices=["draft", "running", "paused", "complete", "rolled_back"])
    version = serializers.IntegerField()
    percentage = serializers.IntegerField(help_text="The target")
    share = serializers.FloatField(help_text="The actual share of the eligible, a fraction")
    phase = serializers.IntegerField(allow_null=True)
    eligible = serializers.IntegerField()
    enabled = serializers.IntegerField()
    control = serializers.IntegerField(help_text="Eligible and without the module")
    allOff = serializers.BooleanField()
    automatic = serializers.BooleanField()
    needsApproval = serializers.BooleanField()
    startedAt = serializers.DateTimeField(allow_null=True)
    changedAt = serializers.DateTimeField(allow_null=True)
    verdict = serializers.ChoiceField(choices=["pass", "hold", "breach", "unknown"], allow_null=True)
    evidence = EvidenceSerializer(allow_null=True)
    nextPhase = NextPhaseSerializer(allow_null=True)
    completion = GateSerializer(allow_null=True)
    phases = PhaseSerializer(many=True)


class RolloutsSerializer(serializers.Serializer[Any]):
    rollouts = StatusSerializer(many=True)


class StepSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField()
    result = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    """What the product hears for one unit, and the path to it."""

    flag = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    value = serializers.JSONField(allow_null=True, help_text="null: the default in the product's code")
    variant = serializers.CharField()
    reason = serializers.CharField()
    steps = StepSerializer(many=True)
