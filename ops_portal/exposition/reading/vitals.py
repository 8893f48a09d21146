"""What the product pushed of the last full hour, as one sum for each module: one query."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Sum

from monitoring import slots
from monitoring.models import WorkspaceHour
from monitoring.vitals import Vitals

COUNTS = ("requests", "errors", "timeouts", "module_requests", "module_errors")
LATENCY = "latency_sum_ms"
BUCKETS = ("le_50", "le_100", "le_200", "le_300", "le_500", "le_1000", "le_2000", "le_5000", "le_inf")


def read(modules: Collection[int], now: datetime) -> dict[str, Vitals]:
    """The vitals by the module's key, of the hour that ends at the slot of the newest health check.

    Both arms together, and all workspaces: what the comparison makes of them is in the checks.
    """
    hour = slots.newest(now) - slots.HOUR
    names = (*COUNTS, LATENCY, *BUCKETS)
    rows = (
        WorkspaceHour.objects.filter(module__in=sorted(modules), hour=hour)
        .order_by()
        .values_list("module__key")
        .annotate(*(Sum(name) for name in names))
    )
    found = {}
    for key, *sums in rows:
        told = dict(zip(names, sums, strict=True))
        buckets = tuple(told.pop(name) for name in BUCKETS)
        found[key] = Vitals(**told, buckets=buckets)
    return found
