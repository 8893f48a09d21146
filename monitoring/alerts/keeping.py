"""How long alerts are kept, and forgetting what is older."""

from datetime import timedelta

from django.utils import timezone

from monitoring.models import Alert, Notice, Occurrence, Silence

KEEP_RESOLVED = timedelta(days=730)
# A notice has done its work when it was gathered; what was sent stands with its alert.
KEEP_GATHERED = timedelta(days=30)
# Alertmanager repeats itself for days: what it says of an occurrence that ended before this is nobody's.
KEEP_ENDED = timedelta(days=30)
# Rows that one transaction deletes: SQLite has one writer, and the others must not wait long.
CHUNK = 5_000


def purge() -> dict[str, int]:
    """Forget what is older than it is kept; returns how many rows of each table went. A job calls it often:
    what is too much for one call goes with the next."""
    now = timezone.now()
    old = Alert.objects.filter(resolved_at__lt=now - KEEP_RESOLVED).order_by("resolved_at")
    # Their stories go with them.
    alerts = Alert.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:CHUNK])).delete()[1]
    gathered = Notice.objects.filter(gathered_at__lt=now - KEEP_GATHERED).order_by("pk")
    notices = Notice.objects.filter(pk__in=list(gathered.values_list("pk", flat=True)[:CHUNK])).delete()[0]
    ended = Occurrence.objects.filter(ended_at__lt=now - KEEP_ENDED).order_by("pk")
    occurrences = Occurrence.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[:CHUNK])).delete()[
        0
    ]
    silences = Silence.objects.filter(ends_at__lt=now - KEEP_RESOLVED).delete()[0]
    gone = {
        "alerts": alerts.get(Alert._meta.label, 0),
        "notices": notices,
        "occurrences": occurrences,
        "silences": silences,
    }
    return {name: count for name, count in gone.items() if count}
