"""What people set of KPIs, and each day's readings of them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from reports.standing import Judged, Rule
from rollout.models import Module
from rollout.models.fields import BytewiseCharField

# NaN and infinity lie outside of it in either database.
LARGEST = 1e12
RULES = [rule.value for rule in Rule]
JUDGED = [judged.value for judged in Judged]


def _finite(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": -LARGEST, f"{name}__lte": LARGEST})


class KpiQuerySet(models.QuerySet["Kpi"]):
    def in_use(self) -> "KpiQuerySet":
        """Those that are not retired."""
        return self.filter(retired_at=None)


class Kpi(models.Model):
    """What was set for a module's KPI: of the catalogue's, what differs from it; of its own ones, all.

    The catalogue's KPIs need no row. A target or baseline of None is the catalogue's, or the measured one.
    """

    class Rule(models.TextChoices):
        BELOW = Rule.BELOW.value, "Below the target"
        AT_MOST = Rule.AT_MOST.value, "At most the target"
        ABOVE = Rule.ABOVE.value, "Above the target"
        AT_LEAST = Rule.AT_LEAST.value, "At least the target"

    class Judged(models.TextChoices):
        VALUE = Judged.VALUE.value, "The value"
        CHANGE = Judged.CHANGE.value, "Its change since the baseline, in percent"

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="kpis", db_index=False)
    key = BytewiseCharField(max_length=60)
    target = models.FloatField(null=True, blank=True)
    baseline = models.FloatField(null=True, blank=True)
    baseline_by = models.CharField(max_length=200, blank=True)
    baseline_note = models.CharField(max_length=300, blank=True)
    baseline_at = models.DateTimeField(null=True, blank=True)

    # Of a module's own KPI; empty where the catalogue tells them.
    own = models.BooleanField(default=False)
    title = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=300, blank=True)
    rule = models.CharField(max_length=8, choices=Rule.choices, blank=True)
    judged = models.CharField(max_length=6, choices=Judged.choices, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    version = models.PositiveIntegerField(default=0, help_text="How often something was set")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)

    objects = KpiQuerySet.as_manager()

    class Meta:
        verbose_name = "KPI"
        verbose_name_plural = "KPIs"
        ordering = ["module", "key"]
        constraints = [
            models.UniqueConstraint(fields=["module", "key"], name="kpi_once"),
            models.CheckConstraint(condition=_finite("target"), name="kpi_target"),
            models.CheckConstraint(condition=_finite("baseline"), name="kpi_baseline"),
            models.CheckConstraint(
                condition=Q(own=False, title="", rule="", judged="", retired_at=None)
                | Q(own=True, rule__in=RULES, judged__in=JUDGED) & ~Q(title=""),
                name="kpi_own",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.key} of {self.module}"


class KpiReading(models.Model):
    """A KPI's value of one day (the portal's time zone); `baseline` is what it was compared with then."""

    class Source(models.TextChoices):
        MEASURED = "measured", "Measured"
        ENTERED = "entered", "Entered by hand"

    kpi = models.ForeignKey(Kpi, on_delete=models.CASCADE, related_name="readings", db_index=False)
    day = models.DateField()
    value = models.FloatField()
    baseline = models.FloatField(null=True, blank=True)
    n = models.PositiveBigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    note = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "KPI reading"
        ordering = ["-day"]
        default_permissions = ("add",)
        constraints = [
            models.UniqueConstraint(fields=["kpi", "day"], name="kpi_reading_once_a_day"),
            models.CheckConstraint(condition=_finite("value"), name="kpi_reading_value"),
            models.CheckConstraint(condition=_finite("baseline"), name="kpi_reading_baseline"),
            models.CheckConstraint(
                condition=Q(source__in=["measured", "entered"]), name="kpi_reading_source"
            ),
        ]
        indexes = [
            # What counts now: the newest that somebody entered.
            models.Index(fields=["kpi", "-day"], condition=Q(source="entered"), name="kpi_reading_entered"),
        ]

    def __str__(self) -> str:
        return f"{self.kpi}, {self.day}"
