"""Templates: the checklist and the steps that every deployment gets a copy of."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Template(models.Model):
    """One version of a template, as YAML; never changed, a new version follows it.

    `key` is "deployment" for the checklist, and for steps the environment ("staging", "staging_hotfix") or
    the method ("rolling", "blue_green", "maintenance_window", "hotfix").
    """

    class Kind(models.TextChoices):
        CHECKLIST = "checklist", "Checklist"
        STEPS = "steps", "Steps"

    kind = models.CharField(max_length=9, choices=Kind.choices)
    key = models.CharField(max_length=30)
    version = models.PositiveIntegerField()
    text = models.TextField()
    built_in = models.BooleanField(default=False, help_text="As it came with the portal")
    active = models.BooleanField(default=False, help_text="What new deployments get")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["kind", "key", "-version"]
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "version"], name="template_version_once"),
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(active=True), name="template_one_active"
            ),
            models.CheckConstraint(condition=Q(kind__in=["checklist", "steps"]), name="template_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}, version {self.version}"
