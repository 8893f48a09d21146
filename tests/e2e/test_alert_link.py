"""The page behind the link of an alert's message, as somebody opens it on a phone without a login."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from monitoring.alerts import links
from monitoring.models import Alert
from tests.e2e.barriers import barriers
from tests.monitoring import alarms

Open = Callable[..., Page]


@pytest.fixture
def alert(transactional_db: None) -> Alert:
    return alarms.raised(
        title="Appointments of 12 pharmacies are missing since the migration of the night",
        summary="Rows of the last two days are gone.\nThe product says so of 12 pharmacies.",
        affected="12 of 340 pharmacies, about 1,900 patients",
        advice="Stop the nightly job, restore the backup of 03:00, then tell support.",
    )


def path_of(alert: Alert) -> str:
    return "/alerts/" + links.link_of(alert, "Slack on call").rpartition("/")[2]


def test_somebody_acknowledges_on_a_phone_without_javascript_or_a_login(opened: Open, alert: Alert) -> None:
    page = opened(phone=True, scripts=False)
    page.goto(path_of(alert))
    page.get_by_role("button", name="Acknowledge").click()
    # The browser itself asks for the name.
    assert alarms.again(alert).acknowledged_at is None
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("Ada")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Note").fill("The backup is being restored.")
    page.get_by_role("button", name="I am on it").click()
    expect(page.get_by_role("listitem").last).to_contain_text("The backup is being restored.")
    assert alarms.again(alert).responded_at is not None
    page.get_by_role("link", name="Open in the portal").click()
    page.wait_for_url("**/admin/login/?next=/admin/monitoring/alert/**")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_has_no_serious_barrier_and_fits_a_phone(dark: bool, opened: Open, alert: Alert) -> None:
    page = opened(phone=True, dark=dark)
    page.goto(path_of(alert))
    found = [barriers(page)]
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Note").fill("The backup is being restored.")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("Ada")
    found.append(barriers(page))
    assert found == [[], []]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
