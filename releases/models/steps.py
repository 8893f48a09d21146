"""Steps of a deployment, and the evidence that they left."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from releases.lifecycle import StepState
from releases.models.deployments import Deployment


class Step(models.Model):
    """One step of a deployment. `direction` is back for what a rollback added.

    `action` is what the portal does itself; `changes` says that the environment is another one afterwards,
    so that a rollback must undo it: `undo` is the step that does. `attempts` counts how often it was begun.
    """

    class Runner(models.TextChoices):
        PORTAL = "portal", "The portal"
        WEBHOOK = "webhook", "The CI"
        PERSON = "person", "A person"

    class Direction(models.TextChoices):
        FORWARD = "forward", "Forward"
        BACK = "back", "Back"

    class State(models.TextChoices):
        WAITING = StepState.WAITING.value, "Waiting"
        RUNNING = StepState.RUNNING.value, "Running"
        SUCCEEDED = StepState.SUCCEEDED.value, "Succeeded"
        FAILED = StepState.FAILED.value, "Failed"
        SKIPPED = StepState.SKIPPED.value, "Skipped"

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    title = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    direction = models.CharField(max_length=7, choices=Direction.choices, default=Direction.FORWARD)
    runner = models.CharField(max_length=7, choices=Runner.choices)
    action = models.CharField(max_length=30, blank=True)
    params = models.JSONField(default=dict)
    changes = models.BooleanField(default=False)
    undo = models.JSONField(null=True)
    timeout = models.DurationField(null=True)
    most_attempts = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True, help_text="Without a word by then, this attempt failed")
    finished_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True, help_text="A worker is at it until then")

    class Meta:
        ordering = ["deployment", "position"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["deployment", "position"], name="step_position_once"),
            models.UniqueConstraint(fields=["deployment", "key"], name="step_key_once"),
            models.UniqueConstraint(
                fields=["deployment"], condition=Q(state="running"), name="step_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(state__in=list(StepState)), name="step_state"),
            models.CheckConstraint(
                condition=Q(runner__in=["portal", "webhook", "person"]), name="step_runner"
            ),
            models.CheckConstraint(
                condition=Q(runner="portal") & ~Q(action="") | ~Q(runner="portal") & Q(action=""),
                name="step_portal_action",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "skipped"]) | Q(attempts__gte=1, started_at__isnull=False),
                name="step_begun",
            ),
        ]
        indexes = [models.Index(fields=["deadline_at"], name="step_deadline", condition=Q(state="running"))]
        permissions = [("report_step", "Can report the result of a step")]

    def __str__(self) -> str:
        return self.title


class Evidence(models.Model):
    """What an attempt at a step left: its outcome, and what proves it. Rows are only added."""

    class Outcome(models.TextChoices):
        BEGUN = "begun", "Begun"
        NOTED = "noted", "Noted"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        TIMED_OUT = "timed_out", "Timed out"
        SKIPPED = "skipped", "Skipped"

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="evidence", db_index=False)
    attempt = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    note = models.TextField(blank=True, max_length=5000)
    url = models.CharField(max_length=1000, blank=True)
    data = models.JSONField(default=dict)
    file = models.FileField(upload_to="evidence/%Y/%m", max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file")
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)

    class Meta:
        ordering = ["at", "id"]
        default_permissions = ()
        indexes = [models.Index(fields=["step", "at"], name="evidence_of_step")]

    def __str__(self) -> str:
        return f"{self.step}: {self.get_outcome_display()}"
