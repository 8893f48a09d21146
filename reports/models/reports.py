"""The archive: each report as it was when it was made."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from rollout.models import Module


class Kind(models.TextChoices):
    ROLLOUT = "rollout", "Rollout report"
    DAILY = "daily", "Daily summary"
    WEEKLY = "weekly", "Weekly summary"
    POST_LAUNCH = "post_launch", "Post-launch report"
    FEEDBACK = "feedback", "Feedback report"
    PHASE2 = "phase2", "Phase 2 report"


class ReportQuerySet(models.QuerySet["Report"]):
    def older_than(self, moment: datetime) -> "ReportQuerySet":
        """Those made before `moment`."""
        return self.filter(made_at__lt=moment)


class Report(models.Model):
    """One report on the hours from `since` to `until`. Its document stays; newer figures are a new row."""

    kind = models.CharField(max_length=12, choices=Kind.choices)
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="reports")
    since = models.DateTimeField()
    until = models.DateTimeField()
    document = models.JSONField(help_text="The report as the API answers it")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=200)
    subscription = models.ForeignKey(
        "reports.Subscription", on_delete=models.SET_NULL, null=True, blank=True, related_name="reports"
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [
            models.Index(fields=["-made_at"], name="report_newest"),
            models.Index(fields=["module", "kind", "-until"], name="report_of_module"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="report_kind"),
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="report_period"),
            # However many workers find it due: once for each time that it was due.
            models.UniqueConstraint(fields=["subscription", "until"], name="report_once_a_period"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.module}, to {timezone.localtime(self.until):%Y-%m-%d %H:%M}"
