"""The technical measures: the API, the platform under it, and what users report broken."""

from collections.abc import Callable

from feedback.models import Ticket
from reports.kpis.measuring.measured import Measured
from reports.kpis.measuring.seen import WEEK, Seen

HOUR_SECONDS = 3_600
NO_REQUEST = "No request of anybody who has the module in the last 24 hours."
NO_READING = "The product sent no such reading in the last 24 hours."
NO_HOUR = "The product pushed no request in the last 7 days."


def performance(name: str, *, platform: bool = False) -> Callable[[Seen], Measured]:
    """A figure of `PerformanceMetrics`, with the requests or readings that it stands on."""

    def measure(seen: Seen) -> Measured:
        found = seen.health.performance
        value: float | None = getattr(found, name)
        n = found.readings if platform else found.requests
        unknown = seen.health.fault or (NO_READING if platform else NO_REQUEST)
        return Measured(value, n, "" if value is not None else unknown)

    return measure


def database_p95(seen: Seen) -> Measured:
    value = seen.gauges.database_p95_ms
    return Measured(value, seen.gauges.readings, "" if value is not None else NO_READING)


def database_failures(seen: Seen) -> Measured:
    value = seen.gauges.database_failures
    return Measured(value, seen.gauges.readings, "" if value is not None else NO_READING)


def whole_error_rate(seen: Seen) -> Measured:
    found = seen.whole
    if not found.requests:
        return Measured(None, 0, "No request of anybody in the last 24 hours.")
    return Measured(100 * found.errors / found.requests, found.requests)


def busiest_hour(seen: Seen) -> Measured:
    """Requests a second, the mean of the hour with the most; n is how many hours there were."""
    most = max((hour.requests for hour in seen.hours), default=None)
    if most is None:
        return Measured(None, 0, NO_HOUR)
    return Measured(most / HOUR_SECONDS, len(seen.hours))


def hours_served(seen: Seen) -> Measured:
    """The percentage of hours with requests in which fewer than half of them failed."""
    if not seen.hours:
        return Measured(None, 0, NO_HOUR)
    served = sum(2 * hour.errors < hour.requests for hour in seen.hours)
    return Measured(100 * served / len(seen.hours), len(seen.hours))


def critical_reports(seen: Seen) -> Measured:
    """Critical bug reports received within a week; those in quarantine count for nothing."""
    received = Ticket.objects.heard().filter(
        module=seen.module,
        category=Ticket.Category.BUG_REPORT,
        severity=Ticket.Severity.CRITICAL,
        received_at__gt=seen.until - WEEK,
        received_at__lte=seen.until,
    )
    return Measured(received.count())


def open_critical(seen: Seen) -> Measured:
    return Measured(seen.health.told.critical)


def active_workspaces(seen: Seen) -> Measured:
    found = seen.health.adoption
    known = found.total_active_workspaces is not None
    unknown = seen.health.fault or "The product told of no workspace that used the module."
    return Measured(found.total_active_workspaces, found.enabled_workspaces, "" if known else unknown)
