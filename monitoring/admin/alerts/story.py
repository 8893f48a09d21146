"""An alert's story: what happened to it, and whom the portal told, in one line of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from monitoring.admin import words
from monitoring.models import Alert, AlertEvent, Dispatch, Notice
from operations.actor import Actor
from operations.models import OutboxMessage

# The newest of each; an alert that is seen a thousand times does not fill a page a thousand times.
MOST = 100


@dataclass(frozen=True)
class Line:
    """One line of the story."""

    at: datetime
    what: str
    text: str = ""
    who: str = ""
    label: str = ""
    chip: str = ""
    url: str = ""
    quoted: bool = False


@dataclass(frozen=True)
class Story:
    """The lines, the newest first, and whether older ones are left out."""

    lines: Sequence[Line]
    cut: bool


def events_of(alert: Alert) -> list[AlertEvent]:
    """The newest events of an alert, in order."""
    return list(AlertEvent.objects.filter(alert=alert).order_by("-at", "-pk")[:MOST])[::-1]


def dispatches_of(alert: Alert) -> list[Dispatch]:
    """The newest messages that speak of an alert, in order."""
    found = (
        Dispatch.objects.filter(alert=alert).select_related("message", "channel").defer("message__payload")
    )
    return list(found.order_by("-at", "-pk")[:MOST])[::-1]


def told(events: Sequence[AlertEvent], dispatches: Sequence[Dispatch], actor: Actor) -> Story:
    """Events and messages as one story; messages lead to the outbox for whoever may see it."""
    may = actor.may("operations.view_outboxmessage")
    lines = [*(_of_event(each) for each in events), *(_of_dispatch(each, may) for each in dispatches)]
    # A message is made because of the event of the same moment, so it comes after it.
    lines.sort(key=lambda line: line.at)
    return Story(lines[::-1], MOST in (len(events), len(dispatches)))


def _of_event(event: AlertEvent) -> Line:
    by = words.by_whom(event.by) if event.by else "the portal"
    quoted = bool(event.by and event.text)
    return Line(event.at, event.get_kind_display(), event.text, by, quoted=quoted)


def _of_dispatch(dispatch: Dispatch, may: bool) -> Line:
    message = dispatch.message
    label, chip = _delivery(message)
    to = str(dispatch.channel) if dispatch.channel else dispatch.to
    gathered = ", in one message with others" if dispatch.digest else ""
    return Line(
        at=dispatch.at,
        what=f"Told {to}",
        text=f"{Notice.Kind(dispatch.kind).label.lower()}{gathered}.{_failure(message)}",
        who="the portal",
        label=label,
        chip=chip,
        url=reverse("admin:operations_outboxmessage_change", args=[message.pk]) if message and may else "",
    )


def _delivery(message: OutboxMessage | None) -> tuple[str, str]:
    """How a message stands: the label's kind and its word. Of one that is long forgotten: it was sent."""
    if message is None:
        return "", "Sent"
    if message.delivered_at:
        return "success", "Delivered"
    if message.dead_at:
        return "danger", "Not delivered: given up"
    return ("warning", f"Failing, {message.attempts} tries") if message.attempts else ("info", "On its way")


def _failure(message: OutboxMessage | None) -> str:
    if message is None or message.delivered_at or not message.last_error:
        return ""
    return f" {message.last_error}"


def nobody(alert: Alert, takers: Sequence[str], broken: Sequence[str]) -> str:
    """Why nobody was told of an alert, in a sentence.

    `takers` and `broken` name the working and the broken routes that take it.
    """
    of = f" of {alert.module}" if alert.module else " without a module"
    if takers:
        return (
            f"Nobody was told: when it fired, no route took {alert.level} alerts{of}. Now {takers[0]} does."
        )
    if broken:
        names = ", ".join(broken)
        return f"Nobody was told: what takes {alert.level} alerts{of} is switched off ({names})."
    return f"Nobody was told: no route takes {alert.level} alerts{of}."
