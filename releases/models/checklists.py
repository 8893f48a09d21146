"""A deployment's own copy of the checklist, and who signed for it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from releases.models.deployments import Deployment


class ChecklistItem(models.Model):
    """One box of the checklist: ticked by a person, or proved by the portal (`proof`).

    `stage` says when it is worked; what stands `before` must be ticked before production. A box with a `role`
    is ticked by that role's signature.
    """

    class Stage(models.TextChoices):
        BEFORE = "before", "Before"
        DURING = "during", "During"
        AFTER = "after", "After"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        NOT_APPLICABLE = "not_applicable", "Not applicable"

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    part = models.CharField(max_length=100, help_text="The list it stands on")
    section = models.CharField(max_length=100, blank=True)
    stage = models.CharField(max_length=6, choices=Stage.choices)
    title = models.CharField(max_length=200)
    points = models.JSONField(default=list, help_text="What it is made of")
    proof = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=14, choices=State.choices, default=State.OPEN)
    proved = models.BooleanField(default=False, help_text="By the portal")
    note = models.TextField(blank=True, max_length=2000)
    at = models.DateTimeField(null=True)
    by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["deployment", "position"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["deployment", "position"], name="item_position_once"),
            models.UniqueConstraint(fields=["deployment", "key"], name="item_key_once"),
            models.CheckConstraint(condition=Q(stage__in=["before", "during", "after"]), name="item_stage"),
            models.CheckConstraint(
                condition=Q(state="open", at=None, by="")
                | Q(state="done", at__isnull=False)
                | Q(state="not_applicable", at__isnull=False) & ~Q(note=""),
                name="item_state",
            ),
        ]
        permissions = [("tick_item", "Can tick the boxes of a checklist")]

    def __str__(self) -> str:
        return self.title


class SignOff(models.Model):
    """A person's signature for one role under a deployment."""

    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="sign_offs", db_index=False
    )
    role = models.CharField(max_length=30)
    user_id = models.BigIntegerField()
    username = models.CharField(max_length=150)
    note = models.TextField(blank=True, max_length=2000)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["deployment", "role"], name="signoff_role_once")]
        permissions = [("sign_off", "Can sign for the roles of their groups")]

    def __str__(self) -> str:
        return f"{self.role}: {self.username}"
