"""The audit trail: what was done, by whom, through which door.

Events and seals are append-only: database triggers refuse UPDATE, DELETE and TRUNCATE. Nothing here has
a foreign key to a user or to the thing that was changed, so that a trail outlives both.
"""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class AuditEvent(models.Model):
    """One operation. A free-text reason stands in AuditReason, here only its digest."""

    at = models.DateTimeField(default=timezone.now, editable=False)
    action = models.CharField(max_length=60, help_text='What was done, such as "rollout.phase_run".')
    door = models.CharField(max_length=10)
    actor = models.CharField(max_length=200)
    user_id = models.BigIntegerField(null=True)
    on_behalf_of = models.CharField(max_length=200, blank=True)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    reason_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_subject"),
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject} by {self.door}:{self.actor}"

    @property
    def who(self) -> str:
        """The actor and the door, with the label of whoever it was done for."""
        label = f"{self.door}:{self.actor}"
        return f"{label} for {self.on_behalf_of}" if self.on_behalf_of else label

    def facts(self) -> dict[str, Any]:
        """Everything the seal covers, in the order of the fields."""
        names = [field.attname for field in self._meta.concrete_fields]
        return {name: getattr(self, name) for name in names}


class AuditReason(models.Model):
    """The free text of an event, kept apart so that it can be erased while the digest stays sealed."""

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="reason")
    text = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return "(erased)" if self.erased_at else self.text


class AuditSeal(models.Model):
    """One link of the hash chain over the committed events."""

    sequence = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="seal")
    sealed_at = models.DateTimeField(default=timezone.now)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.digest[:12]}"
