"""A real browser on the running portal, with its real static files.

Skipped, with the reason, where the machine has no Chromium. Every page is watched: an error in the console,
or a request to any other host, fails the test at its end.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from playwright.sync_api import Browser, Page, sync_playwright

from tests import builders

# Playwright runs an event loop in the thread of the test, where Django would refuse to ask the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PASSWORD = "a long enough one"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            if not Path(CHROMIUM).exists():
                item.add_marker(pytest.mark.skip(reason=f"no browser at {CHROMIUM}: set CHROMIUM"))


@pytest.fixture(scope="session", autouse=True)
def _files_are_asked_for_once() -> Iterator[None]:
    """Let browsers keep static files, as they do of a real portal: most requests of a page are for them."""
    plain = StaticFilesHandler.serve

    def serve(self: StaticFilesHandler, request: HttpRequest) -> HttpResponseBase:
        response = plain(self, request)
        response["Cache-Control"] = "public, max-age=3600"
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "serve", serve)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def person(transactional_db: None) -> User:
    """A product manager with a password."""
    found = builders.a_person("ada", group="Product manager")
    found.set_password(PASSWORD)
    found.save()
    return found


@pytest.fixture
def opened(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Opens pages; `opened(phone=True, dark=True)`."""
    faults: list[str] = []
    contexts = []

    def open_page(*, phone: bool = False, dark: bool = False, scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]  # a TypedDict of these two
            color_scheme="dark" if dark else "light",
            base_url=live_server.url,
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note(faults, message.type == "error", message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: _note(faults, _leaves(request.url, live_server.url), request.url))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def signed_in(opened: Callable[..., Page], person: User) -> Callable[..., Page]:
    def sign_in(**options: Any) -> Page:
        page = opened(**options)
        page.goto("/admin/login/")
        page.fill("#id_username", person.username)
        page.fill("#id_password", PASSWORD)
        page.click("#login-form button[type=submit]")
        page.wait_for_url("**/admin/")
        return page

    return sign_in


def _leaves(url: str, home: str) -> bool:
    return not url.startswith((home, "data:", "blob:", "about:"))


def _note(faults: list[str], bad: bool, text: str) -> None:
    if bad:
        faults.append(text)
