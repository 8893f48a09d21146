"""What system health looks like over HTTP, named as in the guide's interfaces."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers

from rollout.models import Verdict


def _percent(what: str, **more: Any) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=f"{what}, in percent", **more)


def _milliseconds(what: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=f"{what}, in milliseconds")


def _count(what: str) -> serializers.IntegerField:
    return serializers.IntegerField(allow_null=True, help_text=what)


class WindowSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="Now, or as far as the source can tell")


class DeductionSerializer(serializers.Serializer[Any]):
    group = serializers.CharField()
    rule = serializers.CharField()
    points = serializers.FloatField()


class PerformanceSerializer(serializers.Serializer[Any]):
    """The API of those who have the module, and the platform. null: nothing was measured."""

    requests = serializers.IntegerField(help_text="How many requests these figures stand on")
    readings = serializers.IntegerField(help_text="How many readings of the platform there were")
    apiResponseTime = _milliseconds("Mean API response")
    apiResponseTimeP95 = _milliseconds("95th percentile of the API responses")
    errorRate = _percent("Requests that failed")
    timeoutRate = _percent("Requests that timed out")
    databaseResponseTime = _milliseconds("Mean response of the database")
    memoryUsage = _percent("Memory in use, mean")
    cpuUsage = _percent("CPU in use, mean")
    diskUsage = _percent("Disk in use, mean")


class AdoptionSerializer(serializers.Serializer[Any]):
    """How the module is used. "Today" is the 24 hours of the window. null: nobody told."""

    totalActiveWorkspaces = _count("Workspaces with the module that used it")
    enabledWorkspaces = _count("Workspaces that have the module; null for a user module")
    enabledUsers = _count("Active members of those workspaces")
    dailyActiveUsers = _count("Distinct users of the last day")
    weeklyActiveUsers = _count("Distinct users of the last week")
    appointmentsCreatedToday = _count("Appointments created")
    followUpsCompletedToday = _count("Follow-ups completed")
    remindersDeliveredToday = _count("Reminders delivered")
    patientPortalUsage = _count("Visits of the patient portal")


class QualitySerializer(serializers.Serializer[Any]):
    """How well the work goes, in percent of what was due or sent. null: nothing was, or nobody told."""

    appointmentsDue = _count("Appointments that were due")
    appointmentCompletionRate = _percent("Appointments completed, of those due")
    noShowRate = _percent("Patients who did not come, of the appointments due")
    followUpsDue = _count("Follow-ups that were due")
    followUpCompletionRate = _percent("Follow-ups completed, of those due")
    remindersSent = _count("Reminders that were sent")
    reminderDeliverySuccessRate = _percent("Reminders delivered, of those sent")
    userSatisfactionScore = serializers.FloatField(
        allow_null=True, help_text="Mean rating of the last 7 days, 1 to 5. null: fewer than 5 ratings"
    )
    userSatisfactionRatings = serializers.IntegerField(help_text="How many ratings that are")


class StabilitySerializer(serializers.Serializer[Any]):
    """What is open about the module."""

    criticalErrors = serializers.IntegerField(help_text="Open critical alerts")
    openCritical = serializers.IntegerField(help_text="Open bug reports that are critical")
    openHigh = serializers.IntegerField(help_text="Open bug reports of high severity")


class LastCheckSerializer(serializers.Serializer[Any]):
    slot = serializers.DateTimeField(help_text="The full hour at which its windows end")
    verdict = serializers.ChoiceField(choices=Verdict.Result.values)
    summary = serializers.CharField()
    rolloutScore = serializers.IntegerField(help_text="0 to 100")
    fresh = serializers.BooleanField(help_text="Whether it is at most 75 minutes old, as a gate asks")


class SystemHealthSerializer(serializers.Serializer[Any]):
    """The figures of those who have the module over 24 hours, and the post-launch score (0 to 100)."""

    module = serializers.CharField()
    measuredAt = serializers.DateTimeField()
    window = WindowSerializer()
    score = serializers.IntegerField(help_text="0 to 100; what is unknown deducts nothing")
    deductions = DeductionSerializer(many=True)
    unknown = serializers.ListField(child=serializers.CharField(), help_text="What the score lacks data for")
    performance = PerformanceSerializer()
    adoption = AdoptionSerializer()
    quality = QualitySerializer()
    stability = StabilitySerializer()
    lastCheck = LastCheckSerializer(allow_null=True)
    note = serializers.CharField(allow_blank=True, help_text="Why there is nothing to check, if so")
    fault = serializers.CharField(allow_blank=True, help_text="Why the source of vitals did not answer")
