"""A support lead imports old tickets in a real browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from feedback.models import Ticket
from tests import builders
from tests.e2e.barriers import barriers

Open = Callable[..., Page]

FORM = "/admin/feedback/ticket/import/"
JIRA = """Issue key,Summary,Status,Priority,Resolution,Created,Resolved,Labels
A-1,The list of appointments takes twenty seconds,Resolved,Blocker,Fixed,30/Sep/21 17:20,20/Jul/22 20:51,speed
A-2,Crash,Open,Trivial,,01/Oct/21 09:00,,
"""


@pytest.fixture(autouse=True)
def _modules(transactional_db: None) -> None:
    builders.modules()


def upload(page: Page, file: Path, text: str) -> None:
    file.write_text(text)
    page.goto(FORM)
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_label("Preset").select_option("jira")
    page.get_by_role("button", name="Read and check").click()
    page.wait_for_url("**/import/*/")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_file_is_looked_at_and_imported_on_a_phone(signed_in: Open, tmp_path: Path, dark: bool) -> None:
    page = signed_in(dark=dark, phone=True)
    page.goto(FORM)
    assert barriers(page) == []
    upload(page, tmp_path / "old.csv", JIRA.replace("Blocker", "Terrible"))
    expect(page.get_by_text("1 fault in 2 rows.")).to_be_visible()
    assert barriers(page) == []
    upload(page, tmp_path / "old.csv", JIRA)
    expect(page.get_by_text("The list of appointments takes twenty seconds")).to_be_attached()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("old.csv: 2 tickets created, 0 were imported before.")).to_be_visible()
    assert Ticket.objects.count() == 2
