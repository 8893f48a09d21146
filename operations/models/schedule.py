"""When each scheduled job is due, and who is at it."""

from datetime import datetime

from django.db import models
from django.db.models import Q


class ScheduledJobQuerySet(models.QuerySet["ScheduledJob"]):
    def due(self, now: datetime) -> "ScheduledJobQuerySet":
        """Those whose time has come and whom nobody holds a lease on."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lte=now), due_at__lte=now)


class ScheduledJob(models.Model):
    """One job of the schedule, by its name. Rows are written and explained in `operations.schedule`."""

    name = models.CharField(max_length=60, primary_key=True)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    last_began_at = models.DateTimeField(null=True)
    last_done_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    objects = ScheduledJobQuerySet.as_manager()

    class Meta:
        # Rows of the portal's own machinery, which nobody edits.
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    def is_due(self, now: datetime) -> bool:
        """What `due` asks for, of one row."""
        return self.due_at <= now and (self.leased_until is None or self.leased_until <= now)
