"""Daily counts of tickets, kept so that a summary of years is as quick as one of a day."""

from django.db import models

from feedback.models.tickets import Ticket
from rollout.models import Module


class SummaryDay(models.Model):
    """A day whose tickets were counted; a `StaleDay` of it says that something has changed since."""

    day = models.DateField(primary_key=True)
    rolled_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class StaleDay(models.Model):
    """A change to what is counted of a day, until the next count: written by the change's own transaction.

    Any number of a day. A row for each change, and none that two changes share, so that no change ever
    waits for another or for the count.
    """

    day = models.DateField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class Counted(models.Model):
    """Tickets received on a `SummaryDay`, and the ratings of those who say how satisfied they are."""

    day = models.DateField()
    tickets = models.PositiveIntegerField()
    satisfaction_sum = models.PositiveIntegerField()
    satisfaction_n = models.PositiveIntegerField()

    class Meta:
        abstract = True


class DayCount(Counted):
    """The tickets received on a day that are alike in these three, those in quarantine left out."""

    category = models.CharField(max_length=20, choices=Ticket.Category.choices)
    severity = models.CharField(max_length=8, choices=Ticket.Severity.choices)
    module = models.ForeignKey(Module, on_delete=models.RESTRICT, null=True, db_index=False)
    usability_sum = models.PositiveIntegerField()
    usability_n = models.PositiveIntegerField()
    performance_sum = models.PositiveIntegerField()
    performance_n = models.PositiveIntegerField()
    csat_sum = models.PositiveIntegerField()
    csat_n = models.PositiveIntegerField()
    answered_in_time = models.PositiveIntegerField()
    answered_late = models.PositiveIntegerField()
    resolved_in_time = models.PositiveIntegerField()
    resolved_late = models.PositiveIntegerField()
    reopened = models.PositiveIntegerField()
    merged = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["day", "category", "severity", "module"], name="daycount_once"),
            # Nulls count as different in the one above.
            models.UniqueConstraint(
                fields=["day", "category", "severity"],
                name="daycount_once_without_module",
                condition=models.Q(module=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}: {self.tickets} in {self.category}"


class AreaCount(Counted):
    """The tickets received on a day that are alike in these three; areas as their reporters spell them."""

    category = models.CharField(max_length=20, choices=Ticket.Category.choices)
    module = models.ForeignKey(Module, on_delete=models.RESTRICT, null=True, db_index=False)
    feature_area = models.CharField(max_length=100, blank=True)
    critical = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["day", "category", "module", "feature_area"], name="areacount_once"
            ),
            models.UniqueConstraint(
                fields=["day", "category", "feature_area"],
                name="areacount_once_without_module",
                condition=models.Q(module=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}: {self.tickets} in {self.feature_area}"
