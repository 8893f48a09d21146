"""API keys: who may call what."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Scope(models.TextChoices):
    """What a key may do; the contract's table of calls names one for each."""

    EVALUATE = "evaluate", "Evaluate flags"
    READ = "read", "Read"
    WORKSPACES = "workspaces", "Write workspaces"
    ROLLOUT = "rollout", "Run rollouts"
    INGEST = "ingest", "Send metrics"
    FEEDBACK = "feedback", "Send feedback"
    RESPOND = "respond", "Respond to alerts"
    DEPLOY = "deploy", "Deploy releases"
    DEMO = "demo", "Move the demo's clock"


def grantable() -> list[Scope]:
    """The scopes that a key of this portal can have: that of demos only where DEMO_CLOCK is on."""
    return [scope for scope in Scope if scope != Scope.DEMO or settings.DEMO_CLOCK]


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def active(self) -> "ApiKeyQuerySet":
        """Keys that are neither revoked nor expired."""
        alive = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return self.filter(alive, revoked_at=None)


class ApiKey(models.Model):
    """A key: its prefix finds it, and only the SHA-256 of its secret is stored."""

    class Kind(models.TextChoices):
        """Where a key is kept: a server's is a secret, a browser's is seen by whoever opens the page."""

        SERVER = "server", "Server"
        BROWSER = "browser", "Browser"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SERVER)
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(default=list)
    modules = models.JSONField(
        default=list, blank=True, help_text="Keys of the modules whose flags it may ask for; none: all."
    )
    origins = models.JSONField(
        default=list, blank=True, help_text="Where a browser key's pages come from; none for a server's."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=200, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["server", "browser"]), name="apikey_kind"),
        ]
        permissions = [("revoke_apikey", "Can revoke an API key")]

    def __str__(self) -> str:
        return self.name

    # What Django REST framework asks of whoever a request is made by.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())
