"""Announcements: what users are told of maintenance, releases and incidents."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from operations.models import Channel, Window
from releases.models.deployments import Deployment
from rollout.models import Module, Workspace

LONGEST_TEXT = 5_000


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def current(self) -> "AnnouncementQuerySet":
        """Those that went out and are neither cancelled nor complete."""
        return self.filter(published_at__isnull=False, cancelled_at=None, completed_at=None)

    def unfinished(self) -> "AnnouncementQuerySet":
        """Those that are neither cancelled nor complete, whether they went out or not."""
        return self.filter(cancelled_at=None, completed_at=None)

    def to_go_out(self) -> "AnnouncementQuerySet":
        """Those that wait for their time."""
        return self.filter(published_at=None, cancelled_at=None)


class Announcement(models.Model):
    """Something that users are told: in the product, by mail, through channels.

    It goes out at `due_at`, and tells of what begins at `starts_at` and ends at `ends_at`. `version` counts
    its states: nobody gets two mails for one. `key` lets one cause make it once for all time.
    """

    class Kind(models.TextChoices):
        MAINTENANCE = "maintenance", "Maintenance"
        RELEASE = "release", "Release"
        INCIDENT = "incident", "Incident"
        INFO = "info", "Information"

    class Audience(models.TextChoices):
        EVERYBODY = "everybody", "Everybody"
        MODULE = "module", "Workspaces that have a module"
        WORKSPACES = "workspaces", "Certain workspaces"

    kind = models.CharField(max_length=11, choices=Kind.choices)
    title = models.CharField(max_length=200)
    text = models.TextField(max_length=LONGEST_TEXT, blank=True)
    audience = models.CharField(max_length=10, choices=Audience.choices)
    module = models.ForeignKey(
        Module, on_delete=models.RESTRICT, null=True, related_name="announcements", db_index=False
    )
    workspaces = models.ManyToManyField(
        Workspace, through="AnnouncementWorkspace", related_name="announcements"
    )
    in_product = models.BooleanField(default=True, help_text="The product asks for it and shows it")
    by_mail = models.BooleanField(default=False, help_text="To the active members of the workspaces")
    mail_roles = models.JSONField(default=list, help_text="Members of these roles only; empty: of all")
    channels = models.ManyToManyField(Channel, related_name="announcements")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    window = models.ForeignKey(Window, on_delete=models.RESTRICT, null=True, related_name="announcements")
    deployment = models.ForeignKey(
        Deployment, on_delete=models.RESTRICT, null=True, related_name="announcements"
    )
    key = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001 - many without a key
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)
    due_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view", "add", "change")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["maintenance", "release", "incident", "info"]), name="announcement_kind"
            ),
            models.CheckConstraint(
                condition=Q(audience="module", module__isnull=False)
                | Q(audience__in=["everybody", "workspaces"], module=None),
                name="announcement_audience",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(starts_at=None) | Q(ends_at__gt=F("starts_at")),
                name="announcement_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(completed_at=None), name="announcement_one_end"
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=False) | Q(completed_at=None, changed_at=None),
                name="announcement_published_first",
            ),
            models.UniqueConstraint(
                fields=["window"],
                condition=Q(cancelled_at=None, completed_at=None),
                name="announcement_one_for_a_window",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-published_at", "-id"],
                name="announcement_current",
                condition=Q(published_at__isnull=False, cancelled_at=None, completed_at=None),
            ),
            models.Index(
                fields=["due_at"],
                name="announcement_to_go_out",
                condition=Q(published_at=None, cancelled_at=None),
            ),
            models.Index(
                fields=["ends_at"],
                name="announcement_to_complete",
                condition=Q(published_at__isnull=False, cancelled_at=None, completed_at=None),
            ),
            models.Index(fields=["kind", "-id"], name="announcement_of_kind"),
            models.Index(fields=["module", "-id"], name="announcement_of_module"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> str:
        """One word: scheduled, published, cancelled or complete."""
        if self.cancelled_at:
            return "cancelled"
        if self.completed_at:
            return "complete"
        return "published" if self.published_at else "scheduled"

    @property
    def has_ended(self) -> bool:
        return self.state in ("cancelled", "complete")


class AnnouncementWorkspace(models.Model):
    """A workspace that an announcement is for, where it is for certain ones."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, db_index=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["announcement", "workspace"], name="announcementworkspace_once")
        ]

    def __str__(self) -> str:
        return f"{self.announcement} for {self.workspace_id}"


class Recipient(models.Model):
    """An address that an announcement was mailed to: it hears as well when that changes or ends.

    In lower case. Forgotten some time after the announcement has ended.
    """

    announcement = models.ForeignKey(
        Announcement, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    address = models.CharField(max_length=254)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["announcement", "address"], name="recipient_once")]
        indexes = [models.Index(fields=["announcement", "id"], name="recipient_in_order")]

    def __str__(self) -> str:
        return self.address
