"""Reviews after a rollout is complete (SPEC 4.5), and what the deployment checklist has them look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

DAY, WEEK, MONTH = "day", "week", "month"


@dataclass(frozen=True)
class Stage:
    """`count` reviews, one `every` so often, and what to look at, by the checklist's boxes.

    One that nobody did lapses when the next one is due.
    """

    key: str
    every: timedelta
    count: int
    points: Mapping[str, tuple[str, ...]]


class DueReview(NamedTuple):
    """A review of the cadence: its number in the whole of it, when it is due, and when it is too late."""

    number: int
    stage: str
    due_at: datetime
    lapses_at: datetime


# One after another: a day, then a week, then a month of four weeks.
STAGES = (
    Stage(
        DAY,
        timedelta(minutes=15),
        96,
        {
            "Continuous Monitoring": (
                "System health monitored every 15 minutes",
                "Error logs reviewed hourly",
                "Performance metrics tracked",
                "User feedback monitored",
            ),
            "Key Metrics": (
                "API response times",
                "Error rates",
                "Database performance",
                "Memory and CPU usage",
                "User activity levels",
            ),
        },
    ),
    Stage(
        WEEK,
        timedelta(days=1),
        7,
        {
            "Daily Reviews": (
                "Daily health check reports",
                "Performance trend analysis",
                "User feedback analysis",
                "Issue resolution tracking",
            ),
            "Optimization": (
                "Performance tuning as needed",
                "Database query optimization",
                "Cache configuration adjustment",
                "Resource allocation optimization",
            ),
        },
    ),
    Stage(
        MONTH,
        timedelta(days=7),
        4,
        {
            "Weekly Reviews": (
                "Weekly performance reports",
                "User adoption metrics",
                "Feature usage analytics",
                "System capacity planning",
            ),
        },
    ),
)
POINTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {stage.key: stage.points for stage in STAGES}


def reviews_after(at: datetime) -> Iterator[DueReview]:
    """All 107 reviews of what was complete at `at`, in order."""
    number, due = 0, at
    for stage in STAGES:
        for _ in range(stage.count):
            number, due = number + 1, due + stage.every
            yield DueReview(number, stage.key, due, due + stage.every)
