"""A product manager's day in the browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from rollout import phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT

Open = Callable[..., Page]


@pytest.fixture
def plan(transactional_db: None) -> Plan:
    return builders.a_plan(631)


def open_plan(page: Page) -> None:
    page.goto("/admin/rollout/plan/")
    page.locator("#result_list").get_by_role("link", name="Patient Engagement").click()


def test_a_phase_is_previewed_and_run(plan: Plan, signed_in: Open) -> None:
    page = signed_in()
    open_plan(page)
    page.get_by_role("link", name="Run phase 1").click()
    expect(page.get_by_text("The first 50 of 64")).to_be_visible()
    assert builders.engagement().percentage == 0
    page.get_by_role("button", name="Run phase 1").click()
    expect(page.get_by_text("10 %, 64 of 631").first).to_be_visible()
    expect(page.get_by_text("567 in the control")).to_be_visible()
    expect(page.get_by_text("64 gained the module")).to_be_visible()


def test_pause_and_resume_at_another_percentage(plan: Plan, signed_in: Open) -> None:
    phases.run(plan, 1, actor=ROOT)
    page = signed_in()
    open_plan(page)
    page.get_by_role("link", name="Pause").click()
    page.get_by_label("Reason").fill("Too many errors")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Newcomers wait for resume")).to_be_visible()
    expect(page.get_by_text("Too many errors")).to_be_visible()
    page.get_by_role("link", name="Resume").click()
    page.get_by_label("Percentage").fill("15")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("+31").first).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("15 %, 95 of 631").first).to_be_visible()


def test_a_percentage_typed_over_after_the_preview_is_previewed_first(plan: Plan, signed_in: Open) -> None:
    phases.run(plan, 1, actor=ROOT)
    page = signed_in()
    page.goto(f"/admin/rollout/plan/operate/set/?object={plan.pk}&percentage=20")
    page.get_by_label("Percentage").fill("90")
    page.get_by_role("button", name="Set percentage").click()
    expect(page.get_by_text("Confirm once more")).to_be_visible()
    assert builders.engagement().percentage == 10


def test_the_kill_switch_and_who_has_it(plan: Plan, signed_in: Open) -> None:
    phases.run(plan, 1, actor=ROOT)
    page = signed_in()
    page.goto(f"/admin/rollout/flag/{builders.flag().pk}/change/")
    page.get_by_label("Workspace id").fill("W00000")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("is within the cutoff")).to_be_visible()
    page.get_by_role("link", name="Turn the kill switch on").click()
    page.get_by_role("button", name="Turn the kill switch on").click()
    expect(page.get_by_text("0 of 631")).to_be_visible()
    page.get_by_label("Workspace id").fill("W00000")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("the kill switch is on: off")).to_be_visible()


def test_a_list_action_asks_before_it_does(plan: Plan, signed_in: Open) -> None:
    phases.run(plan, 1, actor=ROOT)
    page = signed_in()
    page.goto("/admin/rollout/plan/")
    page.locator("tr", has_text="Patient Engagement").locator("input.action-select").check()
    page.locator("select[name=action]").select_option("pause")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert builders.engagement().status == Plan.Status.RUNNING
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused at 10 %")).to_be_visible()


def test_the_whole_way_by_keyboard_alone(plan: Plan, signed_in: Open) -> None:
    page = signed_in()
    open_plan(page)
    press_on(page, "Run phase 1")
    expect(page.get_by_text("The first 50 of 64")).to_be_visible()
    press_on(page, "Run phase 1")
    expect(page.get_by_text("10 %, 64 of 631").first).to_be_visible()
    press_on(page, "Pause")
    press_on(page, "Pause")
    expect(page.get_by_text("Newcomers wait for resume")).to_be_visible()


def test_the_account_menu_and_the_sidebar_open_by_keyboard(plan: Plan, signed_in: Open) -> None:
    page = signed_in()
    toggle = page.get_by_role("button", name="Show or hide the navigation")
    toggle.first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Plans", exact=True).first).to_be_hidden()
    page.keyboard.press("Enter")
    account = page.get_by_role("button", name="Account: theme, password, log out")
    account.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out", exact=True)).to_be_visible()


def test_a_phase_runs_without_javascript(plan: Plan, signed_in: Open) -> None:
    page = signed_in(scripts=False)
    open_plan(page)
    page.get_by_role("link", name="Run phase 1").click()
    page.get_by_role("button", name="Run phase 1").click()
    expect(page.get_by_text("10 %, 64 of 631").first).to_be_visible()


def press_on(page: Page, name: str) -> None:
    """Walk with the Tab key to the control of this name, and press Enter on it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement?.innerText || '').trim().split('\\n').pop()") == name:
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"the Tab key does not reach {name}")
