"""The figures of DORA as values. None stands where nothing is known. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True)
class Frequency:
    """How many deployments were complete, and in how long a time."""

    n: int
    period: timedelta

    @property
    def per_day(self) -> float:
        return self.n * (DAY / self.period)

    @property
    def per_week(self) -> float:
        return self.n * (WEEK / self.period)

    @property
    def level(self) -> str | None:
        """As in `lead_level`; several a day are elite, one a day is high. Of none nothing is known."""
        if self.n == 0:
            return None
        between = self.period / self.n
        return "elite" if between < DAY else _level(between)


@dataclass(frozen=True)
class Times:
    """How long something took, n times: the least that so many percent of them did not exceed."""

    n: int = 0
    median: timedelta | None = None
    p90: timedelta | None = None


@dataclass(frozen=True)
class Rate:
    """`n` of `of` deployments."""

    n: int
    of: int

    @property
    def share(self) -> float | None:
        return self.n / self.of if self.of else None


@dataclass(frozen=True)
class Step:
    """The same figures of one week or month. `key` is the day with which the whole of it begins."""

    key: date
    deployments: int
    lead_time: Times
    change_fail_rate: Rate
    recovery_time: Times
    rework_rate: Rate
    stopped: int


@dataclass(frozen=True)
class Dora:
    """All of one period, from `since` up to but not `until`; `module` is its key, None for all modules."""

    since: datetime
    until: datetime
    module: str | None
    frequency: Frequency
    lead_time: Times
    change_fail_rate: Rate
    recovery_time: Times
    rework_rate: Rate
    stopped: int
    step: str
    trend: tuple[Step, ...]

    @property
    def lead_level(self) -> str | None:
        """Elite, high, medium or low, by the Accelerate State of DevOps Report 2024, "Performance levels".

        https://dora.dev/research/2024/dora-report/: elite in less than a day, high within a week, medium
        within a month. Levels stand where those of the report are in order alone: its high teams fail more
        often (20 %) than its medium ones (10 %), and both recover in less than a day.
        """
        median = self.lead_time.median
        if median is None:
            return None
        return "elite" if median < DAY else _level(median)


def _level(length: timedelta) -> str:
    if length <= WEEK:
        return "high"
    return "medium" if length <= MONTH else "low"
