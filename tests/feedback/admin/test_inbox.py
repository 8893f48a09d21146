"""The inbox: what it lists, in which order, how it is filtered and searched, what is done to many."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.admin.tickets.operations import OPERATIONS
from feedback.lifecycle import State
from feedback.models import Ticket
from feedback.similarity import index
from feedback.tickets import editing, merging, messaging
from operations.groups import ALL, SUPPORT, VIEWER
from operations.models import AuditEvent
from tests import builders
from tests.builders import ROOT
from tests.feedback import builders as made
from tests.feedback.admin.inbox import LIST, choose, confirm, operate, preview, text, titles

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def support() -> Client:
    return builders.signed_in(SUPPORT, "grace")


def due(ticket: Ticket, at: Any) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(due_at=at, respond_by=at)


def every_state() -> None:
    for state in State:
        made.a_ticket_in(state, title=state.value.capitalize())
    made.in_quarantine(title="Spam")


def test_the_worst_stand_first_and_of_these_the_oldest(support: Client) -> None:
    old = timezone.now() - 5 * HOUR
    made.a_ticket(title="New and high", severity="high")
    made.a_ticket(title="Old and low", severity="low", received_at=old)
    made.a_ticket(title="Old and high", severity="high", received_at=old)
    made.a_ticket(title="Critical", severity="critical")
    assert titles(support) == ["Critical", "Old and high", "New and high", "Old and low"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("", {"New", "Triaged", "Assigned", "In_progress", "Reopened", "The same"}),
        ("nonsense", {"New", "Triaged", "Assigned", "In_progress", "Reopened", "The same"}),
        ("resolved", {"Resolved", "Verified"}),
        ("closed", {"Closed"}),
        ("declined", {"Declined"}),
        ("duplicates", {"Duplicate"}),
        ("quarantine", {"Spam"}),
        ("all", {*(state.value.capitalize() for state in State), "The same"}),
    ],
)
def test_the_inbox_is_filtered_by_state(state: str, expected: set[str], support: Client) -> None:
    every_state()
    assert set(titles(support, **({"state": state} if state else {}))) == expected


def test_the_inbox_shows_what_is_owed_by_whom_and_what_waits(support: Client) -> None:
    grace = User.objects.get(username="grace")
    late, today = made.a_ticket(title="Late"), made.a_ticket(title="Today")
    made.a_ticket(title="Later")
    waiting = made.a_ticket(title="Waiting")
    midnight = timezone.localtime().replace(hour=23, minute=59, second=59)
    due(late, timezone.now() - HOUR)
    due(today, midnight)
    messaging.reply(waiting, actor=ROOT, body="Which browser?", waits=True)
    made.take(late, "assign", owner=grace)
    assert titles(support, state="overdue") == ["Late"]
    assert titles(support, state="today") == ["Today"]
    assert titles(support, state="waiting") == ["Waiting"]
    assert titles(support, state="mine") == titles(support, owner="me") == ["Late"]
    assert titles(support, state="unanswered") == ["Late", "Today", "Later"]
    assert titles(support, state="unassigned") == ["Today", "Later", "Waiting"]
    assert titles(support, owner="grace") == ["Late"]
    assert titles(support, owner="nobody") == ["Today", "Later", "Waiting"]
    page = support.get(reverse(LIST)).content.decode()
    assert "Answer: 1 h late" in page
    assert "Answer by 23:59" in page
    assert "Waits since today" in page


def test_the_inbox_is_filtered_by_links_from_everywhere(support: Client) -> None:
    plan = builders.a_plan(2)
    phase = plan.phases.first()
    assert phase is not None
    ticket = made.a_ticket(title="Linked", workspace="W00001", module=plan.module.key, feature_area="refills")
    made.a_ticket(title="Other", severity="low", category="feature_request", reporter_email="b@example.org")
    editing.edit(ticket, actor=ROOT, flag=builders.flag(), phase=phase, tags=["urgent"])
    for query in (
        {"workspace": "W00001"},
        {"module__id__exact": plan.module.pk},
        {"area": "refills"},
        {"flag": builders.flag().key},
        {"phase": phase.pk},
        {"tag": "urgent"},
        {"reporter": "pharmacist@example.org"},
        {"category__exact": "bug_report"},
        {"severity__exact": "medium"},
        {"source__exact": "api", "tag": "urgent"},
    ):
        assert titles(support, **query) == ["Linked"], query
    for query in (
        {"workspace": "W\x00"},
        {"phase": "x"},
        {"flag": "none"},
        {"tag": "\x00"},
        {"area": "none"},
    ):
        assert titles(support, **query) in ([], ["Linked", "Other"]), query


def test_a_reference_leads_straight_to_its_ticket_and_words_and_addresses_find_it(support: Client) -> None:
    ticket = made.a_ticket_in(State.CLOSED, title="Labels are blank", reporter_email="mary@example.org")
    made.a_ticket(title="Something else")
    index.index_new()
    for words in (ticket.reference, ticket.reference.lower(), f" {ticket.pk} "):
        answer = support.get(reverse(LIST), {"q": words})
        assert answer.headers["Location"] == reverse("admin:feedback_ticket_change", args=[ticket.pk])
    assert titles(support, q="blank label") == ["Labels are blank"]
    assert titles(support, q="mary@example.org") == ["Labels are blank"]
    assert titles(support, q="blank", state="open") == []
    assert titles(support, q="FB-99999") == []
    assert titles(support, q="' OR 1=1 --") == []


def test_the_list_shows_what_was_merged_and_what_seems_alike(support: Client) -> None:
    one, other = made.a_ticket(title="Kept"), made.a_ticket(title="Gone")
    merging.merge(other, one, actor=ROOT)
    page = support.get(reverse(LIST)).content.decode()
    assert "1 merged" in page
    assert "Gone" not in page


def test_markup_and_writing_from_right_to_left_are_shown_as_text(support: Client) -> None:
    evil = "<script>alert(1)</script>"
    hebrew = "התזכורות אינן נשלחות \u202etxt.exe"
    ticket = made.a_ticket(
        title=f"{evil} {hebrew}",
        description=f"{evil}<img src=x onerror=alert(1)>{{{{ 7*7 }}}}",
        steps=(evil, hebrew),
        expected_behavior=evil,
        feature_area=evil,
        reporter_name=evil,
        browser_info=evil,
    )
    editing.edit(ticket, actor=ROOT, tags=["<b>bold</b>"])
    messaging.note(ticket, actor=ROOT, body=evil)
    pages = [
        support.get(reverse(LIST)),
        preview(support, "triage", ticket),
        preview(support, "reply", ticket, text=evil),
        preview(support, "edit", ticket),
        preview(support, "merge-many", ticket, made.a_ticket()),
    ]
    for page in [text(support, ticket), *(page.content.decode() for page in pages)]:
        assert evil not in page
        assert "<img src=x" not in page
        assert "<b>bold" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text(support, ticket)
    assert hebrew in text(support, ticket)


@pytest.mark.parametrize("group", ALL)
def test_every_group_sees_the_inbox_and_is_offered_what_it_may_do(group: str) -> None:
    made.a_ticket()
    client = builders.signed_in(group)
    page = client.get(reverse(LIST)).content.decode()
    may = group != VIEWER
    assert "Reminders are not sent" in page
    for action in (
        "triage",
        "assign",
        "edit-many",
        "merge-many",
        "resolve",
        "decline",
        "close",
        "quarantine",
    ):
        assert (f'value="{action}"' in page) is may
    assert ('data-operation="triage"' in page) is may


def test_whoever_may_not_see_tickets_sees_none() -> None:
    user = User.objects.create_user("outsider", is_staff=True)
    client = Client()
    client.force_login(user)
    ticket = made.a_ticket()
    assert client.get(reverse(LIST)).status_code == 403
    assert client.get(reverse(LIST), {"q": ticket.reference}).status_code == 403
    assert client.get(operate("triage"), {"object": ticket.pk}).status_code == 403


def test_many_are_corrected_at_once_and_what_is_left_empty_stays(support: Client) -> None:
    one, two = (
        made.a_ticket(title="One", severity="low"),
        made.a_ticket(title="Two", category="usability_issue"),
    )
    editing.edit(one, actor=ROOT, tags=["old", "kept"])
    tickets = list(Ticket.objects.order_by("pk"))
    assert choose(support, "edit-many", tickets).status_code == 302
    confirm(support, "edit-many", *tickets, severity="high", add_tags="new", remove_tags="Old")
    one, two = Ticket.objects.get(pk=one.pk), Ticket.objects.get(pk=two.pk)
    assert (one.severity, two.severity) == ("high", "high")
    assert (one.category, two.category) == ("bug_report", "usability_issue")
    assert sorted(tag.name for tag in one.tags.all()) == ["kept", "new"]
    assert [tag.name for tag in two.tags.all()] == ["new"]
    assert "Choose what to change." in confirm(support, "edit-many", one, two)


def test_several_are_merged_into_the_worst_the_oldest_or_the_one_that_is_named(support: Client) -> None:
    old = made.a_ticket(title="Old", received_at=timezone.now() - HOUR)
    worst, third = made.a_ticket(title="Worst", severity="critical"), made.a_ticket(title="Third")
    chosen = (third, old, worst)
    assert preview(support, "merge-many", *chosen).content.decode().count(">stays</strong>") == 1
    for keep, stays in (("worst", worst), ("oldest", old), ("named", third)):
        into = third.reference if keep == "named" else ""
        confirm(support, "merge-many", *chosen, keep=keep, into=into, seen=f"keep={keep}&into={into}")
        merged = Ticket.objects.filter(merged_into=stays)
        assert set(merged) == {*chosen} - {stays}, keep
        for ticket in merged:
            merging.unmerge(ticket, actor=ROOT)
    assert "Name the ticket that stays." in confirm(support, "merge-many", *chosen, keep="named")


def test_hundreds_are_declined_in_one_go_and_what_was_refused_is_counted(support: Client) -> None:
    tickets = [made.a_ticket(title=f"{number}", reporter_email="") for number in range(52)]
    tickets[0] = made.take(tickets[0], "decline")
    page = support.get(reverse(LIST)).content.decode()
    assert "Select all 51 tickets" in page
    response = choose(support, "decline", tickets[1:51], select_across="1")
    assert response.status_code == 200
    assert "And 31 more tickets." in response.content.decode()
    said = confirm(support, "decline", *tickets, reason="Not ours")
    assert "Decline: 51 of 52 tickets." in said
    assert "is declined: decline is not possible. Allowed: close, reopen." in said
    assert Ticket.objects.filter(state=State.DECLINED).count() == 52
    assert AuditEvent.objects.filter(action="ticket.declined").count() == 52


def test_every_operation_on_many_takes_five_hundred() -> None:
    most = {operation.name: operation.most for operation in OPERATIONS if operation.on_list}
    assert set(most) >= {
        "triage",
        "assign",
        "edit-many",
        "merge-many",
        "resolve",
        "decline",
        "close",
        "quarantine",
    }
    assert set(most.values()) == {500}
