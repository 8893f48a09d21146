"""Releases: a version of a module, what it changes and how it must ship."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from releases.lifecycle import ReleaseState
from rollout.models import Module
from rollout.models.fields import BytewiseCharField

METHODS = ("rolling", "blue_green", "maintenance_window")


class Category(models.TextChoices):
    """How risky a change is (production-update guide, "Change Categories")."""

    LOW = "low", "Low risk"
    MEDIUM = "medium", "Medium risk"
    HIGH = "high", "High risk"


class Method(models.TextChoices):
    """How a change ships (production-update guide, "Production Update Methods")."""

    ROLLING = "rolling", "Rolling update"
    BLUE_GREEN = "blue_green", "Blue-green"
    MAINTENANCE_WINDOW = "maintenance_window", "Maintenance window"


class Release(models.Model):
    """A semantic version of one module with its issues. `revision` counts its changes.

    What it holds and says is fixed once it went to production: the database refuses a change of it.
    `order_key` sorts as versions do (semver.org, 11).
    """

    class State(models.TextChoices):
        DRAFT = ReleaseState.DRAFT.value, "Draft"
        IN_STAGING = ReleaseState.IN_STAGING.value, "In staging"
        TESTED = ReleaseState.TESTED.value, "Tested"
        IN_PRODUCTION = ReleaseState.IN_PRODUCTION.value, "Going to production"
        DEPLOYED = ReleaseState.DEPLOYED.value, "Deployed"
        ROLLED_BACK = ReleaseState.ROLLED_BACK.value, "Rolled back"
        ABANDONED = ReleaseState.ABANDONED.value, "Abandoned"

    version = models.CharField(max_length=40, unique=True)
    order_key = BytewiseCharField(max_length=250, editable=False)
    module = models.ForeignKey(Module, on_delete=models.RESTRICT, related_name="releases", db_index=False)
    title = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=6, choices=Category.choices, default=Category.MEDIUM)
    method = models.CharField(max_length=20, choices=Method.choices, default=Method.ROLLING)
    hotfix = models.BooleanField(default=False, help_text="Fast-tracked: fewer steps, the same records")
    security = models.BooleanField(default=False, help_text="Mends a hole: as a hotfix, announced afterwards")
    risk = models.TextField(blank=True, help_text="What may go wrong, and how it would show")
    notes = models.TextField(blank=True, help_text="Opens the changelog")
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT, editable=False)
    changelog = models.TextField(blank=True, editable=False, help_text="As it went to production")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_by = models.CharField(max_length=200, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False, help_text="When it first went to production")
    deployed_at = models.DateTimeField(null=True, editable=False, help_text="When everybody had it")
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["-order_key"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=list(ReleaseState)), name="release_state"),
            models.CheckConstraint(
                condition=Q(category__in=["low", "medium", "high"]), name="release_category"
            ),
            models.CheckConstraint(condition=Q(method__in=list(METHODS)), name="release_method"),
            models.CheckConstraint(
                condition=~Q(category="high", method="rolling") | Q(hotfix=True, security=True),
                name="release_high_risk_method",
            ),
            models.CheckConstraint(
                condition=Q(hotfix=False) | Q(method="rolling"), name="release_hotfix_rolls"
            ),
            models.CheckConstraint(
                condition=~Q(state="deployed") | Q(deployed_at__isnull=False, frozen_at__isnull=False),
                name="release_deployed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["-order_key"], name="release_newest"),
            models.Index(fields=["module", "state"], name="release_of_module"),
            models.Index(fields=["state", "-order_key"], name="release_of_state"),
        ]
        permissions = [
            ("deploy_release", "Can plan, start and continue deployments"),
            ("roll_back_release", "Can roll a deployment back"),
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def flag_key(self) -> str:
        """The flag by which the product asks who has this release."""
        return f"release_{self.version}"


class ChangePolicy(models.Model):
    """What a category of change asks for before production (SPEC 6).

    `roles` must each have signed, in this order for those that `last` names; `people` is how many different
    people must have signed, whatever their role.
    """

    category = models.CharField(max_length=6, primary_key=True, choices=Category.choices)
    examples = models.CharField(max_length=200)
    methods = models.JSONField(help_text="How such a change may ship")
    people = models.PositiveSmallIntegerField(default=1)
    roles = models.JSONField(default=list, blank=True)
    last = models.CharField(max_length=30, blank=True, help_text="The role that signs after all the others")
    not_the_author = models.BooleanField(default=False)
    announcement = models.BooleanField(default=False, help_text="Users are told before")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "change policy"
        verbose_name_plural = "change policies"
        ordering = ["category"]
        constraints = [models.CheckConstraint(condition=Q(people__gte=1), name="policy_people")]

    def __str__(self) -> str:
        return self.get_category_display()
