"""What an issue may say: cleaned, without patient data, and the rule that each field breaks."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.auth.models import User

from feedback import redaction
from operations.errors import Invalid
from releases.issues.story import CHANGE
from releases.models import Issue
from rollout.models import Module

LIMITS = {"title": 200, "description": 20_000}
LONGEST_REASON = 500
MOST_HOURS = Decimal("99999.9")
EDITABLE = ("title", "description", "severity", "module", "owner", "estimate_hours", "due_on")

# PostgreSQL takes no NUL, and half a character of UTF-16 is no text at all.
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given of EDITABLE, as it is kept. Raises Invalid, which names every field and its rule.

    A title becomes part of a changelog, and is read by whoever ships it: what looks like patient data is
    taken out of the texts.
    """
    faults = {
        name: f"cannot be set; the fields are {', '.join(EDITABLE)}" for name in given if name not in EDITABLE
    }
    values = {name: value for name, value in given.items() if name in EDITABLE}
    for name, check in _CHECKS.items():
        if name in values and (fault := check(values[name])):
            faults[name] = fault
    if faults:
        raise Invalid(faults)
    return {name: _kept(name, value) for name, value in values.items()}


def reason_of(text: str, *, needed: bool) -> str:
    """Why something is done to an issue. Raises Invalid."""
    text = text.strip()
    if len(text) > LONGEST_REASON or _NOT_TEXT.search(text):
        raise Invalid({"reason": f"must be text of at most {LONGEST_REASON} characters"})
    if needed and not text:
        raise Invalid({"reason": "must say why"})
    return text


def owner_fault(owner: User | None) -> str:
    """Why somebody cannot own an issue; "" where they can, and for nobody."""
    if owner is None or (owner.is_active and owner.is_staff and owner.has_perm(CHANGE)):
        return ""
    return f"{owner.get_username()} may not work on issues"


def _kept(name: str, value: Any) -> Any:
    match name:
        case "title":
            return redaction.redact(" ".join(value.split())).text[: LIMITS["title"]]
        case "description":
            return redaction.redact(value.strip()).text[: LIMITS["description"]]
        case "estimate_hours":
            return None if value is None else _hours(value)
        case "module":
            # A release is rolled out as a part of its module: the issue belongs to the whole.
            return value.whole
    return value


def _title_fault(title: str) -> str:
    if not title.strip():
        return "must not be empty"
    return _text_fault("title", title)


def _text_fault(name: str, text: str) -> str:
    if len(text) > LIMITS[name] or _NOT_TEXT.search(text):
        return f"must be text of at most {LIMITS[name]:,} characters"
    return ""


def _severity_fault(severity: str) -> str:
    choices = Issue.Severity.values
    return "" if severity in choices else f"must be one of {', '.join(choices)}"


def _module_fault(module: Module | None) -> str:
    return "must be given: an issue belongs to a module" if module is None else ""


def _hours_fault(hours: Any) -> str:
    rule = f"must be a number of hours above 0, at most {MOST_HOURS:,}"
    if hours is None:
        return ""
    try:
        return "" if 0 < _hours(hours) <= MOST_HOURS else rule
    except (InvalidOperation, ValueError):
        return rule


def _hours(hours: Any) -> Decimal:
    """Hours with one digit after the point, as the database keeps them."""
    return Decimal(str(hours)).quantize(Decimal("0.1"))


def _due_fault(due_on: Any) -> str:
    return "" if due_on is None or type(due_on) is date else "must be a day such as 2026-03-31"


_CHECKS: Mapping[str, Callable[[Any], str]] = {
    "title": _title_fault,
    "description": lambda text: _text_fault("description", text),
    "severity": _severity_fault,
    "module": _module_fault,
    "owner": owner_fault,
    "estimate_hours": _hours_fault,
    "due_on": _due_fault,
}
