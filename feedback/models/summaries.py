"""Daily counts of tickets, kept so that a summary of years is as quick as one of a day."""

from django.db import models

from feedback.models.tickets import Ticket
from rollout.models import Module


class SummaryDay(models.Model):
    """A day of which the counts may be kept; `rolled_at` is null while a change made them stale."""

    day = models.DateField(primary_key=True)
    rolled_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class DayCount(models.Model):
    """The tickets received on a day alike in these four: how many, and their ratings' sums."""

    day = models.ForeignKey(SummaryDay, on_delete=models.CASCADE, db_index=False)
    category = models.CharField(max_length=20, choices=Ticket.Category.choices)
    severity = models.CharField(max_length=8, choices=Ticket.Severity.choices)
    module = models.ForeignKey(Module, on_delete=models.RESTRICT, null=True, db_index=False)
    feature_area = models.CharField(max_length=100, blank=True)
    tickets = models.PositiveIntegerField()
    satisfaction_sum = models.PositiveIntegerField(default=0)
    satisfaction_n = models.PositiveIntegerField(default=0)
    usability_sum = models.PositiveIntegerField(default=0)
    usability_n = models.PositiveIntegerField(default=0)
    performance_sum = models.PositiveIntegerField(default=0)
    performance_n = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["day", "category", "severity", "module", "feature_area"], name="daycount_once"
            ),
            # Nulls count as different in the one above.
            models.UniqueConstraint(
                fields=["day", "category", "severity", "feature_area"],
                name="daycount_once_without_module",
                condition=models.Q(module=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day_id}: {self.tickets} in {self.category}"
