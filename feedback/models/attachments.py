"""Files that came with a ticket, and the texts as they were before patient data was taken out."""

from django.db import models
from django.utils import timezone

from feedback.models.tickets import Ticket


class Attachment(models.Model):
    """One file, stored under a name of the portal's own, outside of what the web server serves."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="attachments", db_index=False)
    name = models.CharField(max_length=200, help_text="As the reporter named it")
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes")
    digest = models.CharField(max_length=64, help_text="SHA-256")
    file = models.FileField(upload_to="attachments/%Y/%m", max_length=200)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)

    class Meta:
        ordering = ["at", "pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["ticket", "digest"], name="attachment_once")]

    def __str__(self) -> str:
        return self.name


class Original(models.Model):
    """A text as it came, where something in it was redacted: for those who may read it, and logged."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="originals", db_index=False)
    field = models.CharField(max_length=40, help_text="The ticket's field, or message:ID")
    text = models.TextField()
    found = models.JSONField(help_text="What was redacted: how many of which kind")

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["ticket", "field"], name="original_once")]

    def __str__(self) -> str:
        return f"{self.field} of {self.ticket.reference}"
