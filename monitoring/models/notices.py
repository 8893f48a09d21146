"""Who is told: routes, contacts, what waits to be announced, and what went out."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from monitoring.levels import ORDER, WARNING, at_least
from monitoring.models.alerts import Alert
from operations.models import Channel, OutboxMessage
from rollout.models import Module


class Route(models.Model):
    """Alerts of these levels, of one module or of all, go to a channel."""

    name = models.CharField(max_length=100, unique=True)
    levels = models.JSONField(default=list, help_text="Which levels it takes")
    module = models.ForeignKey(
        Module, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", help_text="None: all"
    )
    channel = models.ForeignKey(Channel, on_delete=models.RESTRICT, related_name="routes")
    tells_resolved = models.BooleanField(default=True, help_text="Also say when it is over")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def takes(self, level: str, module_id: int | None) -> bool:
        """Whether an alert of this level and module belongs to it, switched on or not."""
        return level in self.levels and self.module_id in (None, module_id)


class Contact(models.Model):
    """A person or team of an escalation level: 1 development, 2 senior developers and DevOps, 3 CTO."""

    class Level(models.IntegerChoices):
        DEVELOPMENT = 1, "1: development"
        SENIOR = 2, "2: senior developers and DevOps"
        CTO = 3, "3: CTO"

        @property
        def team(self) -> str:
            """Who that is, without the number."""
            return self.label.partition(": ")[2]

    level = models.PositiveSmallIntegerField(
        choices=Level.choices, validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    channel = models.ForeignKey(
        Channel, on_delete=models.RESTRICT, null=True, blank=True, related_name="contacts"
    )
    least_level = models.CharField(
        max_length=8,
        choices=Alert.Level.choices,
        default=WARNING,
        help_text="Told of alerts of this level and of worse ones",
    )

    class Meta:
        ordering = ["level", "name"]
        constraints = [
            models.UniqueConstraint(fields=["level", "name"], name="contact_once"),
            models.CheckConstraint(condition=Q(level__range=(1, 3)), name="contact_level"),
            models.CheckConstraint(condition=Q(least_level__in=ORDER), name="contact_least_level"),
            models.CheckConstraint(
                condition=~Q(email="", phone="", channel=None), name="contact_can_be_reached"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_called(self, number: int, level: str) -> bool:
        """Whether an alert of this level is for them once it is held by the escalation level `number`."""
        return self.level == number and level in at_least(self.least_level)


class Notice(models.Model):
    """That an alert has something to say; it waits until it is gathered into messages.

    `escalation` is set where it is for the contacts of a level, 0 where it is for the routes alone.
    """

    class Kind(models.TextChoices):
        FIRED = "fired", "Fired"
        WORSE = "worse", "Got worse"
        REOPENED = "reopened", "Came back"
        OVERDUE = "overdue", "Overdue"
        ESCALATED = "escalated", "Escalated"
        RESOLVED = "resolved", "Resolved"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices", db_index=False)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    escalation = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    gathered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["alert"], name="notice_of_alert"),
            # Those that wait, and those that have done their work for long.
            models.Index(fields=["gathered_at"], name="notice_gathered"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "kind", "escalation"],
                name="notice_waits_once",
                condition=Q(gathered_at=None),
            ),
        ]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.alert}: {self.get_kind_display()}"


class Dispatch(models.Model):
    """That a message which speaks of an alert was put into the outbox; `to` names the receiver."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="dispatches", db_index=False)
    kind = models.CharField(max_length=9, choices=Notice.Kind.choices)
    channel = models.ForeignKey(
        Channel, on_delete=models.SET_NULL, null=True, related_name="dispatches", db_index=False
    )
    to = models.CharField(max_length=254)
    level = models.CharField(max_length=8, choices=Alert.Level.choices, help_text="What the message said")
    digest = models.BooleanField(default=False)
    # Delivered messages are forgotten after a month, the story is not.
    message = models.ForeignKey(
        OutboxMessage, on_delete=models.SET_NULL, null=True, related_name="dispatches"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["alert", "at"], name="dispatch_story"),
            models.Index(fields=["channel", "-at"], name="dispatch_of_channel"),
        ]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.to}"
