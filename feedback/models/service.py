"""The service that is promised: opening hours, holidays, targets of each severity, prepared answers."""

from django.db import models
from django.db.models import F, Q

from feedback.models.tickets import RANKS, Ticket


class OpeningHours(models.Model):
    """When the team works on a day of the week, in the workspace's time zone; a day without a row is closed.

    In minutes after midnight, so that 24:00 can be said.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices, unique=True)
    opens = models.PositiveSmallIntegerField(help_text="Minutes after midnight")
    closes = models.PositiveSmallIntegerField(help_text="Minutes after midnight, 1,440 at most")

    class Meta:
        ordering = ["weekday"]
        verbose_name = verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__lte=6, opens__lt=F("closes"), closes__lte=1440),
                name="openinghours_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {clock(self.opens)} to {clock(self.closes)}"


class Holiday(models.Model):
    """A day on which clocks stand still: for the workspaces of one region, or for all."""

    day = models.DateField()
    name = models.CharField(max_length=100)
    region = models.CharField(max_length=100, blank=True, help_text="Of the workspaces; empty: everywhere")

    class Meta:
        ordering = ["day", "region"]
        constraints = [models.UniqueConstraint(fields=["day", "region"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"


class ServiceTarget(models.Model):
    """Within how many minutes of business hours a severity is answered first, and resolved."""

    severity = models.CharField(max_length=8, choices=Ticket.Severity.choices, unique=True)
    first_response = models.PositiveIntegerField(help_text="Minutes of business hours")
    resolution = models.PositiveIntegerField(help_text="Minutes of business hours")

    class Meta:
        verbose_name = "service target"
        constraints = [
            models.CheckConstraint(condition=Q(severity__in=RANKS), name="servicetarget_severity"),
            models.CheckConstraint(
                condition=Q(first_response__gte=1, resolution__gte=F("first_response")),
                name="servicetarget_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.get_severity_display()


class CannedReply(models.Model):
    """A prepared answer; `{reporter}` and other variables stand for what differs."""

    name = models.CharField(max_length=100, unique=True)
    body = models.TextField()

    class Meta:
        ordering = ["name"]
        verbose_name = "canned reply"
        verbose_name_plural = "canned replies"

    def __str__(self) -> str:
        return self.name


def clock(minutes: int) -> str:
    """Minutes after midnight as a clock shows them; 24:00 is the end of the day."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
