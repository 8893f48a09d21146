"""What the product pushed: sums per workspace and hour, rolled up to days.

`workspace` is the product's own id and "" where a user module's sample names none; `arm` is "on" or "off"
for user modules and "" for the others. Rows are added up by `ingest` and written by nothing else.
"""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from rollout.models import Module
from rollout.models.fields import BytewiseCharField

ARMS = ("", "on", "off")


class Batch(models.Model):
    """A batch that was counted. Its id makes a repeat change nothing, and get the first answer."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, db_index=False)
    batch = models.CharField(max_length=100)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    by = models.CharField(max_length=200)
    accepted = models.PositiveIntegerField(help_text="Samples that were counted")
    rejected_count = models.PositiveIntegerField(help_text="Samples that were not")
    rejected = models.JSONField(default=list, help_text="What was wrong with them, the first 1,000 faults")
    first_hour = models.DateTimeField(null=True, help_text="The hours (UTC) that it counted in, from")
    last_hour = models.DateTimeField(null=True, help_text="and to: their days are rolled up again")

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["module", "batch"], name="batch_once")]

    def __str__(self) -> str:
        return self.batch


class Sums(models.Model):
    """The sums that every roll-up keeps. `le_*` count responses at or under so many milliseconds."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, db_index=False)
    workspace = BytewiseCharField(max_length=100, blank=True)
    arm = models.CharField(max_length=3, blank=True)
    requests = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0)
    timeouts = models.BigIntegerField(default=0)
    module_requests = models.BigIntegerField(default=0)
    module_errors = models.BigIntegerField(default=0)
    latency_sum_ms = models.FloatField(default=0)
    le_50 = models.BigIntegerField(default=0)
    le_100 = models.BigIntegerField(default=0)
    le_200 = models.BigIntegerField(default=0)
    le_300 = models.BigIntegerField(default=0)
    le_500 = models.BigIntegerField(default=0)
    le_1000 = models.BigIntegerField(default=0)
    le_2000 = models.BigIntegerField(default=0)
    le_5000 = models.BigIntegerField(default=0)
    le_inf = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


def _sane(name: str) -> list[models.CheckConstraint]:
    return [
        models.CheckConstraint(
            condition=Q(errors__gte=0, errors__lte=F("requests"), timeouts__gte=0), name=f"{name}_errors"
        ),
        models.CheckConstraint(
            condition=Q(module_errors__gte=0, module_errors__lte=F("module_requests")),
            name=f"{name}_module_errors",
        ),
        models.CheckConstraint(condition=Q(arm__in=ARMS), name=f"{name}_arm"),
    ]


class WorkspaceHour(Sums):
    """A workspace's vitals of one hour (UTC)."""

    hour = models.DateTimeField()

    class Meta:
        ordering = ["-hour"]
        constraints = [
            # Begins with what a check asks for: all workspaces of a module in a few hours.
            models.UniqueConstraint(fields=["module", "hour", "workspace", "arm"], name="hour_once"),
            *_sane("hour"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace} at {self.hour:%Y-%m-%d %H}"


class WorkspaceDay(Sums):
    """A workspace's vitals of one day in the portal's time zone, kept when its hours are gone."""

    day = models.DateField()
    users = models.PositiveIntegerField(default=0, help_text="Distinct users of that day")

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["module", "day", "workspace", "arm"], name="day_once"),
            *_sane("day"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace} on {self.day}"


class Counter(models.Model):
    """How often something happened in a workspace: the counters that the product names itself."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, db_index=False)
    workspace = BytewiseCharField(max_length=100, blank=True)
    arm = models.CharField(max_length=3, blank=True)
    name = models.CharField(max_length=60)
    value = models.BigIntegerField()

    class Meta:
        abstract = True


class CounterHour(Counter):
    hour = models.DateTimeField()

    class Meta:
        ordering = ["-hour"]
        constraints = [
            models.UniqueConstraint(
                fields=["module", "hour", "workspace", "arm", "name"], name="counter_hour_once"
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="counter_hour_value"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.workspace} at {self.hour:%Y-%m-%d %H}"


class CounterDay(Counter):
    day = models.DateField()

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["module", "day", "workspace", "arm", "name"], name="counter_day_once"
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="counter_day_value"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.workspace} on {self.day}"


class DailyUser(models.Model):
    """A user of the module on a day (the portal's time zone). `user` is a digest of the product's id."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, db_index=False)
    day = models.DateField()
    workspace = BytewiseCharField(max_length=100, blank=True)
    arm = models.CharField(max_length=3, blank=True)
    user = models.BigIntegerField()

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["module", "day", "workspace", "arm", "user"], name="daily_user_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.day}"


class LastUse(models.Model):
    """The last hour (UTC) in which a workspace used the module: what adoption counts."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, db_index=False)
    workspace = BytewiseCharField(max_length=100, blank=True)
    arm = models.CharField(max_length=3, blank=True)
    hour = models.DateTimeField()

    class Meta:
        ordering = ["-hour"]
        constraints = [
            models.UniqueConstraint(fields=["module", "workspace", "arm"], name="last_use_once"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace} at {self.hour:%Y-%m-%d %H}"


class GaugeReading(models.Model):
    """The platform at one moment, as one batch told it. Percentages from 0 to 100, times in milliseconds."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE)
    at = models.DateTimeField()
    memory = models.FloatField(null=True)
    cpu = models.FloatField(null=True)
    disk = models.FloatField(null=True)
    database_ms = models.FloatField(null=True)
    database_failures = models.PositiveBigIntegerField(null=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["at"], name="gauge_at")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class DayRoll(models.Model):
    """A day whose hours are rolled up. It is there for as long as they are.

    A final one was rolled up when no sample of that day was taken any more: its hours may go.
    """

    day = models.DateField(unique=True)
    rolled_at = models.DateTimeField(help_text="Batches received until then are in it")
    final = models.BooleanField(default=False)

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}"
