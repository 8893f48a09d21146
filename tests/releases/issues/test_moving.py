"""An issue's life: each step from each state, what it asks for, and what corrections leave."""

import re
from datetime import date

import pytest

from operations.errors import Forbidden, Invalid, Refused
from releases import releases
from releases.issues import editing, moving, shipping
from releases.lifecycle import ISSUE_TRANSITIONS, IssueState, allowed
from releases.models import Issue
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.doors import events_after, every_row, last_event
from tests.releases.issues.builders import (
    a_release,
    a_worker,
    an_issue,
    an_issue_in,
    now,
    step,
    the_module,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [*IssueState])
def test_every_step_is_taken_or_refused_with_what_is_allowed(state: IssueState) -> None:
    issue = an_issue_in(state)
    for transition in ISSUE_TRANSITIONS:
        given = {"owner": a_worker("henry")} if transition == "assign" else {}
        if transition in allowed(state):
            last = last_event()
            before = every_row() if transition == "fix" else None
            seen = step(issue, transition, dry_run=True, **given)
            assert seen.state == ISSUE_TRANSITIONS[transition].target
            if before:
                assert every_row() == before
            assert now(issue).state == state
            assert events_after(last) == []
        else:
            with pytest.raises(Refused) as refusal:
                step(issue, transition, **given)
            named = re.search(r"Allowed: (.*?)\.", refusal.value.message)
            assert named is not None
            assert named[1] == (", ".join(allowed(state)) or "nothing")


def test_the_whole_way_leaves_one_event_a_step_and_its_times() -> None:
    issue, last = an_issue(), last_event()
    for transition in ("triage", "assign", "start", "fix"):
        issue = step(issue, transition)
    release = a_release(issue)
    shipping.deployed(release, actor=ROOT)
    issue = step(issue, "verify")
    assert issue.state == IssueState.VERIFIED
    times = [issue.detected_at, issue.fixed_at, issue.deployed_at]
    assert times == sorted(filter(None, times))
    assert len(set(times)) == 3
    told = [event.action for event in events_after(last) if event.subject == "BUG-001"]
    assert told == [
        "issue.triaged",
        "issue.assigned",
        "issue.started",
        "issue.fixed",
        "issue.planned",
        "issue.deployed",
        "issue.verified",
    ]
    assert issue.version == 8


def test_declining_and_reopening_ask_for_a_reason_and_assigning_for_somebody_who_may() -> None:
    issue, viewer = an_issue(), builders.a_person("vera", group="Viewer")
    for transition, given, field in (
        ("decline", {}, "reason"),
        ("decline", {"reason": "x" * 501}, "reason"),
        ("triage", {"reason": "a\0"}, "reason"),
        ("assign", {}, "owner"),
        ("assign", {"owner": viewer}, "owner"),
        ("triage", {"owner": a_worker()}, "owner"),
        ("fly", {}, "transition"),
    ):
        with pytest.raises(Invalid) as fault:
            step(issue, transition, **{"reason": "", "owner": None, **given})
        assert list(fault.value.fields) == [field]
    with pytest.raises(Forbidden):
        moving.move(issue, "triage", actor=builders.acting(viewer))


def test_who_begins_on_what_nobody_owns_owns_it() -> None:
    grace = a_worker()
    issue = moving.move(an_issue_in(IssueState.TRIAGED), "start", actor=builders.acting(grace))
    assert issue.owner == grace


def test_an_issue_is_not_given_twice_to_the_same_person() -> None:
    issue = an_issue_in(IssueState.ASSIGNED)
    with pytest.raises(Refused, match="is grace's already"):
        step(issue, "assign")
    assert step(issue, "assign", owner=a_worker("henry")).owner == a_worker("henry")


def test_what_is_fixed_within_an_open_release_is_planned_at_once() -> None:
    issue = an_issue_in(IssueState.IN_DEVELOPMENT)
    release = a_release(issue)
    assert now(issue).state == IssueState.IN_DEVELOPMENT
    assert moving.target_of(now(issue), "fix") == IssueState.PLANNED
    assert step(issue, "fix").state == IssueState.PLANNED
    with pytest.raises(Refused, match=f"It ships with {release}: take it out of that first"):
        step(issue, "reopen")
    releases.remove_issues(release, [issue], actor=ROOT)
    assert (now(issue).state, now(issue).release) == (IssueState.FIXED, None)


def test_what_a_release_holds_is_not_declined() -> None:
    issue = an_issue_in(IssueState.TRIAGED)
    a_release(issue)
    with pytest.raises(Refused, match="take it out of that first"):
        step(issue, "decline")


@pytest.mark.parametrize("state", [IssueState.DEPLOYED, IssueState.VERIFIED])
def test_what_is_reopened_is_free_for_another_release(state: IssueState) -> None:
    issue = step(an_issue_in(state), "reopen")
    assert (issue.state, issue.release, issue.fixed_at, issue.deployed_at) == (
        IssueState.TRIAGED,
        None,
        None,
        None,
    )
    assert issue.releases.count() == 1
    step(issue, "fix")
    a_release(issue)
    assert now(issue).state == IssueState.PLANNED


def test_a_step_on_an_old_picture_is_refused() -> None:
    issue = an_issue()
    step(issue, "triage", version=1)
    with pytest.raises(Refused, match="was changed since you saw it"):
        step(issue, "start", version=1)


def test_an_edit_changes_what_is_given_and_tells_all_but_texts() -> None:
    issue, grace, last = an_issue(severity="low"), a_worker(), last_event()
    done = editing.edit(
        issue,
        actor=ROOT,
        title="Reminders for 943 476 5919 come twice",
        severity="critical",
        owner=grace,
        estimate_hours=3,
        due_on=date(2026, 4, 1),
    )
    assert (done.title, now(issue).rank) == ("Reminders for [NHS number] come twice", 1)
    [event] = events_after(last)
    assert (event.action, event.data) == (
        "issue.edited",
        {
            "title": "changed",
            "severity": ["low", "critical"],
            "owner": ["none", "grace"],
            "estimate_hours": ["none", "3.0"],
            "due_on": ["none", "2026-04-01"],
        },
    )
    with pytest.raises(Refused, match="is like that already"):
        editing.edit(issue, actor=ROOT, severity="critical")
    with pytest.raises(Invalid, match="state: cannot be set"):
        editing.edit(issue, actor=ROOT, state="deployed")


def test_an_edits_dry_run_writes_nothing() -> None:
    issue = an_issue()
    before = every_row()
    assert editing.edit(issue, actor=ROOT, severity="high", dry_run=True).severity == "high"
    assert every_row() == before


def test_an_issue_stays_in_the_module_that_its_release_is_of() -> None:
    issue, other = an_issue_in(IssueState.FIXED), the_module("health_management")
    assert editing.edit(issue, actor=ROOT, module=other).module == other
    a_release(now(issue))
    with pytest.raises(Refused, match="it stays there"):
        editing.edit(issue, actor=ROOT, module=the_module())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_steps_from_one_page_one_wins_and_the_other_hears_of_it() -> None:
    issue = an_issue()
    found = at_once(
        lambda: moving.move(issue, "triage", actor=ROOT, version=1),
        lambda: moving.move(issue, "decline", actor=ROOT, version=1, reason="No bug"),
    )
    assert [each.code for each in found if isinstance(each, Refused)] == ["changed"]
    assert Issue.objects.get().version == 2
