"""What somebody says, before it is a ticket: its fields, their rules, and what is taken out of the texts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from feedback import redaction
from feedback.models import Original, Ticket

LIMITS: Mapping[str, int] = {
    "title": 200,
    "description": 100_000,
    "feature_area": 100,
    "browser_info": 200,
    "device_info": 200,
    "expected_behavior": 5_000,
    "actual_behavior": 5_000,
    "release": 60,
    "reporter_name": 200,
    "reporter_email": 254,
    "reporter_locale": 35,
}
ONE_LINE = ("title", "feature_area", "browser_info", "device_info", "release", "reporter_name")
RATINGS = ("satisfaction_rating", "usability_rating", "performance_rating")
MOST_STEPS, LONGEST_STEP = 50, 1_000
# Where a person may have written about another one.
REDACTED = ("title", "description", "feature_area", "expected_behavior", "actual_behavior")
STEPS = "steps"

# PostgreSQL takes no NUL, and half a character of UTF-16 is no text at all.
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The guide's payload, with the person and the place: workspace and module by their keys."""

    category: str
    title: str
    description: str
    severity: str = Ticket.Severity.MEDIUM
    feature_area: str = ""
    browser_info: str = ""
    device_info: str = ""
    steps: Sequence[str] = ()
    expected_behavior: str = ""
    actual_behavior: str = ""
    satisfaction_rating: int | None = None
    usability_rating: int | None = None
    performance_rating: int | None = None
    workspace: str = ""
    module: str = ""
    release: str = ""
    reporter_name: str = ""
    reporter_email: str = ""
    reporter_locale: str = ""


@dataclass(frozen=True)
class Redacted:
    """A draft without what looks like patient data, and each text of which something was taken."""

    draft: Draft
    originals: Sequence[Original]


def cleaned(draft: Draft) -> Draft:
    """The draft without blanks around its texts, and with none but single ones in what is one line."""
    texts: dict[str, Any] = {name: " ".join(getattr(draft, name).split()) for name in ONE_LINE}
    texts |= {name: getattr(draft, name).strip() for name in LIMITS if name not in ONE_LINE}
    steps = tuple(step.strip() for step in draft.steps)
    return replace(draft, steps=steps, **texts)


def faults_of(draft: Draft) -> dict[str, str]:
    """The rule that each field breaks, but for the workspace and the module, which the database knows."""
    faults = {
        name: f"must have at most {longest:,} characters"
        for name, longest in LIMITS.items()
        if len(getattr(draft, name)) > longest
    }
    for name, choices in (("category", Ticket.Category.values), ("severity", Ticket.Severity.values)):
        if getattr(draft, name) not in choices:
            faults[name] = f"must be one of {', '.join(choices)}"
    for name in ("title", "description"):
        if not getattr(draft, name).strip():
            faults[name] = "must not be empty"
    for name in RATINGS:
        rating = getattr(draft, name)
        if rating is not None and rating not in range(1, 6):
            faults[name] = "must be a whole number from 1 to 5"
    faults |= _step_faults(draft.steps) | _reporter_faults(draft)
    for each in fields(draft):
        value = getattr(draft, each.name)
        if isinstance(value, str) and _NOT_TEXT.search(value):
            faults[each.name] = "must be text, without the character NUL or halves of others"
    return faults


def redacted(draft: Draft) -> Redacted:
    """Take out what looks like patient data, field by field; the originals are not saved yet."""
    originals = []
    values: dict[str, Any] = {}
    for name in REDACTED:
        found = redaction.redact(getattr(draft, name))
        if found.found:
            originals.append(Original(field=name, text=getattr(draft, name), found=dict(found.found)))
            # What stands for a short number may be longer than it.
            values[name] = found.text[: LIMITS[name]]
    steps = [redaction.redact(step) for step in draft.steps]
    if any(step.found for step in steps):
        counts: dict[str, int] = {}
        for step in steps:
            for kind, count in step.found.items():
                counts[kind] = counts.get(kind, 0) + count
        originals.append(Original(field=STEPS, text="\n".join(draft.steps), found=counts))
        values[STEPS] = tuple(step.text for step in steps)
    return Redacted(replace(draft, **values), originals)


def _step_faults(steps: Sequence[str]) -> dict[str, str]:
    if len(steps) > MOST_STEPS:
        return {STEPS: f"must not be more than {MOST_STEPS}"}
    for number, step in enumerate(steps):
        if not step.strip() or len(step) > LONGEST_STEP or _NOT_TEXT.search(step):
            return {f"{STEPS}.{number}": f"must be text of 1 to {LONGEST_STEP:,} characters"}
    return {}


def _reporter_faults(draft: Draft) -> dict[str, str]:
    faults = {}
    if draft.reporter_email:
        try:
            validate_email(draft.reporter_email)
        except ValidationError:
            faults["reporter_email"] = "must be a mail address"
    if draft.reporter_locale and not _LOCALE.fullmatch(draft.reporter_locale):
        faults["reporter_locale"] = "must be a language tag such as en-GB"
    return faults
