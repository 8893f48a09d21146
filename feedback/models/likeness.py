"""What makes tickets findable: their words, in how many tickets a word stands, and which tickets are alike."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from feedback.models.tickets import Ticket


class SearchEntry(models.Model):
    """A ticket's words as the index knows them. Indexed by the database's own full-text search."""

    ticket = models.OneToOneField(
        Ticket, on_delete=models.CASCADE, primary_key=True, related_name="search_entry"
    )
    title = models.TextField(help_text="The title's words, in their order")
    body = models.TextField(help_text="The words of the other texts, in their order")
    indexed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"words of {self.ticket_id}"


class Word(models.Model):
    """In how many tickets a word stands: rare words say more."""

    text = models.CharField(max_length=60, primary_key=True)
    tickets = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.text


class Likeness(models.Model):
    """Two tickets that seem to say the same: how much, and by which words. `ticket` is the later one."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="likenesses", db_index=False)
    other = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="likenesses_received")
    score = models.FloatField(help_text="From 0 to 1")
    words = models.JSONField(help_text="The words that matched, those that say most first")
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-score", "other"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other"], name="likeness_once"),
            models.CheckConstraint(condition=Q(ticket__gt=F("other")), name="likeness_of_the_later"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="likeness_score"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} like {self.other_id}: {self.score:.2f}"
