"""Where the portal's messages go, beside a person's own mail."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ChannelQuerySet(models.QuerySet["Channel"]):
    def enabled(self) -> "ChannelQuerySet":
        """Those that take messages."""
        return self.filter(disabled_at=None)


class Channel(models.Model):
    """One way to reach a team: mail addresses, an Apprise URL (Slack, Teams, PagerDuty), a signed webhook.

    `address` holds the mail addresses between commas, the Apprise URL or the webhook's URL; an Apprise URL
    holds tokens and is never shown whole again. `secret` signs a webhook's messages; `old_secret` signs them
    as well until `old_secret_until`, while the receiver changes over.
    """

    class Kind(models.TextChoices):
        MAIL = "mail", "Mail"
        APPRISE = "apprise", "Apprise"
        WEBHOOK = "webhook", "Signed webhook"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    address = models.CharField(max_length=1000)
    secret = models.CharField(max_length=120, blank=True, editable=False)
    old_secret = models.CharField(max_length=120, blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=200, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_why = models.CharField(max_length=300, blank=True, editable=False)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["mail", "apprise", "webhook"]), name="channel_kind"),
            models.CheckConstraint(
                condition=Q(kind="webhook") ^ Q(secret=""), name="channel_webhooks_have_a_secret"
            ),
            models.CheckConstraint(
                condition=Q(old_secret="", old_secret_until=None)
                | (~Q(old_secret="") & Q(old_secret_until__isnull=False)),
                name="channel_old_secret_ends",
            ),
        ]
        permissions = [("test_channel", "Can send a test message to a channel")]

    def __str__(self) -> str:
        return self.name

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """What signs a webhook's messages now, the present secret first."""
        rotating = self.old_secret_until is not None and now < self.old_secret_until
        return (self.secret, self.old_secret) if rotating else (self.secret,)
