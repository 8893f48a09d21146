"""Checks the gauges of a batch: the platform at one moment, right as a whole or not taken."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from monitoring.ingest.counts import Faults
from monitoring.ingest.reading import Span
from monitoring.ingest.values import (
    MOST_MS,
    MS_RULE,
    PERCENT_RULE,
    TIME_RULE,
    WHOLE_RULE,
    but,
    is_number,
    is_whole,
    moment,
    shown_name,
)

PERCENTAGES = ("memory", "cpu", "disk")
FIELDS = ("at", *PERCENTAGES, "databaseMs", "databaseFailures")


class Reading(NamedTuple):
    """Gauges without a fault; None where one was not sent."""

    at: datetime
    memory: float | None
    cpu: float | None
    disk: float | None
    database_ms: float | None
    database_failures: int | None


def read_gauges(given: Any, span: Span) -> Reading | Faults:
    """The reading, or the faults by their fields."""
    if not isinstance(given, dict):
        return {"": but("must be an object", given)}
    faults: Faults = {}
    for name in sorted(given.keys() - set(FIELDS))[:5]:
        faults[shown_name(name)] = f"is no gauge; there are {', '.join(FIELDS)}"
    at = moment(given.get("at"))
    if at is None:
        faults["at"] = TIME_RULE
    elif fault := span.fault_of(at):
        faults["at"] = fault
    found = _values(given, faults)
    if faults or at is None:
        return faults
    if not found:
        return {"": f"must tell one of {', '.join(FIELDS[1:])}"}
    return Reading(at, *(found.get(name) for name in FIELDS[1:]))


def _values(given: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    found = {name: given[name] for name in FIELDS[1:] if name in given}
    for name, value in found.items():
        if name in PERCENTAGES:
            right, rule = is_number(value, 100), PERCENT_RULE
        elif name == "databaseMs":
            right, rule = is_number(value, MOST_MS), MS_RULE
        else:
            right, rule = is_whole(value), WHOLE_RULE
        if not right:
            faults[name] = but(rule, value)
    return found
