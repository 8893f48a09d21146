"""Vitals as sums over a window: rates and percentiles come from these, never from averages of averages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple

# The upper bounds of the histogram of API responses, in milliseconds (SPEC 4.1); +Inf is the last bucket.
BOUNDS = (50, 100, 200, 300, 500, 1000, 2000, 5000)
NO_BUCKETS = (0,) * (len(BOUNDS) + 1)


class Window(NamedTuple):
    """The time from `since` up to, and without, `until`; both on a full hour."""

    since: datetime
    until: datetime


class UnitKey(NamedTuple):
    """A unit of judgement: a workspace; in user modules, its users of one `arm` (on, off)."""

    workspace: str
    arm: str = ""


class Count(NamedTuple):
    """Requests of a window, and how many of them failed."""

    requests: int = 0
    errors: int = 0

    @property
    def rate(self) -> float:
        """Errors per request; 0 without requests."""
        return self.errors / self.requests if self.requests else 0.0

    def plus(self, other: "Count") -> "Count":
        return Count(self.requests + other.requests, self.errors + other.errors)


@dataclass(frozen=True, slots=True)
class Vitals:
    """The sums of a window. `buckets` count the responses at or under each bound, +Inf last."""

    requests: int = 0
    errors: int = 0
    timeouts: int = 0
    module_requests: int = 0
    module_errors: int = 0
    latency_sum_ms: float = 0.0
    buckets: tuple[int, ...] = NO_BUCKETS

    @property
    def total(self) -> Count:
        return Count(self.requests, self.errors)

    @property
    def judged(self) -> Count:
        """The module's own requests where the product sends them, else the whole product's (SPEC 4.1)."""
        if self.module_requests:
            return Count(self.module_requests, self.module_errors)
        return self.total

    @property
    def judged_word(self) -> str:
        """What `judged` counts, in words."""
        return "requests of the module" if self.module_requests else "requests"

    @property
    def mean_ms(self) -> float | None:
        """The mean API response in milliseconds; None without latencies."""
        return self.latency_sum_ms / self.buckets[-1] if self.buckets[-1] else None

    @property
    def p95_ms(self) -> float | None:
        return quantile(self.buckets, 0.95)

    def plus(self, other: "Vitals") -> "Vitals":
        """The sums of two windows or of two sets of workspaces."""
        buckets = tuple(map(sum, zip(self.buckets, other.buckets, strict=True)))
        summed = {
            each.name: getattr(self, each.name) + getattr(other, each.name)
            for each in fields(Vitals)
            if each.name != "buckets"
        }
        return Vitals(**summed, buckets=buckets)


class Arms(NamedTuple):
    """The vitals of those who have the module and of those who could have it and do not yet."""

    cohort: Vitals
    control: Vitals


class Gauges(NamedTuple):
    """The platform over a window: percentages from 0 to 100 and milliseconds; None where nothing was read."""

    readings: int = 0
    memory: float | None = None
    cpu: float | None = None
    disk: float | None = None
    database_ms: float | None = None
    database_p95_ms: float | None = None
    database_failures: int | None = None


class Use(NamedTuple):
    """How the module is used: distinct users of the last day and week, and counters by name."""

    daily_users: int | None = None
    weekly_users: int | None = None
    counters: Mapping[str, int] = {}


def quantile(buckets: Sequence[int], share: float) -> float | None:
    """The value, in milliseconds, at or under which `share` of the responses lie; None without responses.

    Interpolates within a bucket as Prometheus' `histogram_quantile` does; what lies above the last bound
    counts as that bound.
    """
    count = buckets[-1]
    if not count:
        return None
    rank = share * count
    below, lower = 0, 0
    for bound, upto in zip(BOUNDS, buckets, strict=False):
        if upto >= rank:
            return lower + (bound - lower) * (rank - below) / (upto - below)
        below, lower = upto, bound
    return float(BOUNDS[-1])
