"""An issue in short: in lines of other pages, and beside what is about to be done to it."""

from typing import Any

from django.utils import timezone

from operations.actor import Actor
from operations.doors.admin import Inputs, Preview
from releases.admin.issues import links, wording
from releases.issues import moving
from releases.models import Issue

TEMPLATE = "admin/releases/issue_brief.html"


def facts(issue: Issue) -> dict[str, Any]:
    """What a page shows of an issue in short, without a query where its links were read along."""
    now = timezone.now()
    return {
        "issue": issue,
        "url": links.issue(issue.pk),
        "severity_label": wording.SEVERITY_LABELS[issue.severity],
        "state_label": wording.STATE_LABELS[issue.state],
        "due": wording.due_of(issue, wording.today()),
        "age": wording.age_of(issue, now),
        "detected": wording.moment(issue.detected_at, now),
    }


def preview(issue: Issue, inputs: Inputs, actor: Actor) -> Preview:
    """The issue beside the form of an operation."""
    return Preview(TEMPLATE, facts(issue))


def step(transition: str) -> Any:
    """A preview that says which state the issue would be in afterwards, or why it cannot be."""

    def look(issue: Issue, inputs: Inputs, actor: Actor) -> Preview:
        state = moving.target_of(issue, transition)
        becomes = wording.state_title(state)
        if state == issue.State.PLANNED:
            becomes = f"{becomes}: it is part of {issue.release}"
        return Preview(TEMPLATE, {**facts(issue), "becomes": becomes})

    return look
