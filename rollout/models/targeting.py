"""What a flag answers beyond on and off, and to whom by what the product tells: variants, rules, segments."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from rollout.models.flags import Flag, new_salt
from rollout.models.workspaces import SLUG

VARIANT_KEY = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\Z",
    "must be 1 to 40 letters, digits, dots, dashes and underscores, beginning with a letter or a digit",
)
MOST_WEIGHT = 10_000


class Variant(models.Model):
    """One value of a flag that is more than on or off. The one named "off" is answered where it is off."""

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="variants", db_index=False)
    key = models.CharField(max_length=40, validators=[VARIANT_KEY])
    value = models.JSONField()
    weight = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(MOST_WEIGHT)])
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["flag", "position"]
        constraints = [
            models.UniqueConstraint(fields=["flag", "key"], name="variant_key_once"),
            models.CheckConstraint(condition=Q(weight__lte=MOST_WEIGHT), name="variant_weight"),
            models.CheckConstraint(condition=~Q(key="off") | Q(weight=0), name="variant_off_has_no_weight"),
        ]

    def __str__(self) -> str:
        return self.key


class Rule(models.Model):
    """Whom a flag reaches, or not, by the attributes of the request. The first one that matches decides.

    `groups` is what `conditions.parse` reads. `serve` is a variant, "off", or empty: by weight. `salt` keeps
    the units of a share together when rules are edited or reordered.
    """

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="rules", db_index=False)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    groups = models.JSONField(default=list)
    serve = models.CharField(max_length=40, blank=True)
    share = models.PositiveSmallIntegerField(
        default=100, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    salt = models.CharField(max_length=16, default=new_salt, editable=False)

    class Meta:
        ordering = ["flag", "position"]
        constraints = [
            models.UniqueConstraint(fields=["flag", "position"], name="rule_position_once"),
            models.CheckConstraint(condition=Q(share__gte=1) & Q(share__lte=100), name="rule_share"),
        ]

    def __str__(self) -> str:
        return self.name


class Segment(models.Model):
    """A named set of conditions that the rules of any flag can use."""

    key = models.CharField(max_length=30, unique=True, validators=[SLUG])
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    groups = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name
