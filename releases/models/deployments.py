"""Deployments: a release on its way to one environment."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from operations.models import Window
from releases.lifecycle import ENDED, UNDER_WAY, DeploymentState
from releases.models.environments import Environment
from releases.models.releases import Method, Release
from releases.models.templates import Template
from rollout.models import Plan


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def under_way(self) -> "DeploymentQuerySet":
        """Those that run or are being rolled back: one in each environment."""
        return self.filter(state__in=UNDER_WAY)


class Deployment(models.Model):
    """A release going to one environment.

    `plan` is the release's own rollout plan, of which the flag `release_<version>` is served; it goes as far
    as `target_percentage`, and there it waits for a person. `held_because` says what it waits for, `window`
    is its maintenance window. `version` counts what was done to it.
    """

    class State(models.TextChoices):
        PLANNED = DeploymentState.PLANNED.value, "Planned"
        RUNNING = DeploymentState.RUNNING.value, "Running"
        ROLLING_BACK = DeploymentState.ROLLING_BACK.value, "Rolling back"
        COMPLETE = DeploymentState.COMPLETE.value, "Complete"
        ROLLED_BACK = DeploymentState.ROLLED_BACK.value, "Rolled back"
        FAILED = DeploymentState.FAILED.value, "Failed"
        CANCELLED = DeploymentState.CANCELLED.value, "Cancelled"

    class Trigger(models.TextChoices):
        PERSON = "person", "A person"
        HEALTH = "health", "A health check"
        STEP = "step", "A step that failed"
        PLAN = "plan", "The rollout plan"

    release = models.ForeignKey(
        Release, on_delete=models.RESTRICT, related_name="deployments", db_index=False
    )
    environment = models.ForeignKey(
        Environment, on_delete=models.RESTRICT, related_name="deployments", db_index=False
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED, editable=False)
    method = models.CharField(max_length=20, choices=Method.choices)
    target_percentage = models.PositiveSmallIntegerField(default=100)
    plan = models.ForeignKey(Plan, on_delete=models.RESTRICT, null=True, related_name="deployments")
    window = models.ForeignKey(Window, on_delete=models.RESTRICT, null=True, related_name="deployments")
    steps_from = models.ForeignKey(Template, on_delete=models.RESTRICT, related_name="+")
    checklist_from = models.ForeignKey(Template, on_delete=models.RESTRICT, null=True, related_name="+")
    held_because = models.CharField(max_length=1000, blank=True)
    notes = models.TextField(blank=True)
    planned_at = models.DateTimeField(default=timezone.now)
    planned_by = models.CharField(max_length=200)
    started_at = models.DateTimeField(null=True)
    deployed_by = models.CharField(max_length=200, blank=True)
    approved_by = models.CharField(max_length=1000, blank=True, help_text="Who had signed when it started")
    rollback_at = models.DateTimeField(null=True, help_text="When it began to be rolled back")
    rollback_by = models.CharField(max_length=200, blank=True)
    rollback_reason = models.TextField(blank=True)
    trigger = models.CharField(max_length=6, choices=Trigger.choices, blank=True)
    watched_until = models.DateTimeField(null=True, help_text="The end of the last hour that was looked at")
    finished_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(
                fields=["environment"],
                condition=Q(state__in=list(UNDER_WAY)),
                name="deployment_one_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["release", "environment"],
                condition=Q(state="planned"),
                name="deployment_planned_once",
            ),
            models.CheckConstraint(condition=Q(state__in=list(DeploymentState)), name="deployment_state"),
            models.CheckConstraint(
                condition=Q(target_percentage__gte=1, target_percentage__lte=100), name="deployment_target"
            ),
            models.CheckConstraint(
                condition=Q(state__in=list(ENDED), finished_at__isnull=False)
                | ~Q(state__in=list(ENDED)) & Q(finished_at=None),
                name="deployment_finished_at",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "cancelled"]) | Q(started_at__isnull=False),
                name="deployment_started_at",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["rolling_back", "rolled_back"]) | Q(rollback_at__isnull=False),
                name="deployment_rollback_at",
            ),
        ]
        indexes = [
            models.Index(fields=["release", "environment", "-id"], name="deployment_of_release"),
            models.Index(fields=["environment", "-id"], name="deployment_of_environment"),
            models.Index(fields=["environment", "finished_at"], name="deployment_finished"),
            models.Index(fields=["state", "-id"], name="deployment_of_state"),
        ]

    def __str__(self) -> str:
        return f"{self.release.version} to {self.environment_id}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED
