"""What the calls about KPIs and the return on investment answer."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers

from reports.standing import Judged, Rule, Standing

MONEY = "With two digits after the point; null where nobody knows"
PERCENT = "In percent; null where it is unknown"


class KpiSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="Rates are percentages")
    n = serializers.IntegerField(allow_null=True, help_text="So many requests, people or things behind it")
    rule = serializers.ChoiceField([rule.value for rule in Rule])
    target = serializers.FloatField(allow_null=True, help_text="In percent where the change is judged")
    targetInWords = serializers.CharField()
    targetIsOwn = serializers.BooleanField(help_text="Set here; else it is the guide's")
    judged = serializers.ChoiceField([judged.value for judged in Judged])
    baseline = serializers.FloatField(allow_null=True)
    change = serializers.FloatField(allow_null=True, help_text="Since the baseline, in percent of it")
    state = serializers.ChoiceField([standing.value for standing in Standing])
    reason = serializers.CharField(help_text="Why it is unknown")
    enteredOn = serializers.DateField(allow_null=True, help_text="The day that an entered value is of")
    enteredBy = serializers.CharField()
    outOfDate = serializers.BooleanField()
    own = serializers.BooleanField(help_text="The module's own, and none of the guides'")
    guide = serializers.CharField()
    note = serializers.CharField(help_text="How it is measured, or what to enter")

    def get_fields(self) -> dict[str, Any]:
        # `source` is a word of serializers'.
        told = serializers.ChoiceField(("measured", "entered"), allow_null=True)
        return {**super().get_fields(), "source": told}


class KpiGroupSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    kpis = KpiSerializer(many=True)


class KpisSerializer(serializers.Serializer[Any]):
    module = serializers.CharField()
    moduleName = serializers.CharField()
    measuredAt = serializers.DateTimeField()
    met = serializers.IntegerField()
    missed = serializers.IntegerField()
    unknown = serializers.IntegerField()
    tracked = serializers.IntegerField(help_text="Known, without a target")
    groups = KpiGroupSerializer(many=True)


class RoiMonthSerializer(serializers.Serializer[Any]):
    month = serializers.CharField(help_text="Such as 2026-03")
    hoursSaved = serializers.CharField()
    hourlyRate = serializers.CharField()
    costReduction = serializers.CharField()
    mtmBilling = serializers.CharField()
    retention = serializers.CharField()
    newServices = serializers.CharField()
    savings = serializers.CharField(help_text="hoursSaved x hourlyRate + costReduction")
    revenueIncrease = serializers.CharField(help_text="mtmBilling + retention + newServices")
    cumulated = serializers.CharField(help_text="Savings and revenue increase of all months up to this one")


class RoiToDateSerializer(serializers.Serializer[Any]):
    savings = serializers.CharField()
    revenueIncrease = serializers.CharField()
    net = serializers.CharField(allow_null=True, help_text="What came in, less the cost")
    totalRoi = serializers.CharField(allow_null=True, help_text=PERCENT)
    paidBack = serializers.CharField(allow_null=True, help_text="The month by whose end the cost had come in")
    monthsToGo = serializers.IntegerField(
        allow_null=True, help_text="At the newest month's pace; 0: paid back"
    )
    inWords = serializers.CharField()


class RoiSerializer(serializers.Serializer[Any]):
    module = serializers.CharField()
    moduleName = serializers.CharField()
    currency = serializers.CharField(allow_null=True)
    implementationCost = serializers.CharField(allow_null=True, help_text=MONEY)
    month = serializers.CharField(allow_null=True, help_text="Whose pace is told")
    monthlySavings = serializers.CharField(allow_null=True, help_text=MONEY)
    monthlyRevenueIncrease = serializers.CharField(allow_null=True, help_text=MONEY)
    annualSavings = serializers.CharField(allow_null=True, help_text="Twelve times the month's")
    annualRevenueIncrease = serializers.CharField(allow_null=True, help_text="Twelve times the month's")
    annualRoi = serializers.CharField(allow_null=True, help_text=PERCENT)
    totalRoi = serializers.CharField(allow_null=True, help_text=PERCENT)
    unknown = serializers.CharField(help_text="Why the percentages are not known")
    toDate = RoiToDateSerializer()
    missingMonths = serializers.ListField(child=serializers.CharField())
    months = RoiMonthSerializer(many=True)
