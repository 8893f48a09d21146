"""What is counted in each process: HTTP requests and scheduled jobs. Counting never fails a request."""

import logging
from bisect import bisect_right
from collections.abc import Sequence

from django.conf import settings
from prometheus_client import Counter, Histogram

# Imported before the metrics below are made: it says where their counts go.
from ops_portal.exposition import shared

# Seconds. Flag answers take microseconds, pages some tenths; 0.5 is what the guides ask of an API.
REQUEST_BOUNDS = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
JOB_BOUNDS = (0.1, 1.0, 5.0, 30.0, 120.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
ENABLED = settings.PROMETHEUS_METRICS_ENABLED

logger = logging.getLogger(__name__)

REQUESTS = Histogram(
    "ops_portal_http_request_duration_seconds",
    "How long the portal took for HTTP requests",
    ("method", "route", "status"),
    buckets=REQUEST_BOUNDS,
    registry=None,
)
JOBS = Histogram(
    "ops_portal_job_duration_seconds",
    "How long scheduled jobs took",
    # Not "job", which is Prometheus' own name for what it scrapes.
    ("name",),
    buckets=JOB_BOUNDS,
    registry=None,
)
FAILURES = Counter("ops_portal_job_failures", "Scheduled jobs that failed", ("name",), registry=None)


def note_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request; `route` is the pattern that it matched and never its path."""
    note_requests(method, route, status, (seconds,))


def note_requests(method: str, route: str, status: int, seconds: Sequence[float]) -> None:
    """Count many requests of one kind at once.

    By the client's own `observe`, which looks for the bucket of each, 30,000 would cost a tenth of a second.
    """
    if not ENABLED or not seconds:
        return
    try:
        found = REQUESTS.labels(method if method in METHODS else OTHER, route, f"{status // 100}xx")
        below = 0
        ordered = sorted(seconds)
        for bucket, bound in zip(found._buckets, found._upper_bounds, strict=True):
            # How many are at or under the bound: the client keeps them bucket by bucket.
            upto = bisect_right(ordered, bound)
            if upto > below:
                bucket.inc(upto - below)
            below = upto
        found._sum.inc(sum(ordered))
    except OSError:
        logger.warning("requests could not be counted in %s", shared.FOLDER, exc_info=True)


def note_job(job: str, seconds: float, *, failed: bool) -> None:
    """Count one run of a scheduled job."""
    if not ENABLED:
        return
    try:
        JOBS.labels(job).observe(seconds)
        # Also of one that never failed, so that its first failure is seen to come.
        FAILURES.labels(job).inc(1 if failed else 0)
    except OSError:
        logger.warning("jobs could not be counted in %s", shared.FOLDER, exc_info=True)
