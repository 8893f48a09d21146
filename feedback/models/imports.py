"""Files of tickets on their way in: rows are checked into staging, then become tickets all at once."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class TicketImport(models.Model):
    """One file that was read. Its staged rows live until it is applied or dropped, for a day at most."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=200)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    read = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.source


class StagedTicket(models.Model):
    """One row of a file: the columns of a ticket that is not there yet, free of patient data.

    `originals` holds the texts from which something was taken, `extra` what stands in other tables.
    """

    batch = models.ForeignKey(TicketImport, on_delete=models.CASCADE, db_index=False)
    line = models.PositiveIntegerField()
    external_id = models.CharField(max_length=100)
    columns = models.JSONField(encoder=DjangoJSONEncoder)
    originals = models.JSONField(default=list)
    extra = models.JSONField(default=dict)

    class Meta:
        ordering = ["batch", "line"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["batch", "line"], name="stagedticket_line")]
        indexes = [models.Index(fields=["batch", "external_id", "line"], name="stagedticket_external")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.external_id}"


class TicketImportFault(models.Model):
    """One rule that one row breaks."""

    batch = models.ForeignKey(TicketImport, on_delete=models.CASCADE, related_name="faults", db_index=False)
    line = models.PositiveIntegerField()
    field = models.CharField(max_length=30)
    message = models.CharField(max_length=300)

    class Meta:
        ordering = ["line", "id"]
        default_permissions = ()
        indexes = [models.Index(fields=["batch", "line"], name="ticketimportfault_lines")]

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.message}"
