"""Moving the clock: by hours, ahead, and only among the demo's own workspaces."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import connection

from operations import schedule
from operations.errors import NotFound, Refused
from operations.schedule import Ran
from ops_portal.demo_clock.clock import CLOCK
from ops_portal.demo_clock.steady import still
from ops_portal.schedule import JOBS
from rollout.models import Workspace

PREFIX = "demo-"
# In two hours without a health check the portal calls for help.
MOST_HOURS = 2.0
OFF = "This portal's clock cannot be moved: DEMO_CLOCK is off."
# What follows at once: the checks, before anybody misses them, then these. All else that is due follows with
# the next tick of the worker, seconds later.
CHECKS = frozenset({"health-checks"})
AFTERWARDS = frozenset(
    {
        "seal-audit",
        "dead-man",
        "sweep-alerts",
        "announce-alerts",
        "deliver-outbox",
        "advance-deployments",
    }
)


def require_on() -> None:
    """Raise NotFound where the clock cannot be moved."""
    if not settings.DEMO_CLOCK or CLOCK.path is None:
        raise NotFound(OFF)


def guard() -> None:
    """Raise Refused where the portal knows a workspace that is none of the demo's. One query."""
    real = (
        Workspace.objects.exclude(pk__startswith=PREFIX).order_by("pk").values_list("pk", flat=True).first()
    )
    if real is not None:
        raise Refused(
            "real_workspaces",
            f"This portal knows the workspace {real}, which is none of a demo's (they begin with {PREFIX}): "
            "the clock of real customers is never moved.",
        )


def move(hours: float) -> list[Ran]:
    """Let so many hours pass, and run what cannot wait for the next tick; what was run.

    Waits until no job runs, and lets none begin meanwhile: of two calls the second one comes after the first.
    Raises NotFound where the clock cannot be moved, and Refused among workspaces that are none of the demo's.
    """
    require_on()
    with still(), _one_connection():
        guard()
        CLOCK.move(timedelta(hours=hours))
        return [*_run(CHECKS), *_run(AFTERWARDS)]


def _run(names: Collection[str]) -> list[Ran]:
    return schedule.run_due([job for job in JOBS if job.name in names])


@contextmanager
def _one_connection() -> Iterator[None]:
    """Keep the database open between jobs: opening it anew costs as much as a job."""
    connection.ensure_connection()
    lasts, connection.close_at = connection.close_at, None
    try:
        yield
    finally:
        connection.close_at = lasts
