"""Answers kept so that a repeated request is done once."""

from django.db import models
from django.utils import timezone

from operations.models.keys import ApiKey


class IdempotencyKey(models.Model):
    """The answer to one request, per API key and path, kept for 24 hours."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, db_index=False)
    path = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["api_key", "path", "key"], name="idempotency_once"),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"
