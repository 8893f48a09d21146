"""What changed lately, for the processes that remember it."""

from django.db import models
from django.utils import timezone


class Change(models.Model):
    """One announcement: the thing `key` of `topic` changed, or, with an empty key, any of the topic may have.

    Rows are written in the transaction of the change itself, and read and explained in `operations.feed`.
    """

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=20)
    key = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        # Nobody sees these rows, and a permission named "change_change" would puzzle whoever grants it.
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.topic} {self.key or '(all)'}"
