"""Backups of the portal's own database and of the files that were uploaded to it."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone


class BackupQuerySet(models.QuerySet["Backup"]):
    def kept(self) -> "BackupQuerySet":
        """Those whose folder was not removed, newest first."""
        return self.filter(removed_at=None).order_by("-created_at", "-pk")

    def proven(self) -> "BackupQuerySet":
        """Kept ones that were restored into a scratch database and found whole, newest first."""
        return self.kept().filter(verified_at__isnull=False)

    def newest_proven_age(self, now: datetime | None = None) -> timedelta | None:
        """How long ago the newest proven backup was made; None where there is none. One query."""
        newest = self.proven().values_list("created_at", flat=True).first()
        return (now or timezone.now()) - newest if newest else None


class Backup(models.Model):
    """One backup: a folder of this name below BACKUP_DIR, described by the manifest in it.

    `digest` is the SHA-256 of the manifest, which holds the SHA-256 of every other file, so that a changed
    byte anywhere is found. `row_counts` (by table), `migrations` (the newest by app) and `audit_head`
    ("SEQUENCE:DIGEST", "" for none) are of the moment that was saved. `verification` is what the last proof
    found. Rows are written by `operations.backups` alone.
    """

    class Engine(models.TextChoices):
        SQLITE = "sqlite", "SQLite"
        POSTGRESQL = "postgresql", "PostgreSQL"

    name = models.CharField(max_length=60, unique=True)
    engine = models.CharField(max_length=10, choices=Engine.choices)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    note = models.CharField(max_length=500, blank=True)
    size = models.BigIntegerField(help_text="Bytes")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the manifest")
    portal_version = models.CharField(max_length=40, blank=True)
    migrations = models.JSONField(default=dict)
    row_counts = models.JSONField(default=dict)
    audit_head = models.CharField(max_length=100, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=200, blank=True)
    verification = models.JSONField(default=dict, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = BackupQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ("view",)
        permissions = [
            ("create_backup", "Can create and verify a backup"),
            ("restore_backup", "Can restore a backup"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="backup_newest"),
            models.Index(
                fields=["-created_at", "-id"],
                name="backup_proven",
                condition=Q(removed_at=None, verified_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(engine__in=["sqlite", "postgresql"]), name="backup_engine"),
            models.CheckConstraint(condition=Q(size__gt=0), name="backup_has_bytes"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(digest=""), name="backup_has_name_and_digest"),
            models.CheckConstraint(
                condition=Q(verified_at=None) | Q(failed_at=None), name="backup_verified_or_failed"
            ),
            models.CheckConstraint(
                condition=Q(verified_at=None, failed_at=None) ^ ~Q(verified_by=""),
                name="backup_verified_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"backup {self.name}"

    @property
    def state(self) -> str:
        """One word: removed, damaged, proven or unproven."""
        if self.removed_at:
            return "removed"
        if self.failed_at:
            return "damaged"
        return "proven" if self.verified_at else "unproven"

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.row_counts.values())
