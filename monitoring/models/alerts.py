"""Alerts: one row per cause while it is open, with its clock, and the story of what happened to it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from monitoring.levels import CRITICAL, ERROR, INFO, LEVELS, ORDER, WARNING
from monitoring.models.checks import HealthCheck
from rollout.models import Module


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> "AlertQuerySet":
        """Those that fired and are not resolved."""
        return self.filter(resolved_at=None).exclude(fired_at=None)

    def unanswered(self) -> "AlertQuerySet":
        """Open ones that nobody has acknowledged."""
        return self.open().filter(acknowledged_at=None)

    def worst_first(self) -> "AlertQuerySet":
        """In the order in which responses are owed; what nobody owes comes last, the most urgent first."""
        return self.order_by(models.F("due_at").asc(nulls_last=True), "-urgency", "pk")


class Alert(models.Model):
    """One cause of concern. While `fired_at` is null its `for` is running, and it is nobody's yet.

    `clock_at` is when the clock of its level began; null while a silence or a maintenance holds it.
    `due_at` is by when the next response is owed, null where none is. `next_at` and `clears_at` say when the
    portal itself acts: reminds or escalates, and resolves it. `announced_at` says that a message about it was
    made, so that a silence that ends announces only what is new. Alerts of one `group_key` make one incident.
    """

    class Level(models.TextChoices):
        CRITICAL = CRITICAL, "Critical"
        ERROR = ERROR, "Error"
        WARNING = WARNING, "Warning"
        INFO = INFO, "Info"

    class Source(models.TextChoices):
        HEALTH = "health", "Health check"
        RULE = "rule", "Rule on vitals"
        ALERTMANAGER = "alertmanager", "Alertmanager"
        PERSON = "person", "A person"
        PRODUCT = "product", "The product"
        PORTAL = "portal", "The portal itself"
        TICKETS = "tickets", "Tickets"

    fingerprint = models.CharField(max_length=64)
    source = models.CharField(max_length=12, choices=Source.choices)
    module = models.ForeignKey(Module, on_delete=models.RESTRICT, null=True, related_name="alerts")
    health_check = models.ForeignKey(
        HealthCheck, on_delete=models.SET_NULL, null=True, related_name="alerts", db_index=False
    )
    group_key = models.CharField(max_length=200)
    level = models.CharField(max_length=8, choices=Level.choices)
    urgency = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, help_text="What happened")
    affected = models.CharField(max_length=500, blank=True, help_text="To whom")
    done = models.CharField(max_length=500, blank=True, help_text="What the portal already did")
    advice = models.CharField(max_length=1000, blank=True, help_text="What is yours to do")
    labels = models.JSONField(default=dict, blank=True)
    url = models.CharField(max_length=1000, blank=True, help_text="Where its source shows it")
    count = models.PositiveIntegerField(default=1)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)
    clock_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    clears_at = models.DateTimeField(null=True)
    escalation = models.PositiveSmallIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=200, blank=True)
    responded_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=200, blank=True, help_text="Empty: its cause was gone")
    reopened = models.PositiveSmallIntegerField(default=0)
    postmortem = models.TextField(blank=True)
    postmortem_at = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-first_seen", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], name="alert_open_once", condition=Q(resolved_at=None)
            ),
            models.CheckConstraint(condition=Q(level__in=ORDER), name="alert_level"),
            models.CheckConstraint(
                condition=Q(
                    *(Q(level=name, urgency__range=level.urgency) for name, level in LEVELS.items()),
                    _connector=Q.OR,
                ),
                name="alert_urgency_of_its_level",
            ),
            models.CheckConstraint(
                condition=~Q(fired_at=None)
                | Q(announced_at=None, clock_at=None, due_at=None, acknowledged_at=None, resolved_at=None),
                name="alert_pending_is_nobodys",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(next_at=None, clears_at=None), name="alert_resolved_rests"
            ),
            models.CheckConstraint(condition=Q(escalation__lte=3), name="alert_escalation"),
        ]
        indexes = [
            models.Index(fields=["due_at", "-urgency"], name="alert_inbox", condition=Q(resolved_at=None)),
            models.Index(fields=["next_at"], name="alert_next", condition=Q(next_at__isnull=False)),
            models.Index(fields=["clears_at"], name="alert_clears", condition=Q(clears_at__isnull=False)),
            models.Index(fields=["fingerprint", "-resolved_at"], name="alert_last_of_its_kind"),
            models.Index(fields=["module", "-first_seen"], name="alert_of_module"),
            models.Index(fields=["-first_seen", "-id"], name="alert_newest"),
            models.Index(fields=["resolved_at"], name="alert_over", condition=Q(resolved_at__isnull=False)),
        ]
        permissions = [
            ("raise_alert", "Can raise an alert"),
            ("respond_alert", "Can acknowledge, escalate and resolve alerts"),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.title}"

    @property
    def state(self) -> str:
        """One word: pending, open, acknowledged, silenced or resolved."""
        if self.resolved_at:
            return "resolved"
        if not self.fired_at:
            return "pending"
        if self.acknowledged_at:
            return "acknowledged"
        return "open" if self.clock_at else "silenced"


class AlertEvent(models.Model):
    """One line of an alert's story. `by` is empty for what happened by itself."""

    class Kind(models.TextChoices):
        SEEN = "seen", "Seen"
        FIRED = "fired", "Fired"
        WORSE = "worse", "Got worse"
        REOPENED = "reopened", "Came back"
        MUTED = "muted", "Silenced"
        UNMUTED = "unmuted", "Silence over"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        RESPONDED = "responded", "Responded"
        OVERDUE = "overdue", "Overdue"
        ESCALATED = "escalated", "Escalated"
        RESOLVED = "resolved", "Resolved"
        POSTMORTEM = "postmortem", "Post-mortem"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text = models.TextField(blank=True)
    by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["alert", "at"], name="alertevent_story")]
        # Written by the verbs alone, and shown with its alert.
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class Occurrence(models.Model):
    """One time that Alertmanager says a cause held: known by its fingerprint and its beginning."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, null=True, related_name="occurrences")
    fingerprint = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(fields=["fingerprint", "started_at"], name="occurrence_once"),
        ]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.fingerprint[:12]} from {self.started_at:%Y-%m-%d %H:%M}"
