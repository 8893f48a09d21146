"""The technical targets of the post-launch guide, and whether a window met them. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from monitoring.figures import PerformanceMetrics


class Standing(StrEnum):
    """How a figure stands to its target. One that was not measured is unknown, never met."""

    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Target:
    """A figure of `PerformanceMetrics` (`name`) that must stay below `limit`, in `unit` (ms or %).

    It stands on so many `basis`: requests, or readings of the platform.
    """

    name: str
    title: str
    limit: float
    unit: str
    basis: str = "requests"


# Guide post-launch-monitoring, "Key Performance Indicators": those that vitals measure.
TARGETS = (
    Target("api_response_time_p95", "API response, 95th percentile", 500, "ms"),
    Target("database_response_time", "Database response, mean", 100, "ms", "readings"),
    Target("error_rate", "API errors", 1, "%"),
    Target("timeout_rate", "Timeouts", 0.5, "%"),
    Target("memory_usage", "Memory", 80, "%", "readings"),
)


@dataclass(frozen=True)
class Measured:
    """A target with what a window measured; `count` is how many requests or readings it stands on."""

    target: Target
    value: float | None
    count: int

    @property
    def standing(self) -> Standing:
        if self.value is None:
            return Standing.UNKNOWN
        return Standing.MET if self.value < self.target.limit else Standing.MISSED


def measured(performance: PerformanceMetrics) -> list[Measured]:
    """Every target against the figures of one window."""
    return [
        Measured(target, getattr(performance, target.name), getattr(performance, target.basis))
        for target in TARGETS
    ]
