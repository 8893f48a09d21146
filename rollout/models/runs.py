"""What happened to a plan: its operations, its verdicts, its approvals, and who was in when.

A foreign key has no index of its own where a constraint or an index begins with it.
"""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from rollout.models.fields import BytewiseCharField
from rollout.models.plans import Plan
from rollout.models.workspaces import Workspace


class Verdict(models.Model):
    """What monitoring found about one version of a plan. Written through `gates.record_verdict`."""

    class Result(models.TextChoices):
        PASS = "pass", "Pass"
        HOLD = "hold", "Hold"
        BREACH = "breach", "Breach"
        UNKNOWN = "unknown", "Unknown"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="verdicts", db_index=False)
    plan_version = models.PositiveIntegerField()
    result = models.CharField(max_length=8, choices=Result.choices)
    summary = models.CharField(max_length=500)
    details = models.JSONField(default=dict)
    measured_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-measured_at", "-id"]
        indexes = [models.Index(fields=["plan", "-measured_at", "-id"], name="verdict_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(result__in=["pass", "hold", "breach", "unknown"]), name="verdict_result"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_result_display()}: {self.summary}"


class PhaseRun(models.Model):
    """One operation on a plan, with its effect and the evidence it stood on."""

    class Operation(models.TextChoices):
        PHASE = "phase", "Phase run"
        SET = "set", "Percentage set"
        PAUSE = "pause", "Paused"
        RESUME = "resume", "Resumed"
        ROLLBACK = "rollback", "Rolled back"
        COMPLETE = "complete", "Completed"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="runs", db_index=False)
    operation = models.CharField(max_length=10, choices=Operation.choices)
    phase_number = models.PositiveSmallIntegerField(null=True)
    from_percentage = models.PositiveSmallIntegerField()
    to_percentage = models.PositiveSmallIntegerField()
    gain = models.PositiveIntegerField()
    lose = models.PositiveIntegerField()
    plan_version = models.PositiveIntegerField(help_text="The plan's version after this operation")
    verdict = models.ForeignKey(Verdict, on_delete=models.RESTRICT, null=True)
    overridden = models.JSONField(default=list, help_text="Codes of the gate's reasons that were overridden")
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "plan_version"], name="run_one_per_version"),
            models.CheckConstraint(
                condition=Q(from_percentage__lte=100) & Q(to_percentage__lte=100), name="run_percentages"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_operation_display()}: {self.from_percentage} % to {self.to_percentage} %"


class Approval(models.Model):
    """A person's consent to one phase of one version of a plan."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="approvals", db_index=False)
    plan_version = models.PositiveIntegerField()
    phase_number = models.PositiveSmallIntegerField()
    user_id = models.BigIntegerField()
    username = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "plan_version", "phase_number", "user_id"], name="approval_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.username} for phase {self.phase_number}"


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def open(self) -> "EnrolmentQuerySet":
        """Those whose unit is in the cohort now."""
        return self.filter(left_at=None)


class Enrolment(models.Model):
    """The record of one stay of a workspace in a cohort. A workspace that returns has a new row."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="enrolments")
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="enrolments", db_index=False
    )
    order_key = BytewiseCharField(max_length=100)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "order_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "workspace"], condition=Q(left_at=None), name="enrolment_one_open"
            ),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("entered_at")), name="enrolment_leaves_after"
            ),
        ]
        indexes = [models.Index(fields=["workspace", "plan"], name="enrolment_of_workspace")]

    def __str__(self) -> str:
        return f"{self.workspace_id} in {self.plan}"
