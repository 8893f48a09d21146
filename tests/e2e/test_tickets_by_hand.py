"""The support team in a real browser: a ticket's whole way, by keyboard, on a phone, without scripts."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from feedback.lifecycle import State
from feedback.models import CannedReply, Ticket
from feedback.similarity import index, likeness
from feedback.tickets import messaging
from tests import builders
from tests.builders import ROOT
from tests.feedback import builders as made

Open = Callable[..., Page]

INBOX = "admin:feedback_ticket_changelist"


def open_ticket(page: Page, ticket: Ticket) -> None:
    page.goto(reverse("admin:feedback_ticket_change", args=[ticket.pk]))


def now(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def alike() -> tuple[Ticket, Ticket]:
    """Two tickets that say the same, and are known to."""
    one = made.a_ticket(title="Appointment reminders not sending", description="No reminder is sent by mail.")
    two = made.a_ticket(
        title="Reminders are not sending", description="The appointment reminder is never sent."
    )
    index.index_new()
    likeness.compare_new()
    return one, two


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_ticket_is_triaged_merged_answered_and_resolved(
    scripts: bool, signed_in: Open, transactional_db: None
) -> None:
    one, two = alike()
    CannedReply.objects.create(name="Thanks", body="Dear {reporter},\nwe look at {reference}.")
    page = signed_in(scripts=scripts)
    page.goto(reverse(INBOX))
    page.get_by_role("link", name=one.title, exact=True).click()
    page.get_by_role("link", name="Triage", exact=True).click()
    page.get_by_label("Severity").select_option("high")
    page.get_by_role("button", name="Triage").click()
    expect(page.get_by_text("is triaged: bug report, high")).to_be_visible()
    page.get_by_role("link", name=f"Merge {two.reference} into this one").click()
    expect(page.get_by_text("They seem alike by")).to_be_visible()
    page.get_by_role("button", name="Merge into another").click()
    expect(page.get_by_role("heading", name=two.title)).to_be_visible()
    page.get_by_role("note").get_by_role("link", name=one.reference).click()
    page.get_by_role("link", name="Reply", exact=True).click()
    page.get_by_label("Put in a prepared text").select_option("Thanks")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(f"we look at {one.reference}.")).to_be_visible()
    page.get_by_role("button", name="Reply").click()
    expect(page.get_by_text(f"{one.reference} is answered.")).to_be_visible()
    page.get_by_role("link", name="Resolve", exact=True).click()
    page.get_by_label("Fixed in version").fill("2.4.0")
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text(f"{one.reference} is resolved with 2.4.0.")).to_be_visible()
    assert now(one).state == State.RESOLVED
    assert now(two).merged_into == one


def test_the_inbox_is_worked_through_by_keyboard_alone(signed_in: Open, transactional_db: None) -> None:
    for number in range(3):
        made.a_ticket(title=f"Ticket {number}")
    page = signed_in()
    page.goto(reverse(INBOX))
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Ticket 1")).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Ticket 0")).to_be_focused()
    page.keyboard.press("a")
    page.get_by_role("button", name="Take it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("is yours now")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Ticket 1")).to_be_visible()
    page.keyboard.press("n")
    page.get_by_label("Note").focus()
    page.keyboard.type("just a note? marked j and m")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("just a note? marked j and m")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_role("link", name="Ticket 2")).to_be_visible()


def test_tickets_are_opened_triaged_taken_and_left_for_the_next_by_keyboard_alone(
    signed_in: Open, transactional_db: None
) -> None:
    first, _ = made.a_ticket(title="Ticket 0"), made.a_ticket(title="Ticket 1")
    page = signed_in()
    page.goto(reverse(INBOX))
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Ticket 0")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ticket 0")).to_be_visible()
    page.keyboard.press("t")
    page.get_by_label("Severity").focus()
    page.keyboard.type("High")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Triage").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("is triaged: bug report, high")).to_be_visible()
    page.keyboard.press("a")
    page.get_by_role("button", name="Take it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("is yours now")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Ticket 1")).to_be_visible()
    assert (now(first).state, now(first).severity) == (State.ASSIGNED, "high")


def test_what_is_ticked_by_keyboard_is_merged_and_triaged_together(
    signed_in: Open, transactional_db: None
) -> None:
    tickets = [made.a_ticket(title=f"Ticket {number}") for number in range(3)]
    page = signed_in()
    page.goto(reverse(INBOX))
    for key in "jxjx":
        page.keyboard.press(key)
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Merge: 2 tickets")).to_be_visible()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text(f"{tickets[0].reference} stays.")).to_be_visible()
    assert now(tickets[1]).merged_into == tickets[0]


def test_the_search_box_and_the_help_answer_to_their_keys_and_keys_can_be_put_off(
    signed_in: Open, transactional_db: None
) -> None:
    ticket = made.a_ticket(title="Ticket 0")
    page = signed_in()
    page.goto(reverse(INBOX))
    page.keyboard.press("/")
    page.keyboard.type(f"{ticket.reference}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ticket 0")).to_be_visible()
    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_dialog).to_be_visible()
    help_dialog.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Ticket 0")).to_be_visible()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    help_dialog.get_by_label("Use these keys").check()
    help_dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Triage")).to_be_visible()


def test_a_phone_call_is_compared_with_what_is_known_while_it_is_written_down(
    signed_in: Open, transactional_db: None
) -> None:
    one, _ = alike()
    page = signed_in()
    page.goto(reverse("admin:feedback_ticket_add"))
    page.get_by_label("Title").fill("The reminder is not sending")
    page.get_by_label("Description").fill("No appointment reminder is sent.")
    page.get_by_label("Description").press("Tab")
    expect(page.get_by_text("Is it one of these?")).to_be_visible()
    expect(page.get_by_role("link", name=one.reference)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert Ticket.objects.count() == 2
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Add ticket").click()
    expect(page.get_by_text("is added")).to_be_visible()


def test_the_page_says_whether_the_workspace_had_the_feature(signed_in: Open, transactional_db: None) -> None:
    builders.a_plan_in_phase(2)
    ticket = made.a_ticket(workspace="W00001", module="patient_engagement")
    page = signed_in()
    open_ticket(page, ticket)
    expect(page.locator(".op-answer")).to_contain_text("W00001")
    page.get_by_role("link", name="Who has patient_engagement_module there?").click()
    expect(page.get_by_label("Workspace id")).to_have_value("W00001")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_what_a_reporter_wrote_is_text_and_stays_within_the_page(
    phone: bool, signed_in: Open, transactional_db: None
) -> None:
    evil = "<img src=x onerror=document.title='hacked'><script>document.title='hacked'</script>"
    ticket = made.a_ticket(title="W" * 190, description=f"{evil}\n{'x' * 500}", reporter_name=evil)
    messaging.note(ticket, actor=ROOT, body=evil)
    page = signed_in(phone=phone, dark=True)
    for address in (reverse(INBOX), reverse("admin:feedback_ticket_change", args=[ticket.pk])):
        page.goto(address)
        page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
        assert "hacked" not in page.title()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
