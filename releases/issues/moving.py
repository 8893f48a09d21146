"""Moving an issue through its life: one verb, whose steps `releases.lifecycle` lists."""

from collections.abc import Callable, Mapping

from django.contrib.auth.models import User
from django.db import transaction

from operations.actor import Actor
from operations.errors import Invalid, Refused
from releases.issues import drafts, story
from releases.issues.story import CHANGE, Story
from releases.lifecycle import ISSUE_TRANSITIONS, IssueState, ReleaseState, allowed
from releases.models import Issue

NEEDS_REASON = ("decline", "reopen")
# A release of which nothing more will come brings no fix.
OVER = (ReleaseState.DEPLOYED, ReleaseState.ROLLED_BACK, ReleaseState.ABANDONED)
PAST = {
    "triage": "triaged",
    "assign": "assigned",
    "start": "started",
    "fix": "fixed",
    "verify": "verified",
    "reopen": "reopened",
    "decline": "declined",
}


@transaction.atomic
def move(
    issue: Issue,
    transition: str,
    *,
    actor: Actor,
    version: int | None = None,
    owner: User | None = None,
    reason: str = "",
    dry_run: bool = False,
) -> Issue:
    """Take one step of an issue's life: `transition` is one of `releases.lifecycle.ISSUE_TRANSITIONS`.

    `owner` is who gets it ("assign"). To decline or reopen one, a `reason` must be given. What is fixed and
    part of a release that still goes on is planned at once. With `dry_run` nothing is written. Raises
    Refused for a step that the issue's state does not allow, naming those it does, and when it is no longer
    the `version` that was seen; Invalid.
    """
    actor.require(CHANGE, "work on issues")
    reason = _check(transition, owner, reason)
    told = story.begin(issue, actor, version=version, dry_run=dry_run)
    issue = told.issue
    issue.state = target_of(issue, transition, owner)
    if follow := FOLLOW.get(transition):
        follow(told, owner)
    data = {"owner": owner.get_username()} if owner else {}
    return told.write(f"issue.{PAST[transition]}", reason=reason, state=issue.state, **data)


def target_of(issue: Issue, transition: str, owner: User | None = None) -> str:
    """The state that a step would lead to now. Raises Refused as `move`."""
    _guard(issue, transition, owner)
    release = issue.release
    if transition == "fix" and release is not None and release.state not in OVER:
        return IssueState.PLANNED
    return ISSUE_TRANSITIONS[transition].target


def _assign(told: Story, owner: User | None) -> None:
    told.issue.owner = owner


def _start(told: Story, owner: User | None) -> None:
    """Who begins on what nobody owns, owns it."""
    if told.issue.owner_id is None:
        told.issue.owner = told.actor.user


def _fix(told: Story, owner: User | None) -> None:
    told.issue.fixed_at = told.now


def _reopen(told: Story, owner: User | None) -> None:
    """It begins anew: what was fixed was not, and another release will bring the fix."""
    issue = told.issue
    issue.fixed_at = issue.deployed_at = issue.release = None


FOLLOW: Mapping[str, Callable[[Story, User | None], None]] = {
    "assign": _assign,
    "start": _start,
    "fix": _fix,
    "reopen": _reopen,
}


def _check(transition: str, owner: User | None, reason: str) -> str:
    """The reason, cleaned. Raises Invalid for input that no issue would take."""
    faults = {}
    if transition not in ISSUE_TRANSITIONS:
        faults["transition"] = f"must be one of {', '.join(ISSUE_TRANSITIONS)}"
    try:
        reason = drafts.reason_of(reason, needed=transition in NEEDS_REASON)
    except Invalid as found:
        faults |= found.fields
    if transition == "assign":
        fault = drafts.owner_fault(owner) if owner else "must say who gets it"
    else:
        fault = "can only be given to assign" if owner else ""
    if fault:
        faults["owner"] = fault
    if faults:
        raise Invalid(faults)
    return reason


def _guard(issue: Issue, transition: str, owner: User | None) -> None:
    """Raise Refused for a step that the issue cannot take as it stands."""
    state, possible = issue.get_state_display().lower(), allowed(issue.state)
    if transition not in possible:
        way = f" It ships with {issue.release}: take it out of that first." if _waits(issue) else ""
        raise Refused(
            "transition",
            f"{issue} is {state}: {transition} is not possible. "
            f"Allowed: {', '.join(possible) or 'nothing'}.{way}",
        )
    if transition == "decline" and issue.release_id is not None:
        raise Refused("in_release", f"{issue} is part of {issue.release}: take it out of that first.")
    if owner is not None and issue.state == IssueState.ASSIGNED and issue.owner_id == owner.pk:
        raise Refused("assigned", f"{issue} is {owner}'s already.")


def _waits(issue: Issue) -> bool:
    return issue.state == IssueState.PLANNED and issue.release_id is not None
