"""A product's traffic as hourly rows: healthy unless told otherwise, the same in every run."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from monitoring.models import LastUse, WorkspaceHour
from rollout.models import Module

HOUR = timedelta(hours=1)
# Requests of a workspace an hour, and how many of them fail when all is well: 1 %.
REQUESTS = 100
HEALTHY = 1

Failing = Callable[[str, datetime], int]


def healthy(workspace: str, hour: datetime) -> int:
    """One request in a hundred fails."""
    return HEALTHY


def failing(workspaces: Iterable[str], errors: int, since: datetime) -> Failing:
    """`errors` of a hundred requests fail in these workspaces from `since` on; elsewhere one."""
    ill = frozenset(workspaces)
    return lambda workspace, hour: errors if workspace in ill and hour >= since else HEALTHY


def flow(
    module: Module,
    workspaces: Iterable[str],
    since: datetime,
    until: datetime,
    *,
    errors: Failing = healthy,
    milliseconds: int = 80,
    arm: str = "",
    used: bool = True,
) -> None:
    """Write every workspace's hours from `since` to `until`, each response taking `milliseconds`."""
    named = list(workspaces)
    hours = [since + HOUR * number for number in range(int((until - since) / HOUR))]
    bounds = (50, 100, 200, 300, 500, 1000, 2000, 5000)
    buckets = {f"le_{bound}": REQUESTS if milliseconds <= bound else 0 for bound in bounds}
    WorkspaceHour.objects.bulk_create(
        (
            WorkspaceHour(
                module=module,
                workspace=name,
                arm=arm,
                hour=hour,
                requests=REQUESTS,
                errors=errors(name, hour),
                latency_sum_ms=REQUESTS * milliseconds,
                le_inf=REQUESTS,
                **buckets,
            )
            for hour in hours
            for name in named
        ),
        batch_size=2_000,
    )
    if used and hours:
        LastUse.objects.bulk_create(
            (LastUse(module=module, workspace=name, arm=arm, hour=hours[-1]) for name in named),
            update_conflicts=True,
            unique_fields=["module", "workspace", "arm"],
            update_fields=["hour"],
        )
