"""Times in which things do not change: maintenance and freezes."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

# Maintenance is announced so long before it begins (SPEC 6).
ANNOUNCED_BEFORE = timedelta(minutes=30)


class WindowQuerySet(models.QuerySet["Window"]):
    def in_force(self, at: datetime | None = None) -> "WindowQuerySet":
        """Windows that hold at `at` (now, unless given); an open end holds until it is set."""
        at = at or timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=at), cancelled_at=None, starts_at__lte=at)

    def ahead(self, at: datetime | None = None) -> "WindowQuerySet":
        """Windows that are planned or announced and have not begun."""
        return self.filter(cancelled_at=None, starts_at__gt=at or timezone.now())

    def not_over(self, at: datetime | None = None) -> "WindowQuerySet":
        """Windows that are in force or ahead at `at`."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=at or timezone.now()), cancelled_at=None)

    def maintenance(self) -> "WindowQuerySet":
        """Those that users are told of; a freeze is the team's own."""
        return self.filter(kind=Window.Kind.MAINTENANCE)

    def to_show(self, at: datetime | None = None) -> "WindowQuerySet":
        """Windows in force, and maintenance that is announced: what a banner says."""
        at = at or timezone.now()
        near = Q(starts_at__lte=at + ANNOUNCED_BEFORE) | Q(announced_at__isnull=False)
        return self.not_over(at).filter(Q(starts_at__lte=at) | Q(near, kind=Window.Kind.MAINTENANCE))


class Window(models.Model):
    """A maintenance window or a freeze. Both stop phases and deployments; neither stops a rollback.

    `announced_at` is when users were first told of it: a freeze is never announced. `version` counts changes.
    """

    class Kind(models.TextChoices):
        MAINTENANCE = "maintenance", "Maintenance"
        FREEZE = "freeze", "Freeze"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=200, editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    # The database says it as well, for windows that the version before makes while it still runs.
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    objects = WindowQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["starts_at", "ends_at"], name="window_times")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="window_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(kind__in=["maintenance", "freeze"]), name="window_kind"),
            models.CheckConstraint(
                condition=Q(kind="maintenance") | Q(announced_at=None), name="window_freeze_is_not_announced"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"

    @property
    def state(self) -> str:
        """One word: cancelled, planned, announced, in force or over."""
        return self.state_at(timezone.now())

    def state_at(self, at: datetime) -> str:
        """The state at this moment, as the window stands now."""
        if self.cancelled_at:
            return "cancelled"
        if self.starts_at > at:
            begins = self.announced_from
            return "announced" if begins is not None and begins <= at else "planned"
        return "over" if self.ends_at and self.ends_at <= at else "in force"

    @property
    def announced_from(self) -> datetime | None:
        """From when on it counts as announced: half an hour before it begins, or when users were told.

        None for a freeze.
        """
        if self.kind != Window.Kind.MAINTENANCE:
            return None
        before = self.starts_at - ANNOUNCED_BEFORE
        return min(before, self.announced_at) if self.announced_at else before

    @property
    def has_ended(self) -> bool:
        """Whether it is over or cancelled: nothing of it can be changed any more."""
        return self.state in ("over", "cancelled")
