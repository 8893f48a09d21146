"""Whoever is on call answers alerts in a real browser: one, a storm, by keyboard, and without scripts."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from monitoring.models import Alert, Silence
from tests.monitoring import alert_states as states

Open = Callable[..., Page]

INBOX = "admin:monitoring_alert_changelist"


def open_alert(page: Page, alert: Alert) -> None:
    page.goto(reverse("admin:monitoring_alert_change", args=[alert.pk]))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_alert_is_acknowledged_worked_on_resolved_and_looked_back_at(
    scripts: bool, signed_in: Open, transactional_db: None
) -> None:
    alert = states.raised("Refills are lost")
    page = signed_in(scripts=scripts)
    page.get_by_role("link", name="Refills are lost").click()
    page.get_by_role("link", name="Acknowledge", exact=True).click()
    page.get_by_label("Note").fill("Looking")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("it is yours now")).to_be_visible()
    page.get_by_role("link", name="Say what is being done").click()
    page.get_by_label("What is being done").fill("Stopped the import")
    page.get_by_role("button", name="Say what is being done").click()
    page.get_by_role("link", name="Resolve", exact=True).click()
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Its post-mortem is owed by")).to_be_visible()
    page.get_by_role("link", name="Write post-mortem").click()
    draft = page.get_by_label("Post-mortem").input_value()
    assert "Responded by ada in the admin: Stopped the import" in draft
    page.get_by_role("button", name="Write post-mortem").click()
    expect(page.get_by_role("heading", name="Post-mortem", exact=True)).to_be_visible()
    alert.refresh_from_db()
    assert alert.postmortem == draft


def test_an_alert_is_acknowledged_by_keyboard_alone(signed_in: Open, transactional_db: None) -> None:
    states.raised("Refills are lost")
    page = signed_in()
    page.goto(reverse(INBOX))
    page.get_by_role("link", name="Refills are lost").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Acknowledge", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("Note").focus()
    page.keyboard.type("Mine")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("it is yours now")).to_be_visible()


def test_a_storm_is_ticked_and_acknowledged_by_keyboard_alone(
    signed_in: Open, transactional_db: None
) -> None:
    states.a_storm(120)
    page = signed_in()
    page.goto(reverse(INBOX))
    page.get_by_role("checkbox", name="Select all objects on this page for an action").focus()
    page.keyboard.press("Space")
    page.get_by_role("link", name="Select all 120 alerts").focus()
    page.keyboard.press("Enter")
    actions = page.get_by_role("combobox", name="Action for the ticked rows")
    actions.focus()
    page.keyboard.type("Ack")
    expect(actions).to_have_value("acknowledge")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("And 100 more alerts.")).to_be_visible()
    page.get_by_label("Note").focus()
    page.keyboard.type("One cause")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Acknowledge: 120 of 120 alerts.")).to_be_visible()
    assert not Alert.objects.unanswered().exists()


def test_a_silence_is_previewed_before_it_is_made(signed_in: Open, transactional_db: None) -> None:
    states.a_storm(3)
    page = signed_in(phone=True)
    page.goto(reverse("admin:monitoring_silence_add"))
    page.get_by_label("Level").select_option("warning")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("It covers 3 open alerts")).to_be_visible()
    page.get_by_label("1 hour").check()
    page.get_by_label("Why").fill("The platform moves")
    page.get_by_role("button", name="Add silence").click()
    expect(page.get_by_text("is silenced until")).to_be_visible()
    assert Silence.objects.get().created_by == "admin:ada"
