"""Tickets: what one person said, where it stands, and until when somebody owes an answer."""

from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.utils import timezone

from feedback.lifecycle import DONE, OPEN, State
from feedback.models.planning import Enhancement
from rollout.models import Flag, Module, Phase, Workspace

PREFIX = "FB-"
# The worst first; what a list sorts by.
RANKS = {"critical": 1, "high": 2, "medium": 3, "low": 4}
CATEGORIES = ("bug_report", "feature_request", "usability_issue", "performance_issue", "general_feedback")
RATING = (MinValueValidator(1), MaxValueValidator(5))


class TicketQuerySet(models.QuerySet["Ticket"]):
    def heard(self) -> "TicketQuerySet":
        """Those that are not in quarantine."""
        return self.filter(quarantined_at=None)

    def open(self) -> "TicketQuerySet":
        """Those of which somebody still owes something, quarantine left out."""
        return self.heard().filter(state__in=OPEN)

    def overdue(self) -> "TicketQuerySet":
        """Open ones whose next clock ran out."""
        return self.open().filter(due_at__lte=timezone.now())

    def open_bugs(self, severity: str) -> "TicketQuerySet":
        """Open bug reports of one severity: what the health of a module counts as issues (SPEC 4.2)."""
        return self.open().filter(category=Ticket.Category.BUG_REPORT, severity=severity)

    def worst_first(self) -> "TicketQuerySet":
        """The order of the inbox: the most severe first, and of these the oldest."""
        return self.order_by("rank", "received_at", "pk")


class Tag(models.Model):
    """A word that the team sorts tickets by."""

    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """One piece of feedback. Its texts are free of what looks like patient data: see `Original`.

    Clocks count business hours of the workspace (`feedback.clocks`). They begin at `clock_at`, stand still
    while `waiting_since` is set, and `waited` is the business time for which they stood. `due_at` is the next
    of `respond_by` (until somebody answered) and `resolve_by`; null where nothing is owed. A ticket in
    quarantine looks like spam: it is kept, shown apart and owed nothing. `version` counts its changes.
    """

    class Category(models.TextChoices):
        BUG_REPORT = "bug_report", "Bug report"
        FEATURE_REQUEST = "feature_request", "Feature request"
        USABILITY_ISSUE = "usability_issue", "Usability issue"
        PERFORMANCE_ISSUE = "performance_issue", "Performance issue"
        GENERAL_FEEDBACK = "general_feedback", "General feedback"

    class Severity(models.TextChoices):
        CRITICAL = "critical", "Critical"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    class State(models.TextChoices):
        NEW = State.NEW.value, "New"
        TRIAGED = State.TRIAGED.value, "Triaged"
        ASSIGNED = State.ASSIGNED.value, "Assigned"
        IN_PROGRESS = State.IN_PROGRESS.value, "In progress"
        RESOLVED = State.RESOLVED.value, "Resolved"
        VERIFIED = State.VERIFIED.value, "Verified"
        CLOSED = State.CLOSED.value, "Closed"
        DUPLICATE = State.DUPLICATE.value, "Duplicate"
        DECLINED = State.DECLINED.value, "Declined"
        REOPENED = State.REOPENED.value, "Reopened"

    class Source(models.TextChoices):
        API = "api", "The product"
        FORM = "form", "The public form"
        PERSON = "person", "The support team"
        IMPORT = "import", "An import"

    # What was said.
    category = models.CharField(max_length=20, choices=Category.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MEDIUM)
    rank = models.GeneratedField(
        expression=models.Case(
            *(models.When(severity=name, then=Value(rank)) for name, rank in RANKS.items()),
            default=Value(len(RANKS)),
        ),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )
    title = models.CharField(max_length=200)
    description = models.TextField()
    feature_area = models.CharField(max_length=100, blank=True)
    browser_info = models.CharField(max_length=200, blank=True)
    device_info = models.CharField(max_length=200, blank=True)
    steps = models.JSONField(default=list, blank=True)
    expected_behavior = models.TextField(blank=True)
    actual_behavior = models.TextField(blank=True)
    satisfaction_rating = models.PositiveSmallIntegerField(null=True, blank=True, validators=RATING)
    usability_rating = models.PositiveSmallIntegerField(null=True, blank=True, validators=RATING)
    performance_rating = models.PositiveSmallIntegerField(null=True, blank=True, validators=RATING)

    # Who said it, where, of what.
    workspace = models.ForeignKey(
        Workspace, on_delete=models.RESTRICT, null=True, blank=True, related_name="tickets", db_index=False
    )
    module = models.ForeignKey(
        Module, on_delete=models.RESTRICT, null=True, blank=True, related_name="tickets", db_index=False
    )
    flag = models.ForeignKey(Flag, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    phase = models.ForeignKey(Phase, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    release = models.CharField(max_length=60, blank=True, help_text="The version that it was seen in")
    reporter_name = models.CharField(max_length=200, blank=True)
    reporter_email = models.EmailField(blank=True)
    reporter_locale = models.CharField(max_length=35, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    external_id = models.CharField(
        max_length=100, blank=True, help_text="Its number where it was imported from"
    )
    received_at = models.DateTimeField(default=timezone.now)
    received_on = models.DateField(help_text="The day of `received_at` in the portal's time zone")
    received_by = models.CharField(max_length=200)

    # Where it stands.
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets"
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="tickets")
    enhancement = models.ForeignKey(
        Enhancement, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets"
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="merged"
    )
    fixed_in = models.CharField(max_length=60, blank=True, help_text="The version that fixes it")
    quarantined_at = models.DateTimeField(null=True, blank=True)
    quarantine_reason = models.CharField(max_length=200, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    indexed_version = models.PositiveIntegerField(
        default=0, editable=False, help_text="The version whose words the search index knows"
    )

    # The clocks.
    clock_at = models.DateTimeField()
    waiting_since = models.DateTimeField(null=True, blank=True)
    waited = models.DurationField(default=timedelta(0))
    respond_by = models.DateTimeField(null=True, blank=True)
    resolve_by = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    responded_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Whole minutes on the clock from received to resolved"
    )
    response_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Whole minutes on the clock from received to the first response"
    )
    changed_at = models.DateTimeField(default=timezone.now)

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(category__in=CATEGORIES), name="ticket_category"),
            models.CheckConstraint(condition=Q(severity__in=RANKS), name="ticket_severity"),
            models.CheckConstraint(condition=Q(state__in=[*State]), name="ticket_state"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}_rating": None}) | Q(**{f"{name}_rating__range": (1, 5)}),
                    name=f"ticket_{name}_rating",
                )
                for name in ("satisfaction", "usability", "performance")
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) & ~Q(state=State.DUPLICATE)
                | Q(merged_into__isnull=False, state=State.DUPLICATE) & ~Q(merged_into=F("pk")),
                name="ticket_duplicate_of_another",
            ),
            models.CheckConstraint(
                condition=Q(state__in=DONE, resolved_at__isnull=False, resolution_minutes__isnull=False)
                | Q(state=State.CLOSED)
                | ~Q(state__in=DONE) & Q(resolved_at=None, resolution_minutes=None),
                name="ticket_resolved_at",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, quarantined_at=None) | Q(due_at=None, waiting_since=None),
                name="ticket_owes_while_open",
            ),
            models.UniqueConstraint(
                fields=["external_id"], name="ticket_imported_once", condition=~Q(external_id="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["rank", "received_at", "id"],
                name="ticket_inbox",
                condition=Q(state__in=OPEN, quarantined_at=None),
            ),
            models.Index(fields=["due_at"], name="ticket_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["owner", "rank"], name="ticket_of_owner", condition=Q(state__in=OPEN)),
            models.Index(fields=["-received_at", "-id"], name="ticket_newest"),
            models.Index(fields=["received_on", "category"], name="ticket_of_day"),
            # All that the percentiles of a summary ask for, so that they are read from the index alone.
            models.Index(
                fields=["received_on", "category", "module", "resolution_minutes", "response_minutes"],
                name="ticket_times",
                condition=Q(quarantined_at=None),
            ),
            # What the Phase 2 plan counts, from the index alone.
            models.Index(
                fields=["state", "enhancement", "module", "received_on"],
                name="ticket_wishes",
                condition=Q(category="feature_request", quarantined_at=None),
            ),
            models.Index(fields=["workspace", "-received_at"], name="ticket_of_workspace"),
            models.Index(fields=["module", "category", "severity"], name="ticket_of_module"),
            models.Index(fields=["state", "-changed_at"], name="ticket_of_state"),
            models.Index(
                fields=["reporter_email"], name="ticket_of_reporter", condition=~Q(reporter_email="")
            ),
            models.Index(
                fields=["-quarantined_at"],
                name="ticket_quarantine",
                condition=Q(quarantined_at__isnull=False),
            ),
            models.Index(fields=["-id"], name="ticket_unindexed", condition=~Q(indexed_version=F("version"))),
        ]
        permissions = [
            ("triage_ticket", "Can triage, assign, answer, merge and close tickets"),
            ("view_original", "Can read what a reporter wrote before it was redacted"),
            ("erase_ticket", "Can erase the texts of a ticket for good"),
        ]

    def __str__(self) -> str:
        # Without the title: the audit trail keeps this for ever, and a ticket's texts are erased one day.
        return self.reference

    @property
    def reference(self) -> str:
        """How people and programs name it, such as FB-1042."""
        return f"{PREFIX}{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN and self.quarantined_at is None
