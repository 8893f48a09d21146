"""The front page in a browser: it stays as it is now, under the reader's hands, and says when it cannot."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from feedback.models import Ticket
from operations import windows
from rollout import phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.e2e.barriers import barriers
from tests.e2e.conftest import DESKTOP, PASSWORD, PHONE
from tests.feedback import builders as tickets
from tests.monitoring import alert_states, seeds
from tests.releases import builders as shipping

Open = Callable[..., Page]
OVERVIEW = "**/admin/overview"


@pytest.fixture
def plan(person: User) -> Plan:
    """A plan in its first phase, with a week behind it, and nothing that waits."""
    found = builders.a_plan_in_phase(1, eligible=300)
    phases.run(builders.health(), 1, actor=ROOT)
    Plan.objects.filter(pk=found.pk).update(started_at=timezone.now() - timedelta(days=8))
    seeds.a_past(found, 100, without=[7, 8])
    return builders.engagement()


@pytest.fixture
def full(plan: Plan) -> Plan:
    """Something of everything that the page shows."""
    seeds.reviews(plan, due=2, ahead=2)
    alert_states.many_of_each(2, module=plan.module)
    alert_states.late("Claims fail for forty pharmacies at once")
    for number in range(12):
        ticket = tickets.a_ticket(title=f"{'W' * 60} {number}", severity="high", satisfaction_rating=4)
        days = timedelta(days=number)
        Ticket.objects.filter(pk=ticket.pk).update(
            due_at=timezone.now() - days, received_on=timezone.localdate() - days
        )
    shipping.tested(shipping.a_release("1.0.2", title="W" * 100))
    shipping.in_production(shipping.a_release("1.0.3"))
    windows.plan("freeze", "Peak season", starts_at=timezone.now(), ends_at=None, actor=ROOT)
    tomorrow = timezone.now() + timedelta(days=1)
    windows.plan("maintenance", "Upgrade", starts_at=tomorrow, ends_at=None, actor=ROOT)
    return plan


def ask(page: Page) -> int:
    """Let the page ask for its parts now, as it does when somebody comes back to it."""
    with page.expect_response(OVERVIEW) as answer:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    answer.value.finished()
    return answer.value.status


def test_what_changes_behind_the_page_appears_without_a_reload(plan: Plan, signed_in: Open) -> None:
    page = signed_in()
    page.clock.install()
    page.goto("/admin/")
    page.evaluate("window.here = true")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    phases.pause(plan, actor=ROOT, reason="Look first")
    page.clock.run_for(15_500)
    expect(page.get_by_role("link", name="Patient Engagement is paused")).to_be_visible()
    expect(page.locator("#front-told")).to_have_text("Needs you now: Patient Engagement is paused.")
    expect(page.locator("#front-state")).to_contain_text("kept up to date")
    assert page.evaluate("window.here")


def test_a_page_that_did_not_change_is_not_touched(plan: Plan, signed_in: Open) -> None:
    page = signed_in()
    page.evaluate("document.querySelectorAll('[data-part] > *').forEach(each => each.mine = true)")
    assert ask(page) == 304
    windows.plan("freeze", "Peak season", starts_at=timezone.now(), ends_at=None, actor=ROOT)
    assert ask(page) == 200
    expect(page.locator(".op-banner", has_text="Freeze: Peak season")).to_be_visible()
    kept = page.eval_on_selector_all(
        "[data-part]",
        "all => all.filter(each => each.firstElementChild?.mine).map(each => each.dataset.part)",
    )
    assert kept == ["tiles", "alerts", "releases", "feedback"]


def test_focus_what_is_unfolded_and_where_one_reads_stay(full: Plan, signed_in: Open) -> None:
    page = signed_in()
    page.locator("[data-key='needs-more'] summary").click()
    link = page.get_by_role("article").get_by_role("link", name="Patient Engagement", exact=True)
    link.focus()
    link.scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    page.wait_for_function("scrollY > 200")
    before = link.bounding_box()
    alert_states.raised("A new one, that stands above")
    phases.pause(builders.engagement(), actor=ROOT, reason="Look first")
    assert ask(page) == 200
    expect(page.get_by_role("link", name="Acknowledge: A new one, that stands above")).to_be_attached()
    expect(link).to_be_focused()
    after = link.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
    assert page.locator("[data-key='needs-more']").get_attribute("open") is not None
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/plan/{full.pk}/change/")


def test_focus_on_what_is_gone_goes_to_the_head_of_its_part(plan: Plan, signed_in: Open) -> None:
    phases.pause(plan, actor=ROOT, reason="Look first")
    page = signed_in()
    page.get_by_role("link", name="Patient Engagement is paused").focus()
    phases.resume(builders.engagement(), 10, actor=ROOT)
    ask(page)
    expect(page.get_by_role("heading", name="Needs you")).to_be_focused()


def test_what_somebody_marks_is_exchanged_when_they_have_done(plan: Plan, signed_in: Open) -> None:
    page = signed_in()
    card = f"#plan-{plan.pk} h3"
    page.evaluate(f"getSelection().selectAllChildren(document.querySelector('{card}'))")
    phases.pause(plan, actor=ROOT, reason="Look first")
    assert ask(page) == 200
    expect(page.get_by_role("link", name="Patient Engagement is paused")).to_be_visible()
    assert page.evaluate("String(getSelection()).trim()") == "Patient Engagement"
    expect(page.locator(f"#plan-{plan.pk}").get_by_text("Running")).to_be_visible()
    page.evaluate("getSelection().removeAllRanges()")
    assert ask(page) == 200
    expect(page.locator(f"#plan-{plan.pk}").get_by_text("Paused", exact=True)).to_be_visible()


@pytest.fixture
def alone(browser: Browser, live_server: Any, person: User) -> Iterator[BrowserContext]:
    """A browser whose console may say that an answer did not come: that is what is looked at."""
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", person.username)
    page.fill("#id_password", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_url("**/admin/")
    yield context
    context.close()


def test_a_connection_that_is_lost_is_said_and_found_again(plan: Plan, alone: BrowserContext) -> None:
    page = alone.pages[0]
    page.goto("/admin/")
    state = page.locator("#front-state")
    page.route(OVERVIEW, lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(state).to_contain_text("The connection is lost: what you see is as of")
    page.unroute(OVERVIEW)
    assert ask(page) == 304
    expect(state).to_contain_text("kept up to date")


def test_a_login_that_ended_is_said_with_the_way_back(plan: Plan, alone: BrowserContext) -> None:
    page = alone.pages[0]
    page.goto("/admin/")
    alone.clear_cookies(name="sessionid")
    assert ask(page) == 403
    expect(page.locator("#front-state")).to_contain_text("You are signed out.")
    page.get_by_role("link", name="Log in").click()
    page.wait_for_url("**/admin/login/?next=/admin/")


def test_without_scripts_the_page_is_whole_and_offers_to_be_refreshed(full: Plan, signed_in: Open) -> None:
    page = signed_in(scripts=False)
    expect(page.get_by_text("Acknowledge: Claims fail for forty pharmacies at once")).to_be_visible()
    expect(page.locator("#front-state")).to_contain_text("As of ")
    expect(page.locator("#front-state")).not_to_contain_text("kept up to date")
    page.get_by_role("link", name="Refresh").click()
    page.wait_for_url("**/admin/")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_what_is_new_moves_only_for_who_does_not_mind(motion: str, plan: Plan, alone: BrowserContext) -> None:
    page = alone.pages[0]
    page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]  # one of the two
    page.goto("/admin/")
    phases.pause(plan, actor=ROOT, reason="Look first")
    ask(page)
    name = page.locator(".fr-new").evaluate("each => getComputedStyle(each).animationName")
    assert name == ("none" if motion == "reduce" else "fr-new")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_barrier_and_no_sideways_scrolling(dark: bool, full: Plan, signed_in: Open) -> None:
    page = signed_in(dark=dark)
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    page.locator("[data-key='needs-more'] summary").click()
    assert barriers(page) == []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of these two
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
    assert barriers(page) == []
