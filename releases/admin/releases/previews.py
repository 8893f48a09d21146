"""What the confirmation pages show of a release's verbs."""

from collections.abc import Sequence
from typing import Any

from operations.actor import Actor
from operations.doors.admin import Inputs, Preview
from releases import releases
from releases.admin.releases.wording import CATEGORY_LABELS, ISSUE_LABELS, SEVERITY_LABELS, role
from releases.deployments.readiness import READY_ISSUES
from releases.models import ChangePolicy, Issue, Release

TEMPLATE = "admin/releases/release_preview.html"
TEXTS = ("title", "category", "method", "hotfix", "security", "risk", "notes")


def of_create(nothing: None, inputs: Inputs, actor: Actor) -> Preview:
    """The draft as a dry run: how it would ship, what that asks for, which of its issues are not fixed."""
    release = releases.create(actor=actor, dry_run=True, **inputs)
    return Preview(TEMPLATE, {**_release(release), **_issues([*inputs["issues"]]), "new": True})


def of_edit(release: Release, inputs: Inputs, actor: Actor) -> Preview:
    """The release as it would ship then."""
    changed = releases.edit(release, actor=actor, dry_run=True, **inputs)
    return Preview(TEMPLATE, _release(changed))


def of_adding(release: Release, inputs: Inputs, actor: Actor) -> Preview:
    """The release with what would come into it."""
    chosen = [*inputs["issues"]]
    if chosen:
        releases.add_issues(release, chosen, actor=actor, dry_run=True)
    return Preview(TEMPLATE, {**_release(release), **_issues(chosen)})


def brief(release: Release, inputs: Inputs, actor: Actor) -> Preview:
    """The release beside the form of an operation."""
    return Preview(TEMPLATE, _release(release))


def _release(release: Release) -> dict[str, Any]:
    policy = ChangePolicy.objects.filter(pk=release.category).first()
    return {
        "release": release,
        "category_label": CATEGORY_LABELS.get(release.category, ""),
        "policy": policy,
        "roles": [role(each) for each in policy.roles] if policy else [],
        "last": role(policy.last) if policy and policy.last else "",
    }


def _issues(issues: Sequence[Issue]) -> dict[str, Any]:
    lines = issue_lines(sorted(issues, key=lambda issue: (issue.rank, issue.number)))
    return {"issues": lines, "unfixed": sum(not line["ready"] for line in lines)}


def issue_lines(issues: Sequence[Issue]) -> list[dict[str, Any]]:
    """Issues as the pages list them, with whether each is fixed."""
    return [
        {
            "issue": issue,
            "severity_label": SEVERITY_LABELS[issue.severity],
            "state_label": ISSUE_LABELS.get(issue.state, "warning"),
            "ready": issue.state in READY_ISSUES,
        }
        for issue in issues
    ]
