"""Days whose counts no longer hold: what changes a ticket says so, for `feedback.summary`."""

from collections.abc import Iterable
from datetime import date

from django.utils import timezone

from feedback.models import StaleDay

# The columns of a ticket that the daily counts are made of; the scores of its resolutions count as well.
COUNTED = (
    "category", "severity", "module_id", "feature_area", "quarantined_at", "state", "merged_into_id",
    "satisfaction_rating", "usability_rating", "performance_rating",
    "respond_by", "responded_at", "resolve_by", "resolved_at",
)  # fmt: skip


def stale(days: Iterable[date]) -> None:
    """Say that something changed in what is counted of these days, each the `received_on` of a ticket.

    Inside the transaction of the change: both become visible at once. A count deletes the marks that it sees
    before it reads the tickets. So either it sees the change, or the change's mark is still there after it,
    whoever commits first; and nobody waits for anybody. Days that are not over cost nothing: they are not
    counted ahead, nor in the hour after (`rolling.MARGIN`), in which the changes end that began before.
    """
    today = timezone.localdate()
    StaleDay.objects.bulk_create([StaleDay(day=day) for day in sorted(set(days)) if day < today])
