"""What becomes of issues when a release gets them, loses them, is out, or is taken back.

The caller holds the release's lock, and has checked that its actor may do what leads here. Each writes all
issues in one statement, and one line of the trail for each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from operations.actor import Actor
from operations.errors import Refused
from releases.issues import story, telling
from releases.lifecycle import CONFIRMED_ISSUE, IssueState
from releases.models import Issue, Release
from releases.models.issues import IssueQuerySet

WITH_THE_FIX = (IssueState.PLANNED, IssueState.DEPLOYED, IssueState.VERIFIED)


@dataclass(frozen=True)
class Shipped:
    """What a release that is out did: the issues that it brought, and what became of their tickets.

    `told` are the tickets whose reporters were told, `refused` those of which that was not possible, with the
    reason; `waiting` wait for another issue that is still open. All by their references.
    """

    issues: Sequence[str] = ()
    told: Sequence[str] = ()
    refused: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def plan(issues: Iterable[Issue], release: Release, *, actor: Actor) -> tuple[str, ...]:
    """Let a release bring the fixes: those that are done are planned. Returns the references.

    Raises Refused for an issue that nobody has confirmed, that another release is to bring, or that is of
    another module.
    """
    rows = _locked(Issue.objects.filter(pk__in=[issue.pk for issue in issues]))
    for issue in rows:
        _guard(issue, release)
    changed = [issue for issue in rows if issue.release_id is None or issue.state == IssueState.FIXED]
    _write(
        changed,
        release=release,
        state=Case(When(state=IssueState.FIXED, then=Value(IssueState.PLANNED)), default=F("state")),
    )
    story.record_each("issue.planned", changed, actor=actor, release=release.version)
    return tuple(map(str, changed))


@transaction.atomic
def drop(issues: Iterable[Issue], release: Release, *, actor: Actor) -> tuple[str, ...]:
    """Take issues out of a release again, as they were before. Returns the references of those it had."""
    rows = _locked(Issue.objects.filter(pk__in=[issue.pk for issue in issues], release=release))
    _write(
        rows,
        release=None,
        state=Case(When(state=IssueState.PLANNED, then=Value(IssueState.FIXED)), default=F("state")),
    )
    story.record_each("issue.taken_out", rows, actor=actor, release=release.version)
    return tuple(map(str, rows))


@transaction.atomic
def deployed(release: Release, *, actor: Actor) -> Shipped:
    """Everybody has the release: its planned issues are deployed, and their reporters hear of it.

    A second call finds nothing to do. A ticket of which the reporter cannot be told holds up nothing.
    """
    rows = _locked(Issue.objects.filter(release=release, state=IssueState.PLANNED))
    _write(rows, state=IssueState.DEPLOYED, deployed_at=timezone.now())
    story.record_each("issue.deployed", rows, actor=actor, release=release.version)
    answer = telling.of_fixes([issue.pk for issue in rows], release.version, actor=actor)
    return Shipped(tuple(map(str, rows)), tuple(answer.told), answer.refused, answer.waiting)


@transaction.atomic
def taken_back(release: Release, *, actor: Actor) -> tuple[str, ...]:
    """The release was rolled back: its issues are fixed, no longer out, and free for another release."""
    rows = _locked(Issue.objects.filter(release=release))
    _write(
        rows,
        release=None,
        deployed_at=None,
        state=Case(When(state__in=WITH_THE_FIX, then=Value(IssueState.FIXED)), default=F("state")),
    )
    story.record_each("issue.taken_back", rows, actor=actor, release=release.version)
    return tuple(map(str, rows))


def _locked(issues: IssueQuerySet) -> list[Issue]:
    """The rows as they are now, in the order of their numbers so that two walks cannot block each other."""
    return list(issues.select_for_update().order_by("number"))


def _write(issues: Iterable[Issue], **values: Any) -> None:
    Issue.objects.filter(pk__in=[issue.pk for issue in issues]).update(
        **values, version=F("version") + 1, changed_at=timezone.now()
    )


def _guard(issue: Issue, release: Release) -> None:
    if issue.release_id == release.pk:
        return
    if issue.release_id is not None:
        raise Refused("in_release", f"{issue} is part of {issue.release} already: take it out of that first.")
    if issue.module_id != release.module_id:
        raise Refused(
            "module", f"{issue} is of {issue.module}, and {release} is a release of {release.module}."
        )
    if issue.state not in CONFIRMED_ISSUE:
        state = issue.get_state_display().lower()
        raise Refused(
            "not_confirmed", f"{issue} is {state}: only a confirmed issue can be part of a release."
        )
