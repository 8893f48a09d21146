"""Reads the body of Alertmanager's webhook, version 4: the form as a whole, and then alert by alert.

Pure Python without Django. What newer versions add is let be. The times are Go's: RFC 3339 with up to nine
digits of a second, and the year 1 for "none".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from monitoring.ingest.values import but, shown_name

VERSION = "4"
FIRING, RESOLVED = "firing", "resolved"
# On an alert that the portal itself pushed to Alertmanager: it must not come back as another one.
OWN_LABEL = "ops_portal_alert"
# Clocks differ, but what begins later than this would be newer than everything that really happens.
AHEAD = timedelta(days=1)
LONGEST_GROUP_KEY = 10_000
MOST_PAIRS = 200

Faults = dict[str, str]

_is_time = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch
_is_fingerprint = re.compile("[0-9A-Za-z_.:-]{1,64}").fullmatch
_FINGERPRINT_RULE = "must be Alertmanager's name of the alert: 1 to 64 letters, digits and - _ . :"
_TIME_RULE = "must be a time as in 2026-03-01T12:00:00.123456789Z"


class Told(NamedTuple):
    """One alert as Alertmanager tells it. `ended_at` is None while it fires."""

    fingerprint: str
    started_at: datetime
    ended_at: datetime | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A fault of one alert in the list."""

    index: int
    field: str
    message: str


class Payload(NamedTuple):
    """A body that can be read. `own` is how many alerts were left be because the portal pushed them."""

    group_key: str
    truncated: int
    alerts: Sequence[Told]
    rejected: Sequence[Rejected]
    own: int


class NotVersion4(Exception):
    """The body is none of version 4, by its faulty fields."""

    def __init__(self, fields: Faults) -> None:
        super().__init__("; ".join(f"{name}: {rule}" for name, rule in fields.items()))
        self.fields = fields


def read(body: Any, now: datetime) -> Payload:
    """The payload in a JSON body. Raises NotVersion4 with each fault of its outer form."""
    faults = _form_faults(body)
    if faults:
        raise NotVersion4(faults)
    alerts: list[Told] = []
    rejected: list[Rejected] = []
    own = 0
    for index, given in enumerate(body["alerts"]):
        found = _alert(given, now)
        if isinstance(found, dict):
            rejected += [Rejected(index, field, message) for field, message in found.items()]
        elif OWN_LABEL in found.labels:
            own += 1
        else:
            alerts.append(found)
    return Payload(body["groupKey"], body.get("truncatedAlerts", 0), alerts, rejected, own)


def _form_faults(body: Any) -> Faults:
    if not isinstance(body, dict):
        return {"body": but("must be an object", body)}
    if body.get("version") != VERSION:
        return {"version": f'must be "{VERSION}": this takes webhooks of Alertmanager 0.11 and later'}
    faults = _kind_faults(body)
    key = body.get("groupKey")
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_GROUP_KEY:
        faults["groupKey"] = f"must be a text of 1 to {LONGEST_GROUP_KEY:,} characters"
    if body.get("status") not in (FIRING, RESOLVED):
        faults["status"] = f"must be {FIRING} or {RESOLVED}"
    left_out = body.get("truncatedAlerts", 0)
    if type(left_out) is not int or not 0 <= left_out < 2**63:
        faults["truncatedAlerts"] = but("must be a whole number", left_out)
    alerts = body.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        faults["alerts"] = "must be a list of at least one alert"
    return faults


def _kind_faults(body: Mapping[str, Any]) -> Faults:
    """The faults of what may be left out."""
    faults = {
        name: but("must be a text", body[name])
        for name in ("receiver", "externalURL")
        if not isinstance(body.get(name, ""), str)
    }
    for name in ("groupLabels", "commonLabels", "commonAnnotations"):
        if fault := _pairs_fault(body.get(name)):
            faults[name] = fault
    return faults


def _alert(given: Any, now: datetime) -> Told | Faults:
    if not isinstance(given, dict):
        return {"": but("must be an object", given)}
    faults: Faults = {}
    status = given.get("status")
    if status not in (FIRING, RESOLVED):
        faults["status"] = f"must be {FIRING} or {RESOLVED}"
    fingerprint = given.get("fingerprint")
    if not isinstance(fingerprint, str) or not _is_fingerprint(fingerprint):
        faults["fingerprint"] = _FINGERPRINT_RULE
    for name in ("labels", "annotations"):
        if fault := _pairs_fault(given.get(name)):
            faults[name] = fault
    if not isinstance(given.get("generatorURL", ""), str):
        faults["generatorURL"] = but("must be a text", given["generatorURL"])
    started = _time("startsAt", given, faults)
    if started is not None and started > now + AHEAD:
        faults["startsAt"] = "lies more than a day in the future"
    ended = _time("endsAt", given, faults) if status == RESOLVED else None
    if faults or started is None:
        return faults
    if ended is not None:
        # It is over, whatever the clocks say of when; an end in the future would cover what begins later.
        ended = max(started, min(ended, now))
    return Told(
        str(fingerprint),
        started,
        ended,
        given.get("labels") or {},
        given.get("annotations") or {},
        given.get("generatorURL", ""),
    )


def _pairs_fault(given: Any) -> str:
    """What is wrong with labels or annotations; Go writes an empty map as {} or null."""
    if given is None:
        return ""
    if not isinstance(given, dict) or len(given) > MOST_PAIRS:
        return f"must be an object of at most {MOST_PAIRS} names with their texts"
    for name, value in given.items():
        if not isinstance(value, str):
            return but(f"{shown_name(name)} must be a text", value)
    return ""


def _time(field: str, given: Mapping[str, Any], faults: Faults) -> datetime | None:
    found = moment(given.get(field))
    if found is None:
        faults[field] = _TIME_RULE if field in given else "is missing"
    elif found.year == 1:
        faults[field] = "is Go's zero time: it must say when"
        return None
    return found


def moment(value: Any) -> datetime | None:
    """The time in UTC, to the microsecond; None where it is none. Go's zero time lies in the year 1."""
    if not isinstance(value, str) or not _is_time(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
    except ValueError:
        return None
