"""Impact is counted: distinct workspaces and people, duplicates with their wish, spam never."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback.models import Ticket
from feedback.planning import counting, gathering, plan
from feedback.planning.ranking import Everybody, Evidence
from feedback.planning.wishes import Range
from feedback.tickets import merging, quarantining
from rollout.models import Member
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, take
from tests.feedback.planning import worlds
from tests.feedback.planning.worlds import a_wish, a_workspace, an_enhancement

pytestmark = pytest.mark.django_db

EVER = Range()


def evidence_of(name: str, found: Range = EVER) -> Evidence:
    lines = {line.name: line for line in plan.draw_up(found).enhancements}
    return lines[name].evidence


def test_a_workspace_and_a_person_count_once_however_many_tickets_they_send() -> None:
    a_workspace("W1", "ada", "grace")
    a_workspace("W2", "grace", "unnamed:pharmacist")
    wishes = [a_wish(workspace=workspace) for workspace in ("W1", "W1", "W2")]
    an_enhancement("Apps", *wishes)
    found = evidence_of("Apps")
    assert (found.tickets, found.workspaces, found.users) == (3, 2, 3)


def test_former_members_are_no_users() -> None:
    a_workspace("W1", "ada", "grace")
    Member.objects.filter(member="grace").update(active=False)
    an_enhancement("Apps", a_wish(workspace="W1"))
    assert evidence_of("Apps").users == 1


def test_people_without_a_workspace_count_by_mail_address_else_by_name() -> None:
    said: tuple[dict[str, str], ...] = (
        {"reporter_email": "Ada@example.org"},
        {"reporter_email": "ada@example.org"},
        {"reporter_name": "Ada"},
        {},
    )
    an_enhancement("Apps", *(a_wish(**each) for each in said))
    found = evidence_of("Apps")
    assert (found.reporters, found.users, found.workspaces, found.anonymous) == (2, 2, 0, 1)


def test_duplicates_count_with_the_wish_they_were_merged_into() -> None:
    for pk in ("W1", "W2", "W3"):
        a_workspace(pk, "unnamed:pharmacist")
    wish, other = a_wish(workspace="W1"), a_wish("Offline", workspace="W3")
    an_enhancement("Apps", wish)
    an_enhancement("Offline", other)
    merging.merge(a_wish(workspace="W2"), wish, actor=ROOT)
    # What it was called before, and where it was, does not matter.
    bug = a_ticket(workspace="W1", category="bug_report")
    merging.merge(bug, wish, actor=ROOT)
    assert (evidence_of("Apps").tickets, evidence_of("Apps").workspaces) == (3, 2)
    merging.merge(other, wish, actor=ROOT)
    assert (evidence_of("Apps").tickets, evidence_of("Apps").workspaces) == (4, 3)
    assert evidence_of("Offline") == Evidence()
    merging.unmerge(other, actor=ROOT)
    assert evidence_of("Offline").workspaces == 1


def test_spam_and_what_is_settled_count_nowhere() -> None:
    a_workspace("W1", "unnamed:pharmacist")
    wishes = [a_wish(f"Wish {n}", workspace="W1") for n in range(4)]
    an_enhancement("Apps", *wishes)
    take(wishes[0], "decline")
    take(take(wishes[1], "triage"), "resolve")
    quarantining.quarantine(wishes[2], actor=ROOT, reason="spam")
    assert evidence_of("Apps").tickets == 1
    found = plan.draw_up(EVER).counts
    assert (found.received, found.grouped, found.settled, found.quarantined) == (3, 1, 2, 1)


def test_what_turned_out_to_be_no_feature_request_counts_no_longer() -> None:
    wish = a_wish(workspace="")
    an_enhancement("Apps", wish)
    Ticket.objects.filter(pk=wish.pk).update(category="bug_report")
    assert evidence_of("Apps").tickets == 0


def test_a_module_and_days_leave_out_enhancements_that_nobody_asked_for_there_and_then() -> None:
    builders.modules()
    old = datetime(2026, 1, 10, 12, tzinfo=UTC)
    an_enhancement("Apps", a_wish(module="patient_engagement", received_at=old))
    an_enhancement("Reports", a_wish("Reports"))
    assert [line.name for line in plan.draw_up(EVER).enhancements] == ["Apps", "Reports"]
    of_module = plan.draw_up(Range(module=builders.module()))
    assert [line.name for line in of_module.enhancements] == ["Apps"]
    recent = plan.draw_up(Range(since=date(2026, 1, 11)))
    assert [line.name for line in recent.enhancements] == ["Reports"]
    exactly = plan.draw_up(Range(since=date(2026, 1, 10), until=date(2026, 1, 10)))
    assert [line.name for line in exactly.enhancements] == ["Apps"]


def test_an_old_wish_counts_with_the_new_voice_that_was_merged_into_it() -> None:
    old = datetime(2026, 1, 10, 12, tzinfo=UTC)
    grouped, alone = a_wish(received_at=old), a_wish("Reports", received_at=old)
    an_enhancement("Apps", grouped)
    for wish in (grouped, alone):
        merging.merge(a_wish("The same", reporter_name="Ada"), wish, actor=ROOT)
    recent = plan.draw_up(Range(since=date(2026, 6, 1)))
    assert [line.evidence.tickets for line in recent.enhancements] == [1]
    assert [(line.name, line.evidence.reporters) for line in recent.proposals] == [("Reports", 1)]


def test_everybody_is_whom_the_module_is_for() -> None:
    plan_row = builders.a_plan(eligible=3)
    a_workspace("lonely", "ada", "grace")
    builders.workspaces(["gone"], status="cancelled")
    assert counting.everybody(None) == Everybody(5, 6)
    assert counting.everybody(plan_row.module) == Everybody(4, 5)
    assert counting.everybody(builders.module("health_management")) == Everybody(5, 6)


@pytest.mark.parametrize("seed", range(2))
def test_the_counts_are_those_of_a_count_ticket_by_ticket(seed: int) -> None:
    builders.modules()
    dice = random.Random(seed)
    for number in range(8):
        members = dice.sample(
            ["ada", "grace", "joan", "unnamed:pharmacist", "unnamed:nurse"], dice.randint(0, 4)
        )
        a_workspace(f"W{number}", *members)
    Member.objects.filter(member="joan", workspace="W1").update(active=False)
    rows = [an_enhancement(f"Enhancement {number}") for number in range(3)]
    tickets = [
        a_wish(
            f"Wish {number}",
            category=dice.choice(["feature_request"] * 5 + ["bug_report"]),
            workspace=dice.choice(["", f"W{dice.randrange(8)}"]),
            module=dice.choice(["", "patient_engagement"]),
            reporter_email=dice.choice(["", f"Person{dice.randrange(4)}@example.org"]),
            reporter_name=dice.choice(["", "Ada  Lovelace", "ada lovelace"]),
            received_at=datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=dice.randrange(60)),
        )
        for number in range(45)
    ]
    for row in rows:
        inside = [
            ticket for ticket in tickets if ticket.category == "feature_request" and dice.random() < 0.3
        ]
        gathering.gather(row, inside, actor=ROOT)
    for number in range(0, 24, 2):
        merging.merge(tickets[number], tickets[number + 1], actor=ROOT)
    for ticket in dice.sample(tickets[24:], 8):
        dice.choice(
            [lambda t: take(t, "decline"), lambda t: quarantining.quarantine(t, actor=ROOT, reason="x")]
        )(ticket)
    ranges = (EVER, Range(builders.module()), Range(since=date(2026, 3, 20), until=date(2026, 4, 10)))
    for found in ranges:
        drawn = plan.draw_up(found)
        shown = {line.enhancement: line.evidence for line in drawn.enhancements}
        for row in rows:
            wanted = worlds.counted_one_by_one(worlds.voices_for(found, enhancement_id=row.pk))
            assert shown.get(row, Evidence()) == wanted
        for line in drawn.proposals:
            (wish,) = line.wishes
            assert line.evidence == worlds.counted_one_by_one(
                [each for each in worlds.voices_for(found) if wish.pk in (each.pk, each.merged_into_id)]
            )
        alone = {t.merged_into_id or t.pk for t in worlds.voices_for(found, enhancement_id=None)}
        assert {line.wishes[0].pk for line in drawn.proposals} == alone


def test_the_queries_do_not_grow_with_the_plan() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            plan.draw_up(EVER)
        return len(caught)

    an_enhancement("Apps", a_wish(workspace=a_workspace("W", "ada").pk))
    a_wish("Alone")
    few = queries()
    for number in range(6):
        a_workspace(f"W{number}", "ada")
        an_enhancement(f"Apps {number}", a_wish(workspace=f"W{number}"), a_wish("Another"))
        a_wish(f"Alone {number}")
    assert queries() == few <= 15
