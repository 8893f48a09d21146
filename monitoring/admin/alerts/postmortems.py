"""The first draft of a post-mortem: the story as the portal knows it, with room for what it does not."""

from collections.abc import Sequence

from django.utils import timezone

from monitoring.admin import words
from monitoring.admin.alerts.wording import span
from monitoring.models import Alert, AlertEvent


def draft(alert: Alert, events: Sequence[AlertEvent]) -> str:
    """A template with the timeline filled in. Times are in the portal's zone, which it names."""
    zone = timezone.localtime(alert.first_seen).strftime("%Z")
    sections = [
        ("What happened", alert.summary or alert.title),
        ("Impact", alert.affected or "Who could not do what, and for how long?"),
        (f"Timeline ({zone})", "\n".join([*map(_line, events), *_durations(alert)])),
        ("What went well", "-"),
        ("What went badly", "-"),
        ("What to change, who does it, by when", "-"),
    ]
    return "\n\n".join(f"{title}\n{text}" for title, text in sections)


def _line(event: AlertEvent) -> str:
    at = timezone.localtime(event.at).strftime("%Y-%m-%d %H:%M")
    by = f" by {words.by_whom(event.by)}" if event.by else ""
    text = f": {' '.join(event.text.split())}" if event.text else ""
    return f"{at}  {event.get_kind_display()}{by}{text}"


def _durations(alert: Alert) -> list[str]:
    """How long it took to be acknowledged and to be resolved, counted from when it fired."""
    fired = alert.fired_at
    pairs = (("Acknowledged", alert.acknowledged_at), ("Resolved", alert.resolved_at))
    return [f"{name} {span(at - fired)} after it fired." for name, at in pairs if at and fired]
