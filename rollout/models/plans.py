"""Rollout plans: a module's staged ramp, and its phases."""

from datetime import timedelta
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from rollout.models.fields import BytewiseCharField
from rollout.models.flags import Module, new_salt
from rollout.rules.ordering import HASH_VERSION, Cutoff
from rollout.rules.ordering import Ordering as Orderings


class PlanQuerySet(models.QuerySet["Plan"]):
    def live(self) -> "PlanQuerySet":
        """Plans that are not archived; a module has at most one."""
        return self.exclude(status=Plan.Status.ARCHIVED)

    def whole(self) -> "PlanQuerySet":
        """Plans of whole modules: those of releases pile up."""
        return self.filter(module__part_of=None)


class Plan(models.Model):
    """How far a module is rolled out. The fields below `percentage` change through the verbs alone."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        COMPLETE = "complete", "Complete"
        ROLLED_BACK = "rolled_back", "Rolled back"
        ARCHIVED = "archived", "Archived"

    class Ordering(models.TextChoices):
        WORKSPACE_ID = Orderings.WORKSPACE_ID.value, "Workspace id, lowest first"
        HASH = Orderings.HASH.value, "Hash, at random"

    class BreachPolicy(models.TextChoices):
        PAUSE = "pause", "Pause"
        ROLL_BACK = "roll_back", "Roll back to the phase before"
        TURN_OFF = "turn_off", "Turn the flag off for everybody"

    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="plans")
    name = models.CharField(max_length=100)
    ordering = models.CharField(max_length=12, choices=Ordering.choices, default=Ordering.HASH)
    salt = models.CharField(max_length=16, default=new_salt, editable=False)
    hash_version = models.PositiveSmallIntegerField(default=HASH_VERSION, editable=False)
    automatic = models.BooleanField(default=False, help_text="Run the next phase when the gate opens")
    needs_approval = models.BooleanField(default=False, help_text="A second person approves each phase")
    breach_policy = models.CharField(max_length=10, choices=BreachPolicy.choices, default=BreachPolicy.PAUSE)

    percentage = models.PositiveSmallIntegerField(default=0, editable=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFT, editable=False)
    cutoff_key = BytewiseCharField(max_length=100, blank=True, editable=False)
    cutoff_open = models.BooleanField(default=False, editable=False)
    all_off = models.BooleanField(
        default=False, editable=False, help_text="Set to 0: off above every override"
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    started_at = models.DateTimeField(null=True, editable=False, help_text="When it first left 0 %")
    share_changed_at = models.DateTimeField(null=True, editable=False, help_text="When the soak began")
    paused_at = models.DateTimeField(null=True, editable=False)
    recheck_at = models.DateTimeField(null=True, editable=False, help_text="When automatic mode looks again")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["module__name", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["module"], condition=~Q(status="archived"), name="plan_one_live_per_module"
            ),
            models.CheckConstraint(condition=Q(percentage__lte=100), name="plan_percentage"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "running", "paused", "complete", "rolled_back", "archived"]),
                name="plan_status",
            ),
            models.CheckConstraint(
                condition=Q(cutoff_open=False) | Q(cutoff_key=""), name="plan_cutoff_kind"
            ),
            models.CheckConstraint(
                condition=~Q(status="paused") | Q(paused_at__isnull=False), name="plan_paused_since"
            ),
        ]
        permissions = [
            ("run_phase", "Can run phases, resume and complete a plan"),
            ("halt_plan", "Can pause, lower and roll back a plan"),
            ("raise_percentage", "Can raise a plan's percentage by hand, past the gate"),
            ("override_gate", "Can override a closed gate with a written reason"),
            ("approve_phase", "Can approve a phase that somebody else runs"),
            ("archive_plan", "Can archive a plan"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def cutoff(self) -> Cutoff:
        """How far the cohort reaches."""
        return Cutoff(self.cutoff_key, self.cutoff_open)

    @property
    def is_paused(self) -> bool:
        return self.status == self.Status.PAUSED


class Phase(models.Model):
    """A step of a plan: its percentage, and the criteria that must hold before the next one.

    Rates are fractions (0.02 is 2 %), times are in milliseconds unless they are durations; a criterion that
    is empty is not asked for.
    """

    class Audience(models.TextChoices):
        INTERNAL = "internal", "The internal list only"
        BETA = "beta", "Beta"
        COHORT = "cohort", "The cohort"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="phases", db_index=False)
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    name = models.CharField(max_length=60)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.COHORT)
    percentage = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    week = models.PositiveSmallIntegerField(null=True, blank=True)
    min_soak = models.DurationField(default=timedelta(days=7), help_text="Before the next phase may run")
    review_every = models.DurationField(null=True, blank=True)
    review_for = models.DurationField(null=True, blank=True)
    max_error_rate = models.DecimalField(max_digits=6, decimal_places=5, default=Decimal("0.05"))
    target_error_rate = models.DecimalField(max_digits=6, decimal_places=5, null=True, blank=True)
    min_adoption = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    max_p95_ms = models.PositiveIntegerField("max p95 of the API, ms", default=500)
    max_database_p95_ms = models.PositiveIntegerField("max p95 of the database, ms", null=True, blank=True)
    min_satisfaction = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    no_open_critical_issue = models.BooleanField(default=False)
    stable_for = models.DurationField(
        null=True, blank=True, help_text="No rollback trigger and no critical alert for this long"
    )
    all_flags_available = models.BooleanField(default=False)

    class Meta:
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="phase_number_once"),
            models.UniqueConstraint(fields=["plan", "percentage"], name="phase_percentage_once"),
            models.CheckConstraint(condition=Q(percentage__lte=100), name="phase_percentage"),
            models.CheckConstraint(condition=Q(number__gte=1), name="phase_number"),
            models.CheckConstraint(
                condition=Q(max_error_rate__gte=0) & Q(max_error_rate__lte=1), name="phase_max_error_rate"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name} ({self.percentage} %)"
