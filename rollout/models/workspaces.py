"""Workspaces (a customer's tenant) and the people in them."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from rollout.models.fields import BytewiseCharField

SLUG_RULE = "must be lower-case letters, digits and underscores, beginning with a letter"
SLUG = RegexValidator(r"\A[a-z][a-z0-9_]{0,29}\Z", SLUG_RULE)
ID_RULE = "must have 1 to 100 characters, none of them a space or a control character"
IDENTIFIER = RegexValidator(r"\A[^\s\x00-\x1f\x7f]{1,100}\Z", ID_RULE)

UNNAMED = "unnamed:"


class Workspace(models.Model):
    """A customer's tenant, such as a pharmacy or a clinic. `id` is the product's own."""

    id = BytewiseCharField(primary_key=True, max_length=100, validators=[IDENTIFIER])
    name = models.CharField(max_length=200)
    tier = models.CharField(max_length=30, validators=[SLUG], help_text="Subscription tier")
    status = models.CharField(max_length=30, validators=[SLUG], help_text="Subscription status")
    region = models.CharField(max_length=100, blank=True)
    time_zone = models.CharField(max_length=50, blank=True, help_text="IANA name, such as Europe/London")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["tier", "status"], name="workspace_subscription"),
            models.Index(fields=["region"], name="workspace_region"),
            models.Index(fields=["name"], name="workspace_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"


class Member(models.Model):
    """A person in a workspace, with a role.

    `member` is the product's own id of the person. Where only the role is known it reads "unnamed:" and
    the role, so that importing the same file twice makes one member and not two.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="members", db_index=False)
    member = BytewiseCharField(max_length=120)
    role = models.CharField(max_length=30, validators=[SLUG])
    email = models.EmailField(blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["workspace_id", "member"]
        indexes = [
            models.Index(fields=["member"], name="member_id"),
            models.Index(fields=["role", "workspace"], name="member_active_role", condition=Q(active=True)),
        ]
        constraints = [models.UniqueConstraint(fields=["workspace", "member"], name="member_once")]

    def __str__(self) -> str:
        return self.member if not self.member.startswith(UNNAMED) else f"{self.role} (unnamed)"
