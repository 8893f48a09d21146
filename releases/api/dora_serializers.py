"""What the call about DORA's metrics answers. Times are whole seconds, rates fractions (0.05 is 5 %)."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers

LEVELS = ("elite", "high", "medium", "low")


class DoraTimesSerializer(serializers.Serializer[Any]):
    medianSeconds = serializers.IntegerField(allow_null=True)
    p90Seconds = serializers.IntegerField(allow_null=True)
    n = serializers.IntegerField(help_text="Of so many")


class DoraLeadTimeSerializer(DoraTimesSerializer):
    level = serializers.ChoiceField(LEVELS, allow_null=True)


class DoraRateSerializer(serializers.Serializer[Any]):
    share = serializers.FloatField(allow_null=True, help_text="A fraction")
    deployments = serializers.IntegerField()
    n = serializers.IntegerField(help_text="Of so many")


class DoraFrequencySerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    perDay = serializers.FloatField()
    perWeek = serializers.FloatField()
    level = serializers.ChoiceField(LEVELS, allow_null=True)


class DoraStepSerializer(serializers.Serializer[Any]):
    deployments = serializers.IntegerField()
    leadTime = DoraTimesSerializer()
    changeFailRate = DoraRateSerializer()
    recoveryTime = DoraTimesSerializer()
    reworkRate = DoraRateSerializer()
    stopped = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's.
        return {**super().get_fields(), "from": serializers.DateField(help_text="The first day")}


class DoraSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="Not included")
    module = serializers.CharField(allow_null=True)
    deploymentFrequency = DoraFrequencySerializer(help_text="Complete deployments to production")
    leadTime = DoraLeadTimeSerializer(help_text="From a fix being done to everybody having it")
    changeFailRate = DoraRateSerializer(help_text="Rolled back, or mended by a hotfix within seven days")
    recoveryTime = DoraTimesSerializer(help_text="From the beginning of a rollback to its end")
    reworkRate = DoraRateSerializer(help_text="Hotfixes")
    stopped = serializers.IntegerField(help_text="Those that failed before they changed anything")
    step = serializers.ChoiceField(("week", "month"))
    trend = DoraStepSerializer(many=True)
