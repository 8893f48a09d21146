"""One verb at work on one issue: its locked row, and the one place that writes what became of it."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import NotFound, Refused
from releases.models import Issue

ADD = "releases.add_issue"
CHANGE = "releases.change_issue"
FIELDS = [
    field.attname
    for field in Issue._meta.concrete_fields
    if not (field.primary_key or field.generated) and field.name not in ("version", "changed_at")
]


class Story:
    """An issue's row, ours until the end of the transaction. With `dry_run` nothing of it is written."""

    def __init__(self, issue: Issue, actor: Actor, *, dry_run: bool = False) -> None:
        self.issue = issue
        self.actor = actor
        self.dry_run = dry_run
        self.now = timezone.now()
        self._before = _values(issue)

    @property
    def changed(self) -> list[str]:
        """The columns that are no longer as they were read."""
        return [name for name, value in _values(self.issue).items() if value != self._before[name]]

    def write(self, action: str, *, reason: str = "", **data: Any) -> Issue:
        """Write the columns that changed, a new version, and one audit event."""
        issue = self.issue
        if self.dry_run:
            return issue
        changed = self.changed
        issue.version += 1
        issue.changed_at = self.now
        issue.save(update_fields=[*changed, "version", "changed_at"])
        audit.record(action, actor=self.actor, subject=issue, data=data, reason=reason)
        return issue


def begin(issue: Issue, actor: Actor, *, version: int | None = None, dry_run: bool = False) -> Story:
    """Lock an issue and begin to tell of it; a dry run locks nothing.

    Raises NotFound, and Refused when it is no longer the `version` that the caller saw.
    """
    # Nothing joined: after waiting, PostgreSQL gives the row as it is now with what was joined to it before.
    rows = Issue.objects.all() if dry_run else Issue.objects.select_for_update()
    found = rows.filter(pk=issue.pk).first()
    if found is None:
        raise NotFound(f"There is no issue {issue.reference} any more.")
    if version is not None and found.version != version:
        raise Refused("changed", f"{found} was changed since you saw it: look at it and try again.")
    return Story(found, actor, dry_run=dry_run)


def record_each(action: str, issues: Iterable[Issue], *, actor: Actor, **data: Any) -> None:
    """One audit event for each of several issues, whose rows were written together."""
    audit.record_all(action, actor=actor, subjects=issues, data=data)


def _values(issue: Issue) -> dict[str, Any]:
    return {name: getattr(issue, name) for name in FIELDS}
