"""Issues in the admin: the list, the board, an issue's page, and what is done from tickets and alerts."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from feedback.models import Ticket
from monitoring.models import Alert
from releases.issues import editing, moving
from releases.lifecycle import ISSUE_TRANSITIONS, IssueState, allowed
from releases.models import Issue
from tests import builders
from tests.builders import ROOT
from tests.doors import events_after, every_row, last_event
from tests.feedback.builders import a_ticket
from tests.monitoring import alert_states
from tests.releases.issues.builders import (
    a_release,
    a_worker,
    an_issue,
    an_issue_in,
    many,
    now,
    step,
    the_module,
)
from tests.releases.issues.pages import BOARD, LIST, confirm, operation, page_of, said, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def support() -> Client:
    return builders.signed_in("Support")


@pytest.mark.parametrize("state", [*IssueState])
def test_every_step_through_the_admin_does_what_the_verb_does(state: IssueState, support: Client) -> None:
    henry = a_worker("henry")
    for transition in ISSUE_TRANSITIONS:
        issue, twin = an_issue_in(state), an_issue_in(state)
        inputs: dict[str, Any] = {"reason": "for the test"} if transition in moving.NEEDS_REASON else {}
        owner = henry if transition == "assign" else None
        inputs |= {"owner": henry.pk} if owner else {}
        last = last_event()
        # What the page looks like is another test's subject, and most of its time.
        with patch.object(SimpleTemplateResponse, "rendered_content", ""):
            answer = confirm(support, transition, issue, **inputs)
        if transition not in allowed(state):
            assert answer.status_code == 200
            assert "is not possible" in said(answer)
            assert events_after(last) == []
            continue
        assert answer.status_code == 302, said(answer)
        assert answer["Location"] == page_of(issue)
        [event] = events_after(last)
        assert (event.action, event.who) == (f"issue.{moving.PAST[transition]}", "admin:ada")
        actor = builders.acting(User.objects.get(username="ada"))
        moving.move(twin, transition, actor=actor, reason=inputs.get("reason", ""), owner=owner)
        assert facts(issue) == facts(twin)


def facts(issue: Issue) -> dict[str, Any]:
    """An issue's row without its number and its times."""
    found = Issue.objects.get(pk=issue.pk)
    times = ("fixed_at", "deployed_at")
    names = ("state", "owner_id", "severity", "title", "version", "module_id")
    row = {name: getattr(found, name) for name in names}
    # Each planned one has a release of its own.
    row |= {"release": found.release_id is not None}
    return row | {name: getattr(found, name) is not None for name in times}


def test_a_step_is_shown_with_what_it_leads_to_and_changes_nothing_until_confirmed(support: Client) -> None:
    issue = an_issue_in(IssueState.IN_DEVELOPMENT)
    release = a_release(issue)
    before = every_row()
    page = support.get(operation("fix"), {"object": issue.pk})
    assert f"Planned: it is part of {release}" in shown(page)
    page = support.get(operation("verify"), {"object": issue.pk})
    assert "verify is not possible" in shown(page)
    # A session's own row is not the issue's.
    assert {name: rows for name, rows in every_row().items() if not name.startswith("sessions")} == {
        name: rows for name, rows in before.items() if not name.startswith("sessions")
    }


def test_an_issue_is_raised_shown_and_edited_by_hand(support: Client) -> None:
    module = the_module()
    given: dict[str, Any] = {
        "title": "Refills are lost",
        "module": module.pk,
        "severity": "high",
        "estimate_hours": "1.5",
    }
    page = support.post(operation("raise"), {**given, "_preview": "1"})
    assert "It would be BUG-001 : Refills are lost" in shown(page)
    assert not Issue.objects.exists()
    assert said(support.post(operation("raise"), given)).startswith("BUG-001 is raised")
    issue = Issue.objects.get()
    words = shown(support.get(page_of(issue)))
    assert "Refills are lost" in words
    assert "1.5 h" in words
    assert "raised by ada" in words
    edited = {**given, "title": "All refills are lost", "severity": "critical", "estimate_hours": ""}
    assert confirm(support, "edit", issue, **edited).status_code == 302
    assert (now(issue).title, now(issue).estimate_hours) == ("All refills are lost", None)
    assert "severity high → critical" in shown(support.get(page_of(issue)))
    assert "was changed since you saw it" in said(confirm(support, "edit", issue, **edited))


def test_many_are_triaged_given_and_edited_together(support: Client) -> None:
    issues = [an_issue(f"Bug {number}") for number in range(3)]
    chosen = support.post(
        reverse(LIST), {"action": "triage", "_selected_action": [each.pk for each in issues]}
    )
    assert chosen["Location"].startswith(operation("triage"))
    assert "detected → triaged" in shown(support.get(chosen["Location"]))
    assert confirm(support, "triage", *issues, severity="high").status_code == 302
    found = list(Issue.objects.all())
    assert {(issue.state, issue.severity) for issue in found} == {("triaged", "high")}
    grace = a_worker()
    confirm(support, "assign", *found, owner=grace.pk)
    confirm(support, "edit-many", *Issue.objects.all(), severity="low")
    assert {(issue.owner, issue.severity) for issue in Issue.objects.all()} == {(grace, "low")}


def test_the_list_shows_open_ones_the_worst_first_and_finds_others(support: Client) -> None:
    low, bad = an_issue("Small", severity="low"), an_issue("Terrible", severity="critical")
    over = an_issue_in(IssueState.DEPLOYED, "Long gone")
    words = shown(support.get(reverse(LIST)))
    assert words.index("Terrible") < words.index("Small")
    assert "Long gone" not in words
    assert "Long gone" in shown(support.get(reverse(LIST), {"q": "gone long"}))
    assert "Long gone" in shown(support.get(reverse(LIST), {"state": "deployed"}))
    assert "Long gone" in shown(support.get(reverse(LIST), {"state": "all", "release": over.release.version}))  # type: ignore[union-attr]
    assert support.get(reverse(LIST), {"q": "bug-2"})["Location"] == page_of(bad)
    editing.edit(low, actor=ROOT, due_on=timezone.localdate() - timedelta(days=3))
    for asked in ({"state": "overdue"}, {"due": "late"}, {"due": "week", "state": "all"}):
        found = shown(support.get(reverse(LIST), asked))
        assert ("Small" in found) == ("week" not in asked.values())
        assert "Terrible" not in found
    assert "3 d late" in shown(support.get(reverse(LIST)))


@pytest.mark.parametrize("name", ["state", "owner", "module", "release", "due", "q"])
def test_odd_words_in_the_address_break_no_list(name: str, support: Client) -> None:
    an_issue()
    for value in ("a\0b", "'", "9" * 30, "☃"):
        assert support.get(reverse(LIST), {name: value}).status_code == 200
        assert support.get(reverse(BOARD), {name: value}).status_code == 200


def test_the_board_has_a_column_for_each_state_with_its_count_and_first_cards(support: Client) -> None:
    for state in IssueState:
        an_issue_in(state, f"One that is {state}", severity="high")
    for number in range(22):
        an_issue(f"New {number}", tickets=[a_ticket()] if not number else [])
    answer = support.get(reverse(BOARD))
    counts = {column.state: column.count for column in answer.context["columns"]}
    assert counts == {state: 23 if state == "detected" else 1 for state in IssueState if state != "declined"}
    detected = answer.context["columns"][0]
    assert (detected.cards[0]["issue"].title, len(detected.cards), detected.more) == (
        "One that is detected",
        20,
        3,
    )
    words = shown(answer)
    assert "3 more" in words
    assert "1 ticket" in words
    assert "One that is declined" not in words
    assert f'href="{operation("start")}?object=' in answer.content.decode()


def test_the_board_is_narrowed_by_module_severity_and_owner(support: Client) -> None:
    an_issue("Alpha fails", owner=User.objects.get(username="ada"), severity="high")
    an_issue("Beta fails", module=the_module("health_management"))
    for asked, title in (
        ({"owner": "me"}, "Alpha fails"),
        ({"severity": "high"}, "Alpha fails"),
        ({"owner": "nobody"}, "Beta fails"),
        ({"module": "health_management"}, "Beta fails"),
    ):
        answer = support.get(reverse(BOARD), asked)
        cards = [card["issue"].title for column in answer.context["columns"] for card in column.cards]
        assert cards == [title]
        # The list behind a column shows the same.
        listed = shown(support.get(answer.context["columns"][0].url))
        assert [each for each in ("Alpha fails", "Beta fails") if each in listed] == [title]


def test_what_a_person_wrote_is_text_on_every_page(support: Client) -> None:
    evil = "<img src=x onerror=alert(1)>"
    ticket = a_ticket(title=evil)
    issue = an_issue(evil, description=evil, tickets=[ticket])
    for address in (
        page_of(issue),
        reverse(LIST),
        reverse(BOARD),
        f"{operation('triage')}?object={issue.pk}",
    ):
        assert evil not in support.get(address).content.decode()


GROUPS = [
    "Viewer",
    "Support",
    "Product manager",
    "Release manager",
    "Administrator",
    "Development lead",
    "CTO",
]


@pytest.mark.parametrize("group", GROUPS)
def test_every_page_opens_for_every_group_and_offers_what_it_may(group: str) -> None:
    issue = an_issue(tickets=[a_ticket()], alerts=[alert_states.raised()])
    client = builders.signed_in(group, "eve")
    may = User.objects.get(username="eve").has_perm("releases.change_issue")
    for address in (reverse(LIST), reverse(BOARD), page_of(issue)):
        answer = client.get(address)
        assert answer.status_code == 200
        if address != reverse(LIST):
            assert (operation("triage") in answer.content.decode()) == may
    assert client.get(operation("triage"), {"object": issue.pk}).status_code == (200 if may else 403)
    # Its story, with the whole trail or without.
    assert "Raised" in shown(client.get(page_of(issue)))


def newest(model: type[Model]) -> int:
    return int(model._default_manager.latest("pk").pk)


PAGES: dict[str, Callable[[], str]] = {
    "list": lambda: reverse(LIST),
    "board": lambda: reverse(BOARD),
    "issue": lambda: reverse("admin:releases_issue_change", args=[newest(Issue)]),
    "triage": lambda: f"{operation('triage')}?object={newest(Issue)}",
    "ticket": lambda: reverse("admin:feedback_ticket_change", args=[newest(Ticket)]),
    "from ticket": lambda: f"{operation('create-issue', 'feedback_ticket')}?object={newest(Ticket)}",
    "alert": lambda: reverse("admin:monitoring_alert_change", args=[newest(Alert)]),
    "from alert": lambda: f"{operation('create-issue', 'monitoring_alert')}?object={newest(Alert)}",
}


def test_every_page_makes_the_same_number_of_queries_whatever_the_rows() -> None:
    client = builders.signed_in("Administrator")

    def counted() -> dict[str, int]:
        found = {}
        for name, address in PAGES.items():
            client.get(address())
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address()).status_code == 200
            found[name] = sum("SAVEPOINT" not in query["sql"] for query in queries)
        return found

    many(1)
    few = counted()
    many(2)
    assert counted() == few
    assert {name: count for name, count in few.items() if count >= 20} == {}, json.dumps(few)


def test_a_step_that_comes_late_is_refused(support: Client) -> None:
    issue = an_issue()
    step(issue, "triage")
    assert "was changed since you saw it" in said(confirm(support, "start", issue))
