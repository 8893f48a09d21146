"""Where releases go."""

from django.db import models
from django.db.models import Q

from operations.models import Channel

STAGING, PRODUCTION = "staging", "production"


class Environment(models.Model):
    """Staging or production: how its CI is asked for work, and where the product says that it is well.

    Without a channel, a person does by hand what the CI would do.
    """

    key = models.CharField(max_length=10, primary_key=True)
    name = models.CharField(max_length=40)
    channel = models.ForeignKey(
        Channel,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="environments",
        help_text="The signed webhook that starts the steps of the CI",
    )
    health_url = models.CharField(
        max_length=1000,
        blank=True,
        help_text="Answers 200 while the product is well; asked before a deployment",
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["-key"]
        constraints = [
            models.CheckConstraint(condition=Q(key__in=[STAGING, PRODUCTION]), name="environment_key")
        ]

    def __str__(self) -> str:
        return self.name
