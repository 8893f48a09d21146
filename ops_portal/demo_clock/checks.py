"""`manage.py check --deploy` says where a portal's clock can be moved, and by how much it was."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from ops_portal.demo_clock.clock import CLOCK
from ops_portal.demo_clock.saying import spelled


@register(Tags.security, deploy=True)
def clock_is_the_worlds(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """W005: a demo may move the clock by which releases ship and alerts are due, or has done so."""
    if not settings.DEMO_CLOCK:
        return []
    ahead = CLOCK.ahead()
    said = (
        f"The portal's clock runs {spelled(ahead)} ahead: a demo moved it"
        if ahead
        else "A demo may move the clock"
    )
    return [
        checks.Warning(
            f"{said} (DEMO_CLOCK is on). No nightly backup is made while it is ahead.",
            hint="Set DEMO_CLOCK=false, with a database in which no demo was played.",
            id="ops_portal.W005",
        )
    ]
