"""Times in which things do not change: maintenance and freezes."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class WindowQuerySet(models.QuerySet["Window"]):
    def in_force(self, at: datetime | None = None) -> "WindowQuerySet":
        """Windows that hold at `at` (now, unless given); an open end holds until it is set."""
        at = at or timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=at), cancelled_at=None, starts_at__lte=at)

    def ahead(self, at: datetime | None = None) -> "WindowQuerySet":
        """Windows that are planned and have not begun."""
        return self.filter(cancelled_at=None, starts_at__gt=at or timezone.now())


class Window(models.Model):
    """A maintenance window or a freeze. Both stop phases and deployments; neither stops a rollback."""

    class Kind(models.TextChoices):
        MAINTENANCE = "maintenance", "Maintenance"
        FREEZE = "freeze", "Freeze"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=200, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)

    objects = WindowQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["starts_at", "ends_at"], name="window_times")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="window_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(kind__in=["maintenance", "freeze"]), name="window_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"

    @property
    def state(self) -> str:
        """One word: cancelled, planned, in force or over."""
        now = timezone.now()
        if self.cancelled_at:
            return "cancelled"
        if self.starts_at > now:
            return "planned"
        return "over" if self.ends_at and self.ends_at <= now else "in force"
