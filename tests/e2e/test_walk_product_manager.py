"""A product manager's two walks: from the front page to phase 2; and the morning after a breach."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from monitoring import health, slots
from monitoring.models import Alert
from monitoring.tasks import BEAT
from operations.models import AuditEvent
from rollout.models import Plan
from tests import builders
from tests.monitoring import past

Open = Callable[..., Page]


def open_the_plan(page: Page) -> None:
    """From the front page, by its card."""
    page.goto("/admin/")
    page.locator("#plans").get_by_role("link", name="Patient Engagement", exact=True).click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_front_page_to_phase_2(scripts: bool, signed_in: Open, transactional_db: None) -> None:
    plan = builders.a_plan_in_phase(1, eligible=100)
    builders.open_gate(plan)
    page = signed_in(scripts=scripts)

    # What is rolling out, and whether it may go on, stands on the front page.
    card = page.locator("#plans article").filter(has_text="Patient Engagement").first
    expect(card).to_contain_text("10 of 100")
    expect(card).to_contain_text("Phase 2, 25 %: open")
    open_the_plan(page)
    page.get_by_role("link", name="Run phase 2").click()

    # The preview says who gains it, the verdict stands beside it, and nothing has happened.
    expect(page.get_by_text("Gain the module: 15")).to_be_visible()
    expect(page.get_by_text("W00024")).to_be_visible()
    expect(page.get_by_text("Pass", exact=True).first).to_be_visible()
    assert builders.engagement().percentage == 10

    page.locator(".op-confirm").get_by_role("button", name="Run phase 2").click()
    expect(page.get_by_text("25 %, 25 of 100").first).to_be_visible()
    expect(page.get_by_text("15 gained").first).to_be_visible()
    event = AuditEvent.objects.filter(action="rollout.phase_run").latest("pk")
    assert str(event.who).startswith("admin:ada")


@pytest.fixture
def stopped(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Half of the cohort's requests fail, and the hourly check has seen it."""
    now = timezone.now()
    monkeypatch.setattr(past, "NOW", now)
    monkeypatch.setattr(past, "SLOT", slots.newest(now))
    past.broken()
    health.check_due(actor=BEAT)
    return builders.engagement()


def test_the_morning_after_a_breach(stopped: Plan, signed_in: Open) -> None:
    assert stopped.status == Plan.Status.PAUSED
    page = signed_in()

    # The front page names it first: what happened, and what the portal did.
    needs = page.get_by_role("region", name="Needs you")
    expect(page.locator("#plans article").first).to_contain_text("Paused")
    alert = Alert.objects.get(title="Patient Engagement fails for many who have it")
    needs.get_by_role("link", name=alert.title).click()
    expect(page.get_by_text("paused the plan", exact=False).first).to_be_visible()
    page.get_by_role("link", name="Acknowledge", exact=True).click()
    page.get_by_label("Note").fill("I take it back")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("it is yours now")).to_be_visible()

    # Those who have it are being harmed, so it is taken from them.
    open_the_plan(page)
    page.get_by_role("link", name="Roll back", exact=True).click()
    expect(page.get_by_text("Lose the module: 3")).to_be_visible()
    page.get_by_label("Reason").fill("Half of their requests fail")
    page.locator(".op-confirm").get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("0 %, 0 of 30").first).to_be_visible()
    assert builders.engagement().status == Plan.Status.ROLLED_BACK
    alert.refresh_from_db()
    assert alert.acknowledged_by == "admin:ada"
