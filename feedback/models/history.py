"""What happened to a ticket: its events, what was written about it, how it was resolved, into what merged."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from feedback.models.tickets import Ticket


class TicketEvent(models.Model):
    """One line of a ticket's history. `changes` maps each field to what it was and what it is.

    `by` is the actor, "reporter" for who holds the reporter's link, "" for what happened by itself.
    """

    class Kind(models.TextChoices):
        RECEIVED = "received", "Received"
        MOVED = "moved", "Moved"
        CHANGED = "changed", "Changed"
        NOTED = "noted", "Note"
        REPLIED = "replied", "Reply"
        ANSWERED = "answered", "The reporter answered"
        WAITING = "waiting", "Waits for the reporter"
        RESUMED = "resumed", "Waits no longer"
        ATTACHED = "attached", "Attached"
        MERGED = "merged", "Merged"
        UNMERGED = "unmerged", "Merge undone"
        QUARANTINED = "quarantined", "Put in quarantine"
        RELEASED = "released", "Out of quarantine"
        MAILED = "mailed", "Mail to the reporter"
        FIXED = "fixed", "The fix is out"
        RATED = "rated", "Rated"
        READ = "read", "Original read"
        ERASED = "erased", "Erased"

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    changes = models.JSONField(default=dict, blank=True)
    text = models.TextField(blank=True)
    by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["ticket", "at"], name="ticketevent_story")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class Message(models.Model):
    """What somebody wrote: a note for the team, a reply to the reporter, or the reporter's answer."""

    class Kind(models.TextChoices):
        NOTE = "note", "Internal note"
        REPLY = "reply", "Reply to the reporter"
        ANSWER = "answer", "Answer of the reporter"

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    body = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["ticket", "at"], name="message_of_ticket")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class Resolution(models.Model):
    """One time that a ticket was resolved, and what its reporter thought of it, from 1 to 5."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="resolutions", db_index=False)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    score = models.PositiveSmallIntegerField(
        null=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    comment = models.TextField(blank=True)
    rated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "pk"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["ticket", "at"], name="resolution_of_ticket"),
            models.Index(fields=["rated_at"], name="resolution_rated", condition=Q(score__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(score=None, rated_at=None) | Q(score__range=(1, 5), rated_at__isnull=False),
                name="resolution_score",
            ),
        ]

    def __str__(self) -> str:
        return f"resolved {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class Merge(models.Model):
    """One ticket put into another that says the same, with all that undoing it needs.

    `before` is the ticket's row as it was; `carried` are those that had been merged into it and went along.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="merges", db_index=False)
    into = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="merges_received")
    reason = models.CharField(max_length=500, blank=True)
    before = models.JSONField(null=True)
    carried = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=200, blank=True)
    undone_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["ticket"], name="merge_holds_once", condition=Q(undone_at=None)),
            models.CheckConstraint(condition=~Q(ticket=F("into")), name="merge_of_two"),
        ]
        indexes = [models.Index(fields=["ticket", "-at"], name="merge_of_ticket")]

    def __str__(self) -> str:
        return f"{self.ticket.reference} into {self.into.reference}"
