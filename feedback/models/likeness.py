"""What makes tickets findable: their words, in how many tickets each stands, and which tickets are alike."""

from django.db import models
from django.db.models import F, Q

from feedback.models.tickets import Ticket


class SearchEntry(models.Model):
    """What the index knows of a ticket. Tickets in quarantine and erased ones have none.

    The database's own full-text search looks `tokens` up; `stems` and `strengths` are what two tickets are
    compared by, in the same order.
    """

    ticket = models.OneToOneField(
        Ticket, on_delete=models.CASCADE, primary_key=True, related_name="search_entry"
    )
    tokens = models.TextField(help_text="Its words and their stems, each once, between spaces")
    stems = models.TextField(help_text="The stems that stand for it, the strongest first, between spaces")
    strengths = models.TextField(help_text="How much each of them stands for it, from 1 to 1000")
    norm = models.FloatField(help_text="The length of its vector")
    among = models.PositiveIntegerField(help_text="How many tickets there were when `norm` was computed")
    received_at = models.DateTimeField(help_text="The ticket's")
    compared = models.BooleanField(default=False, help_text="Whether its likenesses are stored")

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["among"], name="searchentry_among"),
            models.Index(fields=["-ticket"], name="searchentry_new", condition=Q(compared=False)),
        ]

    def __str__(self) -> str:
        return f"words of {self.ticket_id}"


class Word(models.Model):
    """In how many tickets a stem stands: rare ones say more. The empty one stands in every ticket."""

    text = models.CharField(max_length=60, primary_key=True)
    tickets = models.IntegerField()

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
