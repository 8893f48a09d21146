"""Files on their way in: rows are checked into staging, then applied by one statement each."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from rollout.models.fields import BytewiseCharField


class Import(models.Model):
    """One file or batch that was read. Its staged rows live until it is applied or dropped."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=200)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    read = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.source


class StagedMember(models.Model):
    """One row of a file: a workspace with one of its members, or with none where `member` is empty."""

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, db_index=False)
    line = models.PositiveIntegerField()
    workspace = BytewiseCharField(max_length=100)
    name = models.CharField(max_length=200)
    tier = models.CharField(max_length=30)
    status = models.CharField(max_length=30)
    region = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=50)
    member = BytewiseCharField(max_length=120, blank=True)
    role = models.CharField(max_length=30, blank=True)
    email = models.CharField(max_length=254, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["batch", "line"]
        indexes = [models.Index(fields=["batch", "workspace", "line"], name="staged_workspace")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.workspace}"


class ImportFault(models.Model):
    """One rule that one row breaks."""

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="faults")
    line = models.PositiveIntegerField()
    field = models.CharField(max_length=30)
    message = models.CharField(max_length=300)

    class Meta:
        ordering = ["batch", "line", "id"]

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.message}"
