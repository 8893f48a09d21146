"""What the health status answers, for the API's description."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers


class HealthStatusPartSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    milliseconds = serializers.FloatField()
    message = serializers.CharField(required=False, help_text="What is wrong, where it is not ok")


class HealthStatusLastCheckSerializer(serializers.Serializer[Any]):
    slot = serializers.DateTimeField(allow_null=True, help_text="The full hour at which its windows end")
    madeAt = serializers.DateTimeField(allow_null=True)
    overdue = serializers.BooleanField(help_text="Some plan lacks a check that was due 15 minutes ago")


class HealthStatusDeadManSerializer(serializers.Serializer[Any]):
    ringing = serializers.BooleanField(help_text="No health check was made for two hours: an alert is open")
    since = serializers.DateTimeField(allow_null=True)


class HealthStatusDeliveriesSerializer(serializers.Serializer[Any]):
    waiting = serializers.IntegerField(help_text="Messages that are not delivered yet")
    late = serializers.IntegerField(help_text="Of those: due, or failing, for over five minutes")
    dead = serializers.IntegerField(help_text="Messages that were given up and not sent again")


class HealthStatusScheduleSerializer(serializers.Serializer[Any]):
    lastTick = serializers.DateTimeField(allow_null=True, help_text="When what is due was last run")
    stuck = serializers.BooleanField(help_text="That is over ten minutes ago")


class HealthStatusDemoClockSerializer(serializers.Serializer[Any]):
    aheadHours = serializers.FloatField(help_text="How far a demo moved this portal's clock ahead")


class HealthStatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok", "unavailable"])
    checks = serializers.DictField(
        child=HealthStatusPartSerializer(), help_text="database, cache, broker, migrations"
    )
    lastCheck = HealthStatusLastCheckSerializer(
        allow_null=True, help_text="null while no plan has or lacks one"
    )
    deadMan = HealthStatusDeadManSerializer(allow_null=True)
    deliveries = HealthStatusDeliveriesSerializer(allow_null=True)
    schedule = HealthStatusScheduleSerializer(allow_null=True)
    demoClock = HealthStatusDemoClockSerializer(
        allow_null=True, help_text="null where the clock cannot be moved: in every portal but a demo's"
    )
