"""Health checks of plans, the daily looks they hold, and the baselines they compare with."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from rollout.models import Plan, Verdict
from rollout.models.fields import BytewiseCharField


class HealthCheck(models.Model):
    """One scored look at a plan's vitals: one row per plan and slot, whoever came first.

    `slot` is the full hour at which its windows end. `details` holds the vitals, each criterion and each
    deduction, in the JSON of the command line.
    """

    class Cause(models.TextChoices):
        FEATURE = "feature", "The feature"
        PLATFORM = "platform", "The whole platform"
        UNCLEAR = "unclear", "Cannot be told apart"

    class Action(models.TextChoices):
        PAUSED = "paused", "Paused the plan"
        ROLLED_BACK = "rolled_back", "Rolled the plan back"
        TURNED_OFF = "turned_off", "Turned the plan's flag off for everybody"
        AUTOMATIC_STOPPED = "automatic_stopped", "Stopped automatic mode"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="checks", db_index=False)
    slot = models.DateTimeField()
    plan_version = models.PositiveIntegerField(help_text="The version that was measured")
    percentage = models.PositiveSmallIntegerField()
    phase_number = models.PositiveSmallIntegerField(null=True)
    result = models.CharField(max_length=8, choices=Verdict.Result.choices)
    cause = models.CharField(max_length=8, choices=Cause.choices, blank=True)
    summary = models.CharField(max_length=500)
    action = models.CharField(max_length=20, choices=Action.choices, blank=True)
    rollout_score = models.PositiveSmallIntegerField()
    post_launch_score = models.PositiveSmallIntegerField()
    details = models.JSONField(default=dict)
    missed = models.PositiveIntegerField(default=0, help_text="Hours without a check before this one")
    verdict = models.OneToOneField(Verdict, on_delete=models.RESTRICT, related_name="check_of")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-slot"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "slot"], name="check_once_a_slot"),
            models.CheckConstraint(
                condition=Q(rollout_score__lte=100, post_launch_score__lte=100), name="check_scores"
            ),
        ]
        indexes = [models.Index(fields=["-slot"], name="check_newest")]
        permissions = [("run_healthcheck", "Can check a plan's health now")]

    def __str__(self) -> str:
        return f"{self.plan} at {timezone.localtime(self.slot):%Y-%m-%d %H:%M}: {self.get_result_display()}"


class Look(models.Model):
    """One daily look of the guardrail, which spends a part of the plan's chance of a false alarm."""

    health_check = models.OneToOneField(HealthCheck, on_delete=models.CASCADE, related_name="look")
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="looks", db_index=False)
    number = models.PositiveIntegerField()
    slot = models.DateTimeField()
    plan_version = models.PositiveIntegerField()
    findings = models.JSONField(help_text="The criteria that this look decided, as the checks quote them")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="look_once")]

    def __str__(self) -> str:
        return f"Look {self.number} at {self.plan}"


class BaselineSet(models.Model):
    """That a plan's baselines were taken, and over which two weeks before it first left 0 %."""

    plan = models.OneToOneField(Plan, on_delete=models.CASCADE, related_name="baseline_set")
    since = models.DateTimeField()
    until = models.DateTimeField()
    fleet_requests = models.BigIntegerField()
    fleet_errors = models.BigIntegerField()
    taken_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Baselines of {self.plan}"


class Baseline(models.Model):
    """How a workspace was before the plan began: the sums of two weeks, and how its days scattered."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="baselines", db_index=False)
    workspace = BytewiseCharField(max_length=100, blank=True)
    requests = models.BigIntegerField()
    errors = models.BigIntegerField()
    dispersion = models.FloatField(help_text="Of the daily errors: their variance is m + dispersion * m^2")

    class Meta:
        ordering = ["plan", "workspace"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "workspace"], name="baseline_once"),
            models.CheckConstraint(condition=Q(requests__gt=0), name="baseline_requests"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace}: {self.errors} of {self.requests}"
