"""Who gets which report by mail, and when."""

from datetime import datetime

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from reports.models.reports import Kind
from rollout.models import Module


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def due(self, now: datetime) -> "SubscriptionQuerySet":
        """Those in force whose time has come."""
        return self.filter(active=True, next_at__lte=now)


class Subscription(models.Model):
    """A report that is made, archived and mailed at `hour` o'clock in the portal's time zone.

    `weekday` (0 is Monday) is None where it goes out every day. `next_at` is the next time, stored so that a
    tick finds what is due by an index.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="report_subscriptions")
    recipients = models.JSONField(help_text="Mail addresses")
    weekday = models.PositiveSmallIntegerField(null=True, blank=True, choices=Weekday.choices)
    hour = models.PositiveSmallIntegerField(default=7, validators=[MaxValueValidator(23)])
    active = models.BooleanField(default=True)
    next_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "module"]
        indexes = [models.Index(fields=["next_at"], condition=Q(active=True), name="subscription_due")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="subscription_kind"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="subscription_hour"),
            models.CheckConstraint(
                condition=Q(weekday__isnull=True) | Q(weekday__lte=6), name="subscription_weekday"
            ),
        ]

    def __str__(self) -> str:
        when = f"every {self.get_weekday_display()}" if self.weekday is not None else "every day"
        return f"{self.get_kind_display()} of {self.module}, {when} at {self.hour}:00"
