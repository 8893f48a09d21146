"""The requests of each arm's last hour added up, beside what the baselines of its units let expect."""

from dataclasses import dataclass
from functools import cached_property

from monitoring.judging.evidence import LEAST_CONTROL, Evidence
from monitoring.judging.statistics import tail
from monitoring.vitals import Count

LEAST_REQUESTS = 100
# A control that rises by at least this part of the cohort's rise shows the same trouble.
SHARED_RISE = 0.5
# A control's relative rise counts when it is as unlikely as this for its past.
NO_CHANCE = 0.05


@dataclass(frozen=True)
class Pool:
    """An arm: its last hour, the rate that its baselines expect of it, and how that scatters.

    Each unit's baseline is weighted by its last 3 h; `expected` is None where nobody has one and traffic.
    """

    count: Count
    expected: float | None
    dispersion: float
    units: int

    @property
    def rise(self) -> float:
        return self.count.rate - (self.expected or 0.0)

    @property
    def likelihood(self) -> float:
        """How likely so many errors are for these units' past; 0 where it is not known."""
        if self.expected is None:
            return 0.0
        return tail(self.count.errors, self.count.requests * self.expected, self.dispersion)


@dataclass(frozen=True)
class Pools:
    """Both arms of the last hour."""

    evidence: Evidence

    @cached_property
    def cohort(self) -> Pool:
        return _pool(self.evidence, self.evidence.hour.cohort.total, in_cohort=True)

    @cached_property
    def control(self) -> Pool:
        return _pool(self.evidence, self.evidence.hour.control.total, in_cohort=False)

    @property
    def comparable(self) -> bool:
        """Whether ten units of the control had a baseline and traffic, and together a hundred requests."""
        return self.control.units >= LEAST_CONTROL and self.control.count.requests >= LEAST_REQUESTS

    @property
    def shared(self) -> bool:
        """Whether the control rose over its own baseline by half of the cohort's rise.

        In points, or as a multiple of what was expected: an incident may add errors or multiply them.
        """
        cohort, control = self.cohort, self.control
        if control.rise >= SHARED_RISE * cohort.rise:
            return True
        if not cohort.expected or not control.expected:
            return False
        relative = control.rise / control.expected >= SHARED_RISE * cohort.rise / cohort.expected
        return relative and control.likelihood < NO_CHANCE


def _pool(evidence: Evidence, count: Count, *, in_cohort: bool) -> Pool:
    requests, errors, scatter, units = 0, 0.0, 0.0, 0
    fleet_rate = evidence.fleet.rate
    for each in evidence.units:
        if each.in_cohort is in_cohort and each.baseline is not None and each.recent.requests:
            mean = each.recent.requests * each.baseline.rate(fleet_rate)
            units += 1
            requests += each.recent.requests
            errors += mean
            scatter += each.baseline.dispersion * mean * mean
    return Pool(
        count, errors / requests if requests else None, scatter / (errors * errors) if errors else 0.0, units
    )
