"""What axe finds on a page, in light and in dark."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCRIPT = Axe().axe_script
# What axe finds is told without what it passed, which takes as long to tell as the search.
RUN = "options => axe.run(document, {resultTypes: ['violations'], ...options})"
# All that can differ between light and dark.
OF_COLOUR = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
READY = "!document.documentElement.hasAttribute('x-cloak')"
# No colour half-way between light and dark. A sheet made by a script needs no leave of the content policy.
STILL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important }');
  document.adoptedStyleSheets = [sheet];
}"""
DARK = "() => document.documentElement.classList.add('dark')"


def barriers(page: Page, **options: Any) -> list[str]:
    """What axe finds that is serious or critical."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    found: dict[str, Any] = page.evaluate(RUN, options)
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def barriers_in_both(page: Page) -> list[str]:
    """Those of a page that was opened in light, and of the same page as it turns dark."""
    page.wait_for_function(READY)
    page.evaluate(STILL)
    light = barriers(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate(DARK)
    dark = barriers(page, **OF_COLOUR)
    page.emulate_media(color_scheme="light")
    return [*(f"light, {each}" for each in light), *(f"dark, {each}" for each in dark)]
