"""Side effects on their way out."""

import uuid
from datetime import datetime, timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

LATE_AFTER = timedelta(minutes=5)


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    def waiting(self) -> "OutboxQuerySet":
        """Neither delivered nor given up."""
        return self.filter(delivered_at=None, dead_at=None)

    def late(self, now: datetime) -> "OutboxQuerySet":
        """Waiting ones that nobody came for in time, or whose attempts have failed for as long."""
        before = now - LATE_AFTER
        failing = Q(created_at__lt=before, attempts__gt=0)
        return self.waiting().filter(Q(due_at__lt=before) | failing)

    def troubled(self, now: datetime) -> "OutboxQuerySet":
        """Late ones, and waiting ones whose last attempt failed."""
        return self.late(now) | self.waiting().exclude(last_error="")

    def dead(self) -> "OutboxQuerySet":
        """Given up after the last attempt."""
        return self.exclude(dead_at=None)


class OutboxMessage(models.Model):
    """One message, written in the transaction of its cause and delivered at least once.

    `id` goes out with it, so that a receiver can drop a repeat. `key`, where given, lets the same cause
    write it once only. `lane` names the receiver: when one message of a lane fails, the others of it wait.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001 - many without a key
    lane = models.CharField(max_length=60, blank=True)
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    delivered_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = "outbox message"
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["kind", "due_at"],
                name="outbox_waiting",
                condition=Q(delivered_at=None, dead_at=None),
            ),
            models.Index(fields=["-created_at"], name="outbox_newest"),
            models.Index(fields=["dead_at"], name="outbox_dead", condition=Q(dead_at__isnull=False)),
            models.Index(fields=["lane", "-created_at"], name="outbox_lane", condition=~Q(lane="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(delivered_at=None) | Q(dead_at=None), name="outbox_delivered_or_dead"
            ),
        ]
        permissions = [("retry_outboxmessage", "Can send a dead message again")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def state(self) -> str:
        """One word for a list: delivered, dead or waiting."""
        if self.delivered_at:
            return "delivered"
        return "dead" if self.dead_at else "waiting"
