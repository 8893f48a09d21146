"""What a judgement looks at, as the caller measured it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from monitoring.judging.baselines import Baseline
from monitoring.vitals import Arms, Count, Gauges, UnitKey

HOUR = timedelta(hours=1)
# Both for a comparison (SPEC 4.3): units of the control with traffic and a baseline.
LEAST_CONTROL = 10


class Unit(NamedTuple):
    """An eligible unit: a workspace, or in user modules its users of one arm, sharing its baseline.

    `recent` are the 3 h that end at the slot and `earlier` the 3 h that end one hour before. `day` and
    `day_before` are the last 24 h and the 24 h before; they are looked at when a look is due.
    """

    key: UnitKey
    in_cohort: bool
    baseline: Baseline | None
    recent: Count = Count()
    earlier: Count = Count()
    day: Count = Count()
    day_before: Count = Count()


class Adoption(NamedTuple):
    """Units at least 5 days in the cohort, and how many of them used the module in the last 7 days."""

    used: int
    settled: int

    @property
    def share(self) -> float | None:
        """As a fraction; None before any unit has been in for 5 days."""
        return self.used / self.settled if self.settled else None


class Due(NamedTuple):
    """That a daily look is due: its number, from 1, and how many the plan's phases make."""

    number: int
    planned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """A phase's criteria; the fields of `rollout.models.Phase`. Rates are fractions, times milliseconds."""

    max_error_rate: float
    max_p95_ms: float
    target_error_rate: float | None = None
    min_adoption: float | None = None
    max_database_p95_ms: float | None = None
    min_satisfaction: float | None = None
    no_open_critical_issue: bool = False
    stable_for: timedelta | None = None
    all_flags_available: bool = False


class History(Protocol):
    """Earlier hours, asked for newest first and only when something is wrong. All calls are lazy.

    `hours_ago` 0 is what ends at the slot, 1 what ends one hour before, and so on.
    """

    def arms(self, hours_ago: int) -> Arms:
        """The vitals of that one hour, of the arms as they are made up now."""

    def gauges(self, hours_ago: int) -> Gauges:
        """The platform's readings of that one hour."""

    def counts(self, hours_ago: int) -> Mapping[UnitKey, Count]:
        """Each unit's requests and errors of the 3 h that ended then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that one judgement rests on. Its windows end at `slot`; texts print times as given.

    `fleet` are the baselines' sums over all units. `hour` and `day` are the last hour and 24 h; `gauges` the
    platform over the last hour, `database_p95_ms` over 24 h. `heard` says whether the source measured
    anything at all in the last 3 h. `critical_issues` are open now. `satisfaction` is the mean of the
    `ratings` of 7 days, None of fewer than 5. `missing_flags` is None where unknown; `trouble` names what
    broke the calm of `stable_for`, "" is calm and None unknown. `ticked` are names of criteria that a person
    vouches for. `look` is set when a look is due; `last_look` are the findings of the last look on the plan's
    present version, `next_look_at` the first one's time. `other_changes` name what else changed meanwhile (a
    release, a second plan).
    """

    slot: datetime
    percentage: int
    changed_at: datetime | None
    units: Collection[Unit]
    fleet: Count
    hour: Arms
    day: Arms
    history: History
    heard: bool
    gauges: Gauges
    database_p95_ms: float | None = None
    phase: Thresholds | None = None
    adoption: Adoption | None = None
    critical_issues: int = 0
    satisfaction: float | None = None
    ratings: int = 0
    missing_flags: Collection[str] | None = None
    trouble: str | None = None
    ticked: Collection[str] = ()
    look: Due | None = None
    last_look: Mapping[str, Any] | None = None
    next_look_at: datetime | None = None
    by_workspace: bool = True
    id_ordered: bool = False
    other_changes: Collection[str] = ()
    unit_word: str = "workspaces"
