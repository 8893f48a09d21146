"""Bugs in a real browser: from a ticket to an issue on the board and to its fix, by keyboard, on a phone."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from releases.lifecycle import IssueState
from releases.models import Issue
from tests.e2e.barriers import barriers
from tests.feedback.builders import a_ticket
from tests.monitoring import alert_states
from tests.releases.issues import builders as made

Open = Callable[..., Page]

BOARD = "admin:releases_issue_board"
LIST = "admin:releases_issue_changelist"


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")


def page_of(issue: Issue) -> str:
    return reverse("admin:releases_issue_change", args=[issue.pk])


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_ticket_becomes_an_issue_that_is_triaged_and_fixed_from_the_board(
    scripts: bool, signed_in: Open, transactional_db: None
) -> None:
    made.the_module()
    ticket = a_ticket(module="patient_engagement", severity="high")
    page = signed_in(scripts=scripts)
    page.goto(reverse("admin:feedback_ticket_change", args=[ticket.pk]))
    page.get_by_role("link", name="Create issue").click()
    expect(page.get_by_text("It would be BUG-001")).to_be_visible()
    page.get_by_role("button", name="Create issue").click()
    expect(page.get_by_text("BUG-001 is raised from")).to_be_visible()
    page.get_by_role("region", name="Issue").get_by_role("link", name="BUG-001").click()
    page.locator(".op-page").get_by_role("link", name="Board").click()
    detected = page.get_by_role("region", name="Detected")
    expect(detected.get_by_text("1 ticket")).to_be_visible()
    detected.get_by_role("link", name="Triage: BUG-001").click()
    page.get_by_role("button", name="Triage").click()
    expect(page.get_by_text("BUG-001 is triaged: high.")).to_be_visible()
    page.locator(".op-page").get_by_role("link", name="Board").click()
    page.get_by_role("region", name="Triaged").get_by_role("link", name="Mark as fixed: BUG-001").click()
    expect(page.get_by_text("Afterwards")).to_be_visible()
    page.get_by_role("button", name="Mark as fixed").click()
    expect(page.get_by_text("BUG-001 is fixed: a release can bring it.")).to_be_visible()
    assert Issue.objects.get().state == IssueState.FIXED


def test_a_card_is_moved_by_keyboard_alone(signed_in: Open, transactional_db: None) -> None:
    made.an_issue("Refills are lost")
    page = signed_in()
    open_page(page, reverse(BOARD))
    page.get_by_role("link", name="Refills are lost").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Triage: BUG-001")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Take it: BUG-001")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("BUG-001 is yours now.")).to_be_visible()


@pytest.mark.parametrize("phone", [False, True], ids=["desktop, light", "phone, dark"])
def test_the_pages_have_no_barriers_and_stay_within_their_width(
    phone: bool, signed_in: Open, transactional_db: None
) -> None:
    for state in IssueState:
        made.an_issue_in(state, f"{'W' * 60} is {state}")
    ticket, alert = a_ticket(title="x" * 190), alert_states.raised()
    issue = made.an_issue("Refills are lost", description="x" * 500, tickets=[ticket], alerts=[alert])
    page = signed_in(phone=phone, dark=phone)
    for address in (
        reverse(BOARD),
        reverse(LIST),
        page_of(issue),
        reverse("admin:releases_issue_operate", args=["triage"]) + f"?object={issue.pk}",
        reverse("admin:releases_issue_operate", args=["raise"]),
        reverse("admin:feedback_ticket_change", args=[ticket.pk]),
    ):
        open_page(page, address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        assert barriers(page) == [], address
