"""The rules of one row: a workspace and, where the row names one, a member of it. Pure."""

import re
import zoneinfo
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email

from rollout.models.workspaces import ID_RULE, IDENTIFIER, SLUG, UNNAMED

# The names of the fields outside (commands, files, the API).
WORKSPACE_FIELDS = ("id", "name", "tier", "status", "region", "timeZone")
MEMBER_FIELDS = ("member", "role", "email", "active")
FIELDS = WORKSPACE_FIELDS + MEMBER_FIELDS
REQUIRED = ("id", "name", "tier", "status")

LONGEST = {"name": 200, "region": 100, "email": 254}
TRUE, FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
# Enough to recognise a value by, in a message or a cache.
SHOWN = 60

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")

# A value made right, and the rule it breaks, or "".
Checked = tuple[str, str]


class Row(NamedTuple):
    """One row made right, in the order of the staging table's columns. `member` is "" where there is none."""

    workspace: str
    name: str
    tier: str
    status: str
    region: str
    time_zone: str
    member: str = ""
    role: str = ""
    email: str = ""
    active: bool = True


def check(values: Mapping[str, str]) -> tuple[Row, dict[str, str]]:
    """The row of a text for each field (a field that is missing counts as empty), and its faults by field.

    Words (tier, status, role) are lower-cased. A row without a member's id but with a role stands for one
    unnamed member of that role; one without both has no member.
    """
    faults: dict[str, str] = {}
    made = dict.fromkeys(FIELDS, "")
    for field, rule in _RULES.items():
        made[field], fault = rule(values.get(field, ""))
        if fault:
            faults[field] = fault
    if made["role"]:
        made["member"] = made["member"] or UNNAMED + made["role"]
    elif made["member"] and "role" not in faults:
        faults["role"] = "is empty: a member has a role"
    elif made["email"] and "role" not in faults:
        faults["email"] = "belongs to a member, and this row names neither a member nor a role"
    row = Row(
        workspace=made["id"],
        name=made["name"],
        tier=made["tier"],
        status=made["status"],
        region=made["region"],
        time_zone=made["timeZone"],
        member=made["member"],
        role=made["role"],
        email=made["email"],
        active=made["active"] not in FALSE,
    )
    return row, faults


def fault_of(field: str, value: str) -> str:
    """The rule that `value` breaks in one field, or ""."""
    return _RULES[field](value)[1]


def _identifier(raw: str) -> Checked:
    value = raw.strip()
    return value, _id_fault(value) if value else "is empty"


def _member(raw: str) -> Checked:
    value = raw.strip()
    if value.startswith(UNNAMED):
        return value, f"must not begin with {UNNAMED}, which marks members that have no id"
    return value, _id_fault(value) if value else ""


def _id_fault(value: str) -> str:
    return ID_RULE if _UNPRINTABLE.search(value) else _broken(IDENTIFIER, value)


def _required_text(field: str) -> Callable[[str], Checked]:
    def rule(raw: str) -> Checked:
        value, fault = _text(field)(raw)
        return value, fault or ("" if value else "is empty")

    return rule


def _text(field: str) -> Callable[[str], Checked]:
    longest = LONGEST[field]

    def rule(raw: str) -> Checked:
        value = " ".join(raw.split())
        if len(value) > longest:
            return value, f"has {len(value)} characters, at most {longest} are allowed"
        return value, "has a control character" if _UNPRINTABLE.search(value) else ""

    return rule


def _required_word(raw: str) -> Checked:
    value, fault = _word(raw)
    return value, fault or ("" if value else "is empty")


def _word(raw: str) -> Checked:
    return _cached_word(raw.strip()[:SHOWN])


@lru_cache(maxsize=1024)
def _cached_word(text: str) -> Checked:
    value = text.lower()
    return value, f"{text!r} {fault}" if value and (fault := _broken(SLUG, value)) else ""


def _time_zone(raw: str) -> Checked:
    value = raw.strip()
    if value and value not in _time_zones():
        return value, f"{value[:SHOWN]!r} is no IANA time zone, such as Europe/London"
    return value, ""


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _email(raw: str) -> Checked:
    value = raw.strip()
    if not value:
        return value, ""
    if len(value) > LONGEST["email"]:
        return value, f"has {len(value)} characters, at most {LONGEST['email']} are allowed"
    try:
        validate_email(value)
    except ValidationError:
        return value, "is no e-mail address"
    return value, ""


def _active(raw: str) -> Checked:
    value = raw.strip().lower()
    if value and value not in TRUE | FALSE:
        return value, f"{value[:SHOWN]!r} is neither true nor false"
    return value, ""


def _broken(rule: RegexValidator, value: str) -> str:
    try:
        rule(value)
    except ValidationError as error:
        return str(error.messages[0])
    return ""


_RULES: dict[str, Callable[[str], Checked]] = {
    "id": _identifier,
    "name": _required_text("name"),
    "tier": _required_word,
    "status": _required_word,
    "region": _text("region"),
    "timeZone": _time_zone,
    "member": _member,
    "role": _word,
    "email": _email,
    "active": _active,
}
