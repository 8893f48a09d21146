"""Modules and the feature flags that the product asks about."""

import secrets

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from rollout.models.fields import BytewiseCharField
from rollout.models.workspaces import IDENTIFIER, Workspace

FLAG_KEY = RegexValidator(
    r"\A[a-z][a-z0-9_.-]{0,79}\Z",
    "must be 1 to 80 lower-case letters, digits, dots, dashes and underscores, beginning with a letter",
)


def new_salt() -> str:
    """Sixteen random hex digits, so that the groups of two flags or plans are independent."""
    return secrets.token_hex(8)


class ModuleQuerySet(models.QuerySet["Module"]):
    def whole(self) -> "ModuleQuerySet":
        """Modules that are no part of another: those that people choose from and products post about."""
        return self.filter(part_of=None)


class Module(models.Model):
    """A part of the product that is rolled out as one.

    What is rolled out by itself within a module, as a release of it is, is a module with `part_of`: it has
    a flag and a plan of its own, and what is measured and routed is that of the whole.
    """

    class Unit(models.TextChoices):
        WORKSPACE = "workspace", "Workspace"
        USER = "user", "User"

    key = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    unit = models.CharField(max_length=10, choices=Unit.choices, default=Unit.WORKSPACE)
    tiers = models.JSONField(default=list, blank=True, help_text="Eligible subscription tiers; none: any")
    statuses = models.JSONField(
        default=list, blank=True, help_text="Eligible subscription statuses; none: any"
    )
    roles = models.JSONField(
        default=list,
        blank=True,
        help_text="At least one active member has one of these roles; none: not asked",
    )
    business_goals = models.JSONField(
        default=list, blank=True, help_text="Reported after a month; close no gate"
    )
    part_of = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="parts", editable=False
    )

    objects = ModuleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(unit__in=["workspace", "user"]), name="module_unit"),
            models.CheckConstraint(
                condition=Q(part_of=None) | ~Q(part_of=F("id")), name="module_not_its_own_part"
            ),
        ]
        permissions = [("edit_eligibility", "Can change who is eligible for a module")]

    def __str__(self) -> str:
        return self.name

    @property
    def whole(self) -> "Module":
        """The module that this one is a part of, or itself: what is measured, routed and complained about."""
        return self.part_of or self


class InternalUnit(models.Model):
    """A unit on a module's internal list: it has the module before anybody else."""

    module = models.ForeignKey(
        Module, on_delete=models.CASCADE, related_name="internal_units", db_index=False
    )
    unit_id = BytewiseCharField(max_length=120, validators=[IDENTIFIER])

    class Meta:
        ordering = ["unit_id"]
        constraints = [models.UniqueConstraint(fields=["module", "unit_id"], name="internal_once")]

    def __str__(self) -> str:
        return self.unit_id


class FlagQuerySet(models.QuerySet["Flag"]):
    def live(self) -> "FlagQuerySet":
        """Flags that are not archived."""
        return self.filter(archived_at=None)


class Flag(models.Model):
    """One switch the product asks about. It is on for a cohort from the phase `from_phase`.

    Between `selected_from_phase` and `from_phase` only those units of the cohort have it that were
    selected. `max_percentage` holds a flag back: it reaches no farther than `hold_key`. Before `on_from`
    and from `off_at` on it is off for everybody.
    """

    class ValueType(models.TextChoices):
        BOOLEAN = "boolean", "On or off"
        STRING = "string", "Text"
        INTEGER = "integer", "Whole number"
        FLOAT = "float", "Decimal number"
        OBJECT = "object", "Object (JSON)"

    key = models.CharField(max_length=80, unique=True, validators=[FLAG_KEY])
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    value_type = models.CharField(max_length=8, choices=ValueType.choices, default=ValueType.BOOLEAN)
    owner = models.CharField(max_length=100, blank=True, help_text="Who to ask about it")
    expires_on = models.DateField(null=True, blank=True, help_text="When it should be gone from the code")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="flags")
    prerequisite = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="dependents"
    )
    prerequisite_variant = models.CharField(max_length=40, blank=True, help_text="Empty: any that is on")
    from_phase = models.PositiveSmallIntegerField(default=1)
    selected_from_phase = models.PositiveSmallIntegerField(null=True, blank=True)
    max_percentage = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    hold_key = BytewiseCharField(max_length=100, blank=True, editable=False)
    on_from = models.DateTimeField(null=True, blank=True)
    off_at = models.DateTimeField(null=True, blank=True)
    killed = models.BooleanField("kill switch", default=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    salt = models.CharField(max_length=16, default=new_salt, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = FlagQuerySet.as_manager()

    class Meta:
        ordering = ["module", "from_phase", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(selected_from_phase=None) | Q(selected_from_phase__lt=F("from_phase")),
                name="flag_selected_before_all",
            ),
            models.CheckConstraint(
                condition=Q(max_percentage=None) | Q(max_percentage__lte=100), name="flag_max_percentage"
            ),
            models.CheckConstraint(
                condition=Q(prerequisite=None) | ~Q(prerequisite=F("id")),
                name="flag_not_its_own_prerequisite",
            ),
            models.CheckConstraint(
                condition=Q(value_type__in=["boolean", "string", "integer", "float", "object"]),
                name="flag_value_type",
            ),
            models.CheckConstraint(
                condition=Q(on_from=None) | Q(off_at=None) | Q(off_at__gt=F("on_from")),
                name="flag_off_after_on",
            ),
            models.CheckConstraint(
                condition=Q(prerequisite_variant="") | Q(prerequisite__isnull=False),
                name="flag_variant_of_a_prerequisite",
            ),
        ]
        permissions = [
            ("kill_flag", "Can turn a kill switch"),
            ("override_flag", "Can override a flag for one unit"),
            ("hold_flag", "Can hold a flag back"),
            ("select_units", "Can select workspaces for a flag"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class Selection(models.Model):
    """A workspace of the cohort that was selected for a flag ahead of the others."""

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="selections")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    selected_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["workspace_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["flag", "workspace"], condition=Q(removed_at=None), name="selection_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flag} for {self.workspace_id}"


class OverrideQuerySet(models.QuerySet["Override"]):
    def in_force(self) -> "OverrideQuerySet":
        """Overrides that have not expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


class Override(models.Model):
    """A flag turned on or off for one unit, with the reason and, where given, an end."""

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="overrides", db_index=False)
    unit_id = BytewiseCharField(max_length=120, validators=[IDENTIFIER])
    value = models.BooleanField()
    variant = models.CharField(max_length=40, blank=True, help_text="Empty: by weight")
    reason = models.CharField(max_length=500)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=200, editable=False)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["flag", "unit_id"]
        constraints = [
            models.UniqueConstraint(fields=["flag", "unit_id"], name="override_once"),
            models.CheckConstraint(
                condition=Q(variant="") | Q(value=True), name="override_off_has_no_variant"
            ),
        ]
        indexes = [models.Index(fields=["unit_id"], name="override_unit")]

    def __str__(self) -> str:
        return f"{self.flag} {'on' if self.value else 'off'} for {self.unit_id}"


class FlagSpan(models.Model):
    """A time in which a flag's reach within the cohort stayed the same.

    With the enrolments of the plan this is the record of who had the flag on any day, at the cost of one
    row a change instead of one row a unit: a unit had the flag when it was enrolled and its order key was
    within the span's cutoff (and it was selected, or within `slices`, where the span says so).
    """

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="spans")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    cutoff_key = BytewiseCharField(max_length=100, blank=True)
    cutoff_open = models.BooleanField(default=False)
    selected_only = models.BooleanField(default=False)
    slices = models.JSONField(default=list, help_text="Salt, first and last hash key of each slice")

    class Meta:
        ordering = ["flag", "began_at"]
        constraints = [
            models.UniqueConstraint(fields=["flag"], condition=Q(ended_at=None), name="span_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.flag} from {self.began_at:%Y-%m-%d %H:%M}"
