"""Somebody without a login sends feedback, and follows it, in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from feedback.models import Attachment, Resolution, Ticket
from feedback.pages import spam
from feedback.tickets import links, messaging, moving
from tests import builders
from tests.builders import ROOT
from tests.e2e.barriers import barriers
from tests.e2e.conftest import PHONE
from tests.feedback.builders import a_ticket, a_ticket_in, take

Open = Callable[..., Page]

FORM = "/feedback/?module=patient_engagement"


@pytest.fixture(autouse=True)
def quick_fingers(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    """A browser that is driven fills in the form in less than a person's three seconds."""
    monkeypatch.setattr(spam, "FASTEST", 0.0)
    builders.modules()


def fill(page: Page) -> None:
    page.get_by_label("Something does not work").check()
    page.get_by_label("In a few words").fill("Reminders are not sent")
    page.get_by_label("What happened, or what do you wish for?").fill("Since Tuesday no reminder is sent.")


def send(page: Page) -> None:
    page.get_by_role("button", name="Send").click()


def test_somebody_sends_feedback_on_a_phone_without_javascript_and_hears_the_answer(
    opened: Open, tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    log.write_text("Error at 12:00\n")
    page = opened(phone=True, scripts=False)
    page.goto(FORM)
    send(page)
    # The browser itself asks for what is missing.
    assert not Ticket.objects.exists()
    fill(page)
    page.get_by_label("Files, such as").set_input_files(log)
    page.get_by_label("Your e-mail address").fill("ada@example.org")
    expect(page.get_by_label("Part of the product")).to_have_value("patient_engagement")
    page.get_by_text("Rate the product").click()
    page.get_by_role("group", name="How easy is it to use?").get_by_label("4, good").check()
    send(page)
    ticket = Ticket.objects.get()
    expect(page.get_by_text(f"Its reference is {ticket.reference}.")).to_be_visible()
    assert (ticket.usability_rating, ticket.quarantined_at) == (4, None)
    assert Attachment.objects.get().name == "server.log"
    page.get_by_role("link", name=f"See {ticket.reference}").click()
    messaging.reply(ticket, actor=ROOT, body="Which version is it?", waits=True)
    page.reload()
    expect(page.get_by_text("Which version is it?")).to_be_visible()
    page.get_by_label("Your message").fill("It is 2.4.1.")
    send(page)
    expect(page.get_by_role("status")).to_contain_text("your message has arrived")
    expect(page.get_by_role("listitem").filter(has_text="It is 2.4.1.")).to_be_visible()


def test_somebody_sends_feedback_by_keyboard_alone(opened: Open) -> None:
    page = opened()
    page.goto(FORM)

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    press("Tab", "Space", "ArrowDown", "Tab")
    page.keyboard.type("The list is hard to read")
    press("Tab")
    page.keyboard.type("It is small.")
    # Past the severity, where an arrow makes it lower; the file chooser; to the address.
    press("Tab", "ArrowDown", "Tab", "Tab")
    page.keyboard.type("ada@example.org")
    expect(page.get_by_label("Your e-mail address")).to_have_value("ada@example.org")
    press("Enter")
    page.wait_for_url("**/feedback/thanks**")
    ticket = Ticket.objects.get()
    assert (ticket.category, ticket.severity, ticket.title) == (
        "usability_issue",
        "low",
        "The list is hard to read",
    )


def test_somebody_rates_what_was_done_and_says_that_it_is_not_fixed(opened: Open) -> None:
    ticket = a_ticket_in("resolved")
    page = opened(phone=True)
    page.goto(links.path_of(ticket) + "?score=4")
    expect(page.get_by_label("4, good")).to_be_checked()
    assert Resolution.objects.get().score is None
    page.get_by_role("button", name="Rate").click()
    expect(page.get_by_role("status")).to_contain_text("Thank you for your rating")
    page.get_by_label("What is still wrong?").fill("It fails on Mondays.")
    page.get_by_role("button", name="It is not fixed").click()
    expect(page.get_by_role("status")).to_contain_text("it is open again")
    ticket.refresh_from_db()
    assert (ticket.state, Resolution.objects.get().score) == ("reopened", 4)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_have_no_serious_barrier_and_fit_a_phone(dark: bool, opened: Open) -> None:
    page = opened(phone=True, dark=dark)
    page.goto(FORM)
    page.get_by_text("Rate the product").click()
    found = {"form": faults_of(page)}
    fill(page)
    send(page)
    found["thanks"] = faults_of(page)
    ticket = a_ticket(steps=["W" * 300], description="https://example.org/" + "long" * 60)
    messaging.reply(ticket, actor=ROOT, body="Which version?", waits=True)
    page.goto(links.path_of(ticket))
    found["ticket"] = faults_of(page)
    take(moving.move(ticket, "triage", actor=ROOT), "resolve")
    page.goto(links.path_of(ticket))
    found["done"] = faults_of(page)
    take(ticket, "reopen")
    take(ticket, "decline", reason="It is a setting.")
    page.goto(links.path_of(ticket))
    found["declined"] = faults_of(page)
    assert not any(found.values()), found


@pytest.fixture
def unwatched(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A page whose console may say that a form was refused."""
    context = browser.new_context(viewport=PHONE, base_url=live_server.url)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_a_refused_form_begins_with_what_is_wrong_and_keeps_what_was_typed(unwatched: Page) -> None:
    page = unwatched
    page.goto(FORM)
    page.locator("form").evaluate("form => { form.noValidate = true }")
    page.get_by_label("In a few words").fill("Reminders")
    send(page)
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("Choose what it is about.")
    expect(page.get_by_label("In a few words")).to_have_value("Reminders")
    description = page.get_by_label("What happened, or what do you wish for?")
    expect(description).to_have_accessible_description("Describe what happened, or what you wish for.")
    assert faults_of(page) == []
    alert.get_by_role("link", name="What happened, or what do you wish for?").click()
    expect(description).to_be_focused()
    page.goto("/feedback/t/wrong")
    assert faults_of(page) == []


def faults_of(page: Page) -> list[str]:
    """The barriers, and whether it scrolls sideways."""
    found = barriers(page)
    if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        found.append("scrolls sideways")
    return found
