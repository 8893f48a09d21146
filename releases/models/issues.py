"""Issues: bugs to fix, numbered BUG-001, and what they came from."""

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone

from feedback.models import Ticket
from monitoring.models import Alert
from releases.lifecycle import OPEN_ISSUE, IssueState
from releases.models.releases import Release
from rollout.models import Module

PREFIX = "BUG-"
RANKS = {"critical": 1, "high": 2, "medium": 3, "low": 4}


class IssueQuerySet(models.QuerySet["Issue"]):
    def open(self) -> "IssueQuerySet":
        """Those that are neither deployed nor declined."""
        return self.filter(state__in=OPEN_ISSUE)

    def worst_first(self) -> "IssueQuerySet":
        """The most severe first, and of these the oldest."""
        return self.order_by("rank", "number")


class Issue(models.Model):
    """A bug to fix. `version` counts its changes.

    `release` is the one that is to bring the fix; `releases` are all that held it, those rolled back too.
    """

    class Severity(models.TextChoices):
        CRITICAL = "critical", "Critical"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    class State(models.TextChoices):
        DETECTED = IssueState.DETECTED.value, "Detected"
        TRIAGED = IssueState.TRIAGED.value, "Triaged"
        ASSIGNED = IssueState.ASSIGNED.value, "Assigned"
        IN_DEVELOPMENT = IssueState.IN_DEVELOPMENT.value, "In development"
        FIXED = IssueState.FIXED.value, "Fixed"
        PLANNED = IssueState.PLANNED.value, "Planned"
        DEPLOYED = IssueState.DEPLOYED.value, "Deployed"
        VERIFIED = IssueState.VERIFIED.value, "Verified"
        DECLINED = IssueState.DECLINED.value, "Declined"

    number = models.PositiveIntegerField(unique=True, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MEDIUM)
    rank = models.GeneratedField(
        expression=models.Case(
            *(models.When(severity=name, then=Value(rank)) for name, rank in RANKS.items()),
            default=Value(len(RANKS)),
        ),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.DETECTED, editable=False)
    module = models.ForeignKey(Module, on_delete=models.RESTRICT, related_name="issues", db_index=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="issues"
    )
    estimate_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    due_on = models.DateField(null=True, blank=True, help_text="When the fix is wanted")
    release = models.ForeignKey(Release, on_delete=models.RESTRICT, null=True, blank=True, related_name="+")
    releases = models.ManyToManyField(Release, through="ReleaseIssue", related_name="issues")
    tickets = models.ManyToManyField(Ticket, through="IssueTicket", related_name="issues")
    alerts = models.ManyToManyField(Alert, through="IssueAlert", related_name="issues")
    detected_at = models.DateTimeField(default=timezone.now, editable=False)
    fixed_at = models.DateTimeField(null=True, editable=False, help_text="When the fix was done")
    deployed_at = models.DateTimeField(null=True, editable=False, help_text="When everybody had the fix")
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=200, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=list(IssueState)), name="issue_state"),
            models.CheckConstraint(condition=Q(severity__in=list(RANKS)), name="issue_severity"),
            models.CheckConstraint(condition=Q(number__gte=1), name="issue_number"),
            models.CheckConstraint(
                condition=~Q(state__in=[IssueState.PLANNED, IssueState.DEPLOYED, IssueState.VERIFIED])
                | Q(release__isnull=False, fixed_at__isnull=False),
                name="issue_planned_in_a_release",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[IssueState.DEPLOYED, IssueState.VERIFIED], deployed_at__isnull=False)
                | ~Q(state__in=[IssueState.DEPLOYED, IssueState.VERIFIED]) & Q(deployed_at=None),
                name="issue_deployed_at",
            ),
            models.CheckConstraint(
                condition=Q(estimate_hours=None) | Q(estimate_hours__gt=0), name="issue_estimate"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "rank", "number"], name="issue_board"),
            models.Index(fields=["module", "state"], name="issue_of_module"),
            models.Index(fields=["deployed_at"], name="issue_deployed"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """How people and programs name it, such as BUG-007."""
        return f"{PREFIX}{self.number:03d}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_ISSUE


class ReleaseIssue(models.Model):
    """That a release holds an issue: the database keeps it once the release went to production."""

    release = models.ForeignKey(Release, on_delete=models.RESTRICT, db_index=False)
    issue = models.ForeignKey(Issue, on_delete=models.RESTRICT)

    class Meta:
        ordering = ["issue__number"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["release", "issue"], name="releaseissue_once")]

    def __str__(self) -> str:
        return f"{self.issue} in {self.release}"


class IssueTicket(models.Model):
    """A ticket that tells of an issue: its reporter hears when the fix is out."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["issue", "ticket"], name="issueticket_once")]

    def __str__(self) -> str:
        return f"{self.ticket} of {self.issue}"


class IssueAlert(models.Model):
    """An alert that an issue came from."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, db_index=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["issue", "alert"], name="issuealert_once")]

    def __str__(self) -> str:
        return f"{self.alert} of {self.issue}"
