"""What becomes of issues, and of their tickets, with the release that brings the fix."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback.lifecycle import DONE, OPEN, State
from feedback.models import Ticket
from feedback.tickets import merging, quarantining
from operations.errors import Refused
from releases import releases
from releases.issues import shipping
from releases.lifecycle import IssueState
from releases.models import Issue, Release
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, a_ticket_in, mails, take
from tests.releases.issues.builders import a_release, an_issue, an_issue_in, now, step, the_module

pytestmark = pytest.mark.django_db


def shipped(*tickets: Ticket, version: str = "1.0.2") -> tuple[Issue, Release]:
    """A fixed issue with these tickets, in a release of its own."""
    issue = an_issue(tickets=tickets)
    for transition in ("triage", "fix"):
        issue = step(issue, transition)
    return issue, a_release(issue, version=version)


def out(version: str = "1.0.2") -> int:
    """How many mails say that the fix is out in this version."""
    return sum(f"is fixed in version {version}, which is out now" in mail for mail in mails())


def state_of(ticket: Ticket) -> tuple[str, str]:
    found = Ticket.objects.get(pk=ticket.pk)
    return found.state, found.fixed_in


def test_a_release_plans_what_is_fixed_and_takes_the_rest_along() -> None:
    fixed, begun = an_issue_in(IssueState.FIXED), an_issue_in(IssueState.IN_DEVELOPMENT)
    release = a_release(fixed, begun)
    assert [(now(issue).state, now(issue).release) for issue in (fixed, begun)] == [
        (IssueState.PLANNED, release),
        (IssueState.IN_DEVELOPMENT, release),
    ]
    assert shipping.plan([fixed, begun], release, actor=ROOT) == ()
    assert shipping.drop([fixed, begun], release, actor=ROOT) == (str(fixed), str(begun))
    assert [(now(issue).state, now(issue).release) for issue in (fixed, begun)] == [
        (IssueState.FIXED, None),
        (IssueState.IN_DEVELOPMENT, None),
    ]


def test_what_nobody_confirmed_and_what_is_elsewhere_is_not_planned() -> None:
    planned, release = an_issue_in(IssueState.PLANNED), a_release(an_issue_in(IssueState.FIXED))
    other = an_issue_in(IssueState.FIXED, module=the_module("health_management"))
    for issue, code in (
        (an_issue(), "not_confirmed"),
        (an_issue_in(IssueState.DECLINED), "not_confirmed"),
        (planned, "in_release"),
        (other, "module"),
    ):
        with pytest.raises(Refused) as refusal:
            shipping.plan([issue], release, actor=ROOT)
        assert refusal.value.code == code


def test_a_release_that_is_out_deploys_its_planned_issues_once() -> None:
    issue, release = shipped()
    begun = an_issue_in(IssueState.IN_DEVELOPMENT)
    shipping.plan([begun], release, actor=ROOT)
    assert shipping.deployed(release, actor=ROOT).issues == (str(issue),)
    assert now(issue).state == IssueState.DEPLOYED
    assert now(begun).state == IssueState.IN_DEVELOPMENT
    first = now(issue).deployed_at
    assert shipping.deployed(release, actor=ROOT) == shipping.Shipped()
    assert now(issue).deployed_at == first


@pytest.mark.parametrize("state", OPEN)
def test_an_open_ticket_is_resolved_and_its_reporter_told(state: State) -> None:
    ticket = a_ticket_in(state)
    _, release = shipped(ticket)
    already = len(mails())
    found = shipping.deployed(release, actor=ROOT)
    assert (found.told, found.refused, found.waiting) == ((ticket.reference,), {}, {})
    assert state_of(ticket) == (State.RESOLVED, "1.0.2")
    # One mail, that the fix is out: none beside it, that it is done.
    assert (out(), len(mails())) == (1, already + 1)


@pytest.mark.parametrize("state", DONE)
def test_a_ticket_that_is_done_is_told_of_as_it_stands(state: State) -> None:
    ticket = a_ticket_in(state)
    _, release = shipped(ticket)
    already = len(mails())
    assert shipping.deployed(release, actor=ROOT).told == (ticket.reference,)
    assert state_of(ticket) == (state, "1.0.2")
    assert (out(), len(mails())) == (1, already + 1)


def test_a_reporter_hears_once_of_a_version_and_again_of_the_next() -> None:
    ticket = a_ticket()
    issue, release = shipped(ticket)
    shipping.deployed(release, actor=ROOT)
    shipping.taken_back(release, actor=ROOT)
    already = len(mails())
    shipping.plan([issue], release, actor=ROOT)
    assert shipping.deployed(release, actor=ROOT).told == ()
    assert len(mails()) == already
    shipping.taken_back(release, actor=ROOT)
    shipping.deployed(a_release(issue, version="1.0.3"), actor=ROOT)
    assert (out("1.0.2"), out("1.0.3"), len(mails())) == (1, 1, already + 1)


def test_the_reporter_of_a_merged_ticket_hears_with_the_one_it_was_merged_into() -> None:
    merged, into = a_ticket(reporter_email="a@example.org"), a_ticket(reporter_email="b@example.org")
    _, release = shipped(merged)
    merging.merge(merged, into, actor=ROOT)
    assert shipping.deployed(release, actor=ROOT).told == (into.reference,)
    assert (state_of(merged)[0], state_of(into)) == (State.DUPLICATE, (State.RESOLVED, "1.0.2"))
    assert out() == 2


def test_a_ticket_that_refuses_is_named_and_holds_up_no_other() -> None:
    declined, fine, spam = a_ticket(), a_ticket(), a_ticket()
    issue, release = shipped(declined, spam, fine)
    take(declined, "decline")
    quarantining.quarantine(spam, actor=ROOT, reason="Looks like spam")
    found = shipping.deployed(release, actor=ROOT)
    assert found.told == (fine.reference,)
    assert found.refused == {
        declined.reference: f"{declined} is declined, not resolved: there is no fix yet.",
        spam.reference: f"{spam} is in quarantine: nobody is told.",
    }
    assert now(issue).state == IssueState.DEPLOYED


def test_a_ticket_of_two_bugs_waits_for_the_second() -> None:
    ticket = a_ticket()
    _, first = shipped(ticket)
    issue, second = shipped(ticket, version="1.0.3")
    found = shipping.deployed(first, actor=ROOT)
    assert (found.told, found.waiting) == ((), {ticket.reference: str(issue)})
    assert state_of(ticket)[0] == State.NEW
    assert shipping.deployed(second, actor=ROOT).told == (ticket.reference,)


def test_reporters_are_told_whoever_deployed() -> None:
    ticket = a_ticket()
    _, release = shipped(ticket)
    manager = builders.acting(builders.a_person("rosa", group="Release manager"))
    assert shipping.deployed(release, actor=manager).told == (ticket.reference,)
    event = ticket.events.get(kind="fixed")
    assert event.by == "beat:release-deployed (admin:rosa)"


@pytest.mark.parametrize("state", [IssueState.PLANNED, IssueState.DEPLOYED, IssueState.VERIFIED])
def test_a_release_that_is_taken_back_leaves_its_issues_fixed_and_free(state: IssueState) -> None:
    issue = an_issue_in(state)
    release: Any = issue.release
    assert shipping.taken_back(release, actor=ROOT) == (str(issue),)
    found = now(issue)
    assert (found.state, found.release, found.deployed_at) == (IssueState.FIXED, None, None)
    assert found.fixed_at == issue.fixed_at
    assert list(found.releases.all()) == [release]
    releases.create("1.0.9", [found], actor=ROOT)
    assert now(issue).state == IssueState.PLANNED


def test_many_issues_are_written_in_one_statement() -> None:
    release = a_release(*(an_issue_in(IssueState.FIXED) for _ in range(4)))
    with CaptureQueriesContext(connection) as queries:
        shipping.deployed(release, actor=ROOT)
    written = [query["sql"].split()[:3] for query in queries]
    for statement in (["UPDATE", '"releases_issue"', "SET"], ["INSERT", "INTO", '"operations_auditevent"']):
        assert written.count(statement) == 1
