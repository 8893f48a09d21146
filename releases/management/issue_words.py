"""`bug_fix list`, `issue` and `move`: issues at a terminal."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from feedback.tickets import finding as tickets
from monitoring.alerts import finding as alerts
from operations.actor import Actor
from operations.doors.command import DEFAULT_MODULE, Result
from operations.errors import Invalid
from releases.deployments import documents
from releases.deployments import finding as releases
from releases.issues import finding, moving, raising
from releases.management.arguments import EVERY_MODULE
from releases.management.common import Options, module_of
from releases.management.printing import issue_lines
from releases.models import Issue


def list_issues(options: Options, actor: Actor) -> Result:
    """Issues of a module, and the releases that are to bring their fixes."""
    key = options["module"] or DEFAULT_MODULE
    found = finding.find(
        status=options["status"],
        severity=options["severity"],
        module=None if key == EVERY_MODULE else module_of(options),
    )
    most = max(1, options["most"])
    shown = list(found[:most])
    count = len(shown) if len(shown) < most else found.count()
    held = releases.releases().filter(pk__in={issue.release_id for issue in shown if issue.release_id})
    issues = [documents.issue_document(issue) for issue in shown]
    document = {
        "module": key,
        "count": count,
        "issues": issues,
        "releases": [documents.release_document(release) for release in held],
    }
    lines = list(issue_lines(issues))
    if count > len(issues):
        lines.append(f"and {count - len(issues):,} more: --most shows more of them")
    return Result(document, lines)


def raise_issue(options: Options, actor: Actor) -> Result:
    """Raise an issue by itself, or from what a ticket tells or an alert shows."""
    given: dict[str, Any] = {"actor": actor, "dry_run": options["dry_run"]}
    if options["ticket"] or options["alert"] is not None:
        given |= {name: options[name] for name in ("title", "description", "severity")}
        given["module"] = module_of(options) if options["module"] else None
        if options["ticket"]:
            issue = raising.from_ticket(tickets.by_reference(options["ticket"]), **given)
        else:
            issue = raising.from_alert(alerts.by_id(options["alert"]), **given)
    else:
        issue = raising.raise_issue(
            module=module_of(options),
            title=options["title"],
            description=options["description"] or "",
            severity=options["severity"] or Issue.Severity.MEDIUM,
            **given,
        )
    return _told("issue", [issue], options)


def move(options: Options, actor: Actor) -> Result:
    """Take a step in the life of every issue that was named, or of none."""
    owner = _person(options["owner"])
    with transaction.atomic():
        moved = [
            moving.move(
                issue,
                options["transition"],
                actor=actor,
                owner=owner,
                reason=options["reason"],
                dry_run=options["dry_run"],
            )
            for issue in finding.by_references(options["issues"])
        ]
    return _told(options["transition"], moved, options)


def _told(operation: str, issues: list[Issue], options: Options) -> Result:
    dry_run = options["dry_run"]
    found = [_document(issue) for issue in issues]
    document = {"operation": operation, "dryRun": dry_run, "issues": found}
    first = ["Dry run, nothing was changed."] if dry_run else []
    return Result(document, [*first, *issue_lines(found)])


def _document(issue: Issue) -> dict[str, Any]:
    """An issue's document; of one that a dry run made, what can be known."""
    if not issue._state.adding:
        return documents.issue_document(issue)
    return {
        "id": issue.reference,
        "title": issue.title,
        "severity": issue.severity,
        "status": issue.state,
        "module": issue.module.key,
        "owner": None,
        "release": None,
    }


def _person(username: str) -> User | None:
    """Who has this user name; None for none named. Raises Invalid for an unknown one."""
    if not username:
        return None
    person = User.objects.filter(username=username).first() if username.isprintable() else None
    if person is None:
        raise Invalid({"owner": f"there is no user {username[:60]!r}"})
    return person
