"""The Phase 2 plan: wishes that belong together, and how much each criterion counts."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

SCORE = (MinValueValidator(1), MaxValueValidator(5))
SCORED = ("value", "feasibility", "fit")


class Enhancement(models.Model):
    """Feature requests that ask for one thing, scored from 1 to 5 by the product manager; null: not yet.

    The impact is not scored but counted, from the workspaces and users behind its tickets.
    """

    class Objective(models.TextChoices):
        MOBILE = "mobile", "Mobile experience"
        AUTOMATION = "automation", "AI and automation"
        INTEGRATION = "integration", "Advanced integration"
        ANALYTICS = "analytics", "Enhanced analytics"
        OTHER = "other", "Other"

    name = models.CharField(max_length=200, unique=True)
    objective = models.CharField(max_length=12, choices=Objective.choices, default=Objective.OTHER)
    value = models.PositiveSmallIntegerField(
        "business value",
        null=True,
        blank=True,
        validators=SCORE,
        help_text="Revenue and cost impact, 5 is most",
    )
    feasibility = models.PositiveSmallIntegerField(
        "technical feasibility",
        null=True,
        blank=True,
        validators=SCORE,
        help_text="5 is the easiest to build",
    )
    fit = models.PositiveSmallIntegerField(
        "strategic fit", null=True, blank=True, validators=SCORE, help_text="5 fits the strategy best"
    )
    note = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(**{name: None}) | Q(**{f"{name}__range": (1, 5)}), name=f"enhancement_{name}"
            )
            for name in SCORED
        ]

    def __str__(self) -> str:
        return self.name


class PlanWeights(models.Model):
    """How much each criterion counts in the ranking: one row, in parts of their sum."""

    impact = models.PositiveSmallIntegerField("user impact", default=40)
    value = models.PositiveSmallIntegerField("business value", default=30)
    feasibility = models.PositiveSmallIntegerField("technical feasibility", default=15)
    fit = models.PositiveSmallIntegerField("strategic fit", default=15)

    class Meta:
        verbose_name = verbose_name_plural = "weights of the Phase 2 plan"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="planweights_one_row"),
            models.CheckConstraint(
                condition=~Q(impact=0, value=0, feasibility=0, fit=0), name="planweights_count_something"
            ),
        ]

    def __str__(self) -> str:
        return f"impact {self.impact}, value {self.value}, feasibility {self.feasibility}, fit {self.fit}"
