"""Silences: for a while, nobody is told of what they match."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from monitoring.levels import ORDER
from monitoring.models.alerts import Alert
from rollout.models import Module


class SilenceQuerySet(models.QuerySet["Silence"]):
    def in_force(self, at: datetime | None = None) -> "SilenceQuerySet":
        """Those that hold at `at` (now, unless given)."""
        at = at or timezone.now()
        return self.filter(starts_at__lte=at, ends_at__gt=at)


class Silence(models.Model):
    """For a time, alerts that match all that is given here send nothing and owe nothing."""

    fingerprint = models.CharField(max_length=64, blank=True)
    module = models.ForeignKey(Module, on_delete=models.RESTRICT, null=True, blank=True, related_name="+")
    level = models.CharField(max_length=8, choices=Alert.Level.choices, blank=True)
    title = models.CharField(max_length=200, help_text="What it silences, in words", editable=False)
    reason = models.CharField(max_length=500)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=200, editable=False)
    ended_by = models.CharField(max_length=200, blank=True, editable=False)

    objects = SilenceQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="silence_times")]
        constraints = [
            # One that matches everything would be a portal that says nothing.
            models.CheckConstraint(
                condition=~Q(fingerprint="", module=None, level=""), name="silence_matches_something"
            ),
            models.CheckConstraint(condition=Q(level="") | Q(level__in=ORDER), name="silence_level"),
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="silence_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> str:
        """One word: planned, in force or over."""
        now = timezone.now()
        if self.ends_at <= now:
            return "over"
        return "planned" if self.starts_at > now else "in force"
