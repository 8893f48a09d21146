"""Every page of the admin opens for every role that may see it: no error, barrier, or scrolling sideways."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from playwright.sync_api import Browser, ConsoleMessage, Page

from operations import groups
from tests import builders
from tests.e2e.admin_pages import Place, places
from tests.e2e.barriers import READY, barriers_in_both
from tests.e2e.conftest import DESKTOP, PHONE
from tests.operations.test_admin_pages import everything  # noqa: F401  # a row behind every page

TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


class Visit:
    """A signed-in person's browser, which notes what is wrong on each page that it opens."""

    def __init__(self, browser: Browser, home: str, person: User, **options: Any) -> None:
        self.home, self.open_now = home, ""
        self.faults: dict[str, list[str]] = {}
        self.context = browser.new_context(base_url=home, **options)
        client = Client()
        client.force_login(person)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": home}])
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.note(str(error)))
        self.page.on("request", lambda request: self._look_at(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        url = str(message.location.get("url"))
        # A page that says "forbidden" names no icon, and the browser looks for one after it was left.
        if message.type == "error" and not url.endswith("/favicon.ico"):
            self.note(f"{message.text} ({url})")

    def _look_at(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:", "about:")):
            self.note(f"asks {url}")

    def note(self, fault: str) -> None:
        self.faults.setdefault(self.open_now, []).append(fault)

    def open(self, place: Place) -> bool:
        """Whether it is a page for this person: what belongs to a list may be for fewer than see the list."""
        self.open_now = place.address
        answer = self.page.goto(place.address)
        status = answer.status if answer else None
        if status == 403 and not place.is_usual:
            # The browser itself complains about what is forbidden.
            del self.faults[place.address]
            return False
        if status != 200:
            self.note(f"answers {status}")
        self.page.wait_for_function(READY)
        return True


def someone(role: str) -> User:
    return builders.a_person("someone", group=role)


def seen_by(person: User) -> Iterator[Place]:
    """The pages that this person may see; that the others are forbidden, the admin's own tests hold."""
    request = RequestFactory().get("/")
    request.user = person
    for place in places():
        if place.page is None or (
            place.page.has_view_permission(request)
            and (not place.name.endswith("_add") or place.page.has_add_permission(request))
        ):
            yield place


@pytest.mark.usefixtures("transactional_db", "everything")
@pytest.mark.parametrize("role", groups.ALL)
def test_every_page_opens_on_a_phone_for_whoever_may_see_it(
    role: str, browser: Browser, live_server: Any
) -> None:
    person = someone(role)
    visit = Visit(browser, live_server.url, person, viewport=PHONE)
    for place in seen_by(person):
        if visit.open(place) and visit.page.evaluate(TOO_WIDE):
            visit.note("scrolls sideways")
    visit.context.close()
    assert visit.faults == {}


@pytest.mark.usefixtures("transactional_db", "everything")
@pytest.mark.parametrize("half", [0, 1])
def test_no_page_has_a_serious_barrier_in_light_or_dark(
    half: int, browser: Browser, live_server: Any
) -> None:
    person = someone(groups.ADMINISTRATOR)
    visit = Visit(browser, live_server.url, person, viewport=DESKTOP, color_scheme="light")
    # In halves, so that two workers share them.
    for place in [*seen_by(person)][half::2]:
        if visit.open(place):
            for barrier in barriers_in_both(visit.page):
                visit.note(barrier)
    visit.context.close()
    assert visit.faults == {}
