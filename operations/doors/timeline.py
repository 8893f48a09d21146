"""The audit trail beside the thing that it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from operations.doors.paging import Slice, slice_of
from operations.models import AuditEvent

PER_PAGE = 20
PAGE = "events"

# Facts that say nothing to a reader beside the thing itself.
SILENT = frozenset({"module", "version"})
LONGEST = 120


@dataclass(frozen=True)
class Entry:
    """One event in words."""

    event: AuditEvent
    what: str
    details: str

    @property
    def reason(self) -> str:
        reason = getattr(self.event, "reason", None)
        return str(reason) if reason else ""


Describe = Callable[[AuditEvent], str]


def what(event: AuditEvent) -> str:
    """The action in words: "rollout.phase_run" reads "Phase run"."""
    return event.action.rpartition(".")[2].replace("_", " ").capitalize()


def details(event: AuditEvent) -> str:
    """The event's facts in one line, as far as they say something."""
    return "; ".join(
        f"{name.replace('_', ' ')}: {_spelled(value)}"
        for name, value in event.data.items()
        if name not in SILENT and value not in (None, "", [], {})
    )


def events_of(subject: Model) -> QuerySet[AuditEvent]:
    """The events about one thing, the newest first."""
    return AuditEvent.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk)
    ).select_related("reason")


def timeline(request: HttpRequest, subject: Model, describe: Describe = details) -> Slice:
    """One page of entries about a thing; `?events=2` is the second."""
    page = slice_of(events_of(subject), request, PAGE, PER_PAGE)
    return replace(page, object_list=[entry(event, describe) for event in page])


def entry(event: AuditEvent, describe: Describe = details) -> Entry:
    return Entry(event, what(event), describe(event))


def _spelled(value: Any) -> str:
    if isinstance(value, Mapping):
        text = ", ".join(f"{name} {_spelled(inner)}" for name, inner in value.items())
    elif isinstance(value, list):
        text = ", ".join(_spelled(inner) for inner in value)
    else:
        text = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
