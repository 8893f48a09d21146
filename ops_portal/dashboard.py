"""What the theme asks the project for: the front page, and what every page of the admin shows."""

from typing import Any

from django.http import HttpRequest

from operations.models import Window
from ops_portal import demo_clock
from ops_portal.front_page import page


def every_page(request: HttpRequest) -> dict[str, Any]:
    """What every page of the admin shows: windows in force, announced maintenance, a demo's clock.

    Windows are read where they are shown: the front page has read them by then.
    """
    if not request.user.is_authenticated:
        return {}
    return {
        "windows_to_show": Window.objects.to_show().order_by("starts_at"),
        "demo_said": demo_clock.banner(),
    }


def front_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The front page's context."""
    return {**context, "title": "Overview", "front": page.of(request)}
