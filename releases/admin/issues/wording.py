"""What the pages say of an issue: how bad, how it stands, how old, and by when."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import formats, timezone

from feedback.admin.tickets.wording import SEVERITY_LABELS, age, by_whom, day, moment
from releases.lifecycle import OPEN_ISSUE, IssueState
from releases.models import Issue

__all__ = [
    "SEVERITY_LABELS",
    "STATE_LABELS",
    "Due",
    "age_of",
    "by_whom",
    "day",
    "due_of",
    "moment",
    "state_title",
]

STATE_LABELS = {
    "detected": "warning",
    "triaged": "info",
    "assigned": "info",
    "in_development": "info",
    "fixed": "success",
    "planned": "success",
    "deployed": "success",
    "verified": "success",
    "declined": "",
}
# From here on a day is coloured as near.
NEAR = timedelta(days=2)


@dataclass(frozen=True)
class Due:
    """By when a fix is wanted."""

    chip: str
    label: str


def due_of(issue: Issue, today: date) -> Due | None:
    """By when the fix is wanted; None where nobody said, or it is done."""
    if issue.due_on is None or issue.state not in OPEN_ISSUE:
        return None
    left = issue.due_on - today
    if left.days < 0:
        return Due(f"{-left.days} d late", "danger")
    if not left.days:
        return Due("Due today", "warning")
    name = "D j M" if issue.due_on.year == today.year else "j M Y"
    return Due(f"Due {formats.date_format(issue.due_on, name)}", "warning" if left <= NEAR else "")


def age_of(issue: Issue, now: datetime) -> str:
    """How long ago it was detected, in the largest unit: "5 d"."""
    return age(now - issue.detected_at)


def state_title(state: str) -> str:
    """A state as people read it."""
    return Issue.State(IssueState(state)).label


def today() -> date:
    """The day in the portal's time zone."""
    return timezone.localdate()
