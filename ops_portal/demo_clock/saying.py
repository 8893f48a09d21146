"""What people are told of a clock that is ahead, and what waits meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ops_portal.demo_clock.clock import CLOCK


def banner() -> str:
    """One line for every page of the admin; "" while the clock is right."""
    ahead = CLOCK.ahead()
    return f"Demo: this portal's clock runs {spelled(ahead)} ahead." if ahead else ""


def state() -> dict[str, Any] | None:
    """What the health status tells of it; None where the clock cannot be moved."""
    if CLOCK.path is None:
        return None
    return {"aheadHours": round(CLOCK.ahead() / timedelta(hours=1), 2)}


def spelled(ahead: timedelta) -> str:
    """`3 days`, or hours below two days."""
    hours = round(ahead / timedelta(hours=1))
    count, unit = (hours // 24, "day") if hours >= 48 else (hours, "hour")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def not_ahead(run: Callable[[], str]) -> Callable[[], str]:
    """A job that means the nights of the real world: while the clock is ahead it does nothing.

    A month of a demo would make, and prove, thirty backups in a minute, or miss them.
    """

    def unless_ahead() -> str:
        return "" if CLOCK.ahead() else run()

    return unless_ahead
