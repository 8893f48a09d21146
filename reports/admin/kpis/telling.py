"""Events about a KPI in words, for its timeline."""

from typing import Any

from operations.doors.timeline import details
from operations.models import AuditEvent
from reports.kpis import wording

# Of an event's two values, before and after, where one is missing.
CHANGES = {
    "kpi.target_set": ("target", "the guide's"),
    "kpi.baseline_set": ("baseline", "none"),
    "kpi.entered": ("value", ""),
}


def told(event: AuditEvent) -> str:
    """ "2.4, before that 2.6" with the day it is of; other events as the trail tells them."""
    name, nothing = CHANGES.get(event.action, ("", ""))
    if not name:
        return details(event)
    before, after = event.data[name]
    of_day = f" for {event.data['day']}" if "day" in event.data else ""
    earlier = _number(before, nothing)
    return f"{_number(after, nothing)}{of_day}{f', before that {earlier}' if earlier else ''}"


def _number(value: Any, nothing: str) -> str:
    return wording.number(value) if isinstance(value, int | float) else nothing
