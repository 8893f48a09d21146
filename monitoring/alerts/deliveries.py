"""Whether what alerts have to say reaches people."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from monitoring.models import Dispatch, Notice
from operations.models import OutboxMessage

# A notice waits for the next round of gathering, and at most a few minutes for a digest.
GATHERED_WITHIN = timedelta(minutes=5)
# For so long one that was given up counts as failing, unless somebody sends it again.
GIVEN_UP = timedelta(hours=1)


def faults() -> list[str]:
    """What keeps alerts from being heard, in words; empty while messages arrive. Three queries."""
    now = timezone.now()
    about_alerts = OutboxMessage.objects.filter(Exists(Dispatch.objects.filter(message=OuterRef("pk"))))
    found = {
        "an alert waits to be announced": Notice.objects.filter(
            gathered_at=None, created_at__lt=now - GATHERED_WITHIN
        ),
        "a message about an alert is late or failing": about_alerts.troubled(now),
        "a message about an alert was given up": about_alerts.dead().filter(dead_at__gt=now - GIVEN_UP),
    }
    return [fault for fault, rows in found.items() if rows.exists()]
