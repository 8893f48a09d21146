"""What a person contributes: reviews on the phases' schedule, and criteria ticked by hand."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from monitoring import cadence
from rollout.models import PhaseRun, Plan


class ReviewQuerySet(models.QuerySet["Review"]):
    def open(self) -> "ReviewQuerySet":
        """Neither done nor lapsed."""
        return self.filter(done_at=None, lapsed_at=None)

    def due(self) -> "ReviewQuerySet":
        """Open, and their time has come."""
        return self.open().filter(due_at__lte=timezone.now())


class Review(models.Model):
    """A look that a product manager owes: at a phase, such as every 2 hours of the first 48, or after all.

    One with `lapses_at` is overtaken by the next one; one of a phase stays due while that lasts.
    """

    class Kind(models.TextChoices):
        PHASE = "phase", "Phase"
        DAY = cadence.DAY, "First 24 hours"
        WEEK = cadence.WEEK, "First week"
        MONTH = cadence.MONTH, "First month"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="reviews", db_index=False)
    run = models.ForeignKey(PhaseRun, on_delete=models.CASCADE, related_name="reviews", db_index=False)
    number = models.PositiveSmallIntegerField()
    # The version before knows no kinds: while it still runs, the database says which one its reviews are of.
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.PHASE, db_default=Kind.PHASE)
    due_at = models.DateTimeField()
    lapses_at = models.DateTimeField(null=True, help_text="When it is overtaken by the next one")
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True, max_length=2000)
    lapsed_at = models.DateTimeField(null=True, help_text="When it was too late to do it")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="review_once"),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(lapsed_at=None), name="review_done_or_lapsed"
            ),
            models.CheckConstraint(condition=Q(done_at=None) | ~Q(note=""), name="review_has_a_note"),
            models.CheckConstraint(
                condition=Q(kind="phase", lapses_at=None)
                | Q(kind__in=[cadence.DAY, cadence.WEEK, cadence.MONTH], lapses_at__isnull=False),
                name="review_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["plan", "due_at"], name="review_of_plan"),
            models.Index(fields=["due_at"], name="review_open", condition=Q(done_at=None, lapsed_at=None)),
            models.Index(
                fields=["lapses_at"], name="review_lapses", condition=Q(done_at=None, lapsed_at=None)
            ),
        ]
        permissions = [("do_review", "Can tick a review or a criterion")]

    def __str__(self) -> str:
        return f"Review {self.number} of {self.plan}"

    @property
    def was_overtaken(self) -> bool:
        """Whether it lapsed because the next one was due, and not because the plan moved on."""
        if self.lapsed_at is None or self.lapses_at is None:
            return False
        return self.lapsed_at >= self.lapses_at


class CriterionTick(models.Model):
    """A criterion that a person vouches for, where the portal has too little to judge it."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="ticks", db_index=False)
    phase_number = models.PositiveSmallIntegerField()
    criterion = models.CharField(max_length=40)
    note = models.TextField(max_length=2000)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "phase_number", "criterion"], name="tick_once"),
            models.CheckConstraint(condition=~Q(note=""), name="tick_has_a_note"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion} of phase {self.phase_number}"
