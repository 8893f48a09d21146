"""How often the product asked for a flag, and what it heard."""

from django.db import models

from rollout.models.flags import Flag


class FlagUsage(models.Model):
    """The answers of one kind that a flag gave within one hour (UTC). Written by `usage` in batches."""

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="usage", db_index=False)
    hour = models.DateTimeField()
    variant = models.CharField(max_length=40)
    reason = models.CharField(max_length=20)
    count = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["flag", "-hour"]
        constraints = [
            models.UniqueConstraint(fields=["flag", "hour", "variant", "reason"], name="usage_once_an_hour"),
        ]
        indexes = [models.Index(fields=["hour"], name="usage_hour")]

    def __str__(self) -> str:
        return f"{self.flag_id} {self.variant} at {self.hour:%Y-%m-%d %H}: {self.count}"
