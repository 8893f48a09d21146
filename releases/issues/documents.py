"""Issues as JSON documents: what programs read of them."""

from typing import Any

from releases.models import Issue


def issue_document(issue: Issue) -> dict[str, Any]:
    """One issue. Without a query for what `finding` read; `release` is the one that is to bring the fix."""
    return {
        "id": issue.reference,
        "title": issue.title,
        "severity": issue.severity,
        "status": issue.state,
        "module": issue.module.key,
        "owner": issue.owner.get_username() if issue.owner else None,
        "estimateHours": None if issue.estimate_hours is None else float(issue.estimate_hours),
        "dueOn": issue.due_on,
        "release": issue.release.version if issue.release else None,
        "tickets": [ticket.reference for ticket in issue.tickets.all()],
        "alerts": [alert.pk for alert in issue.alerts.all()],
        "detectedAt": issue.detected_at,
        "fixedAt": issue.fixed_at,
        "deployedAt": issue.deployed_at,
    }
