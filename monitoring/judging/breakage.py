"""Hard stop and partial break: workspaces that fail far more than they used to (SPEC 4.3, 1)."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitoring.judging.evidence import LEAST_CONTROL, Evidence, Unit
from monitoring.judging.findings import FEATURE, PLATFORM, UNCLEAR, Criterion
from monitoring.judging.onset import without_control
from monitoring.judging.weather import CALM, SHARED_RISE, Counted, Weather, weather
from monitoring.judging.wording import arms, platform
from monitoring.vitals import Count

GROUP = "hard stop"
LEAST_REQUESTS, LEAST_ERRORS, BAD_RISE = 20, 3, 0.05
# In percentage points above the control, and the fewest bad units.
HARD_STOP_POINTS, HARD_STOP_LEAST = 30, 3
PARTIAL_POINTS, PARTIAL_LEAST = 15, 2
# Below this, in errors per request, a rise of the control is nothing.
LEAST_SHARED_RISE = 0.001
# Each ill hour lies in three windows of 3 h.
WINDOW_SMEAR = 2


@dataclass(slots=True)
class Arm:
    """The units of an arm that had enough requests to be judged, the bad ones, and the sum of their rises."""

    judged: int = 0
    bad: int = 0
    rises: float = 0.0

    @property
    def rise(self) -> float:
        """The mean rise of the error rate over the baseline, each unit counting the same."""
        return self.rises / self.judged if self.judged else 0.0

    @property
    def numbers(self) -> tuple[int, int]:
        return self.bad, self.judged


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two arms over one window."""

    cohort: Arm
    control: Arm

    @property
    def possible(self) -> bool:
        return self.control.judged >= LEAST_CONTROL

    def exceeds(self, points: int, least: int, *, alone: bool = False) -> bool:
        """Whether at least `least` of the cohort are bad, and their share so many points above the control's.

        In whole numbers; `alone` leaves the control out.
        """
        cohort, control = self.cohort, self.control
        judged, bad = (1, 0) if alone or not control.judged else (control.judged, control.bad)
        excess = 100 * (cohort.bad * judged - bad * cohort.judged)
        return cohort.bad >= least and excess >= points * cohort.judged * judged

    @property
    def shared(self) -> bool:
        """Whether the control shows the same: half the cohort's rise, or half its share of bad units."""
        cohort, control = self.cohort, self.control
        by_share = 2 * control.bad * cohort.judged >= cohort.bad * control.judged
        return by_share or self.risen_alike

    @property
    def risen_alike(self) -> bool:
        """Whether the control rose by half of the cohort's rise or more, the mean of the units."""
        return self.control.rise >= max(SHARED_RISE * self.cohort.rise, LEAST_SHARED_RISE)


def compare(units: Iterable[Unit], fleet_rate: float, counted: Counted, during: Weather = CALM) -> Comparison:
    """Judge each unit with a baseline by what is `counted` of it, and what the weather lets expect."""
    found = Comparison(Arm(), Arm())
    for unit in units:
        count = counted(unit)
        if count.requests < LEAST_REQUESTS or unit.baseline is None:
            continue
        arm = found.cohort if unit.in_cohort else found.control
        rise = count.errors / count.requests - during.raised(unit.baseline.rate(fleet_rate))
        arm.judged += 1
        arm.rises += rise
        arm.bad += rise > BAD_RISE and count.errors >= LEAST_ERRORS
    return found


def hard_stop(evidence: Evidence) -> Criterion:
    """Hourly: the bad share of the cohort exceeds the control's by 30 points in two checks in a row."""
    units, fleet_rate = evidence.units, evidence.fleet.rate
    now = compare(units, fleet_rate, _recent)
    if not now.exceeds(HARD_STOP_POINTS, HARD_STOP_LEAST, alone=True):
        return _calm(evidence, now)
    alone = not now.possible
    during = weather(units, fleet_rate, _recent)
    said = _numbers(evidence, now)
    raised = compare(units, fleet_rate, _recent, during)
    explained = during.possible and not raised.exceeds(HARD_STOP_POINTS, HARD_STOP_LEAST, alone=alone)
    exceeds = now.exceeds(HARD_STOP_POINTS, HARD_STOP_LEAST, alone=alone)
    if (exceeds and explained) or (now.possible and now.shared):
        return _criterion(now, False, platform(said, during), cause=PLATFORM)
    if not exceeds:
        reason = f"{said}: too small a difference to blame the feature."
        return _criterion(now, False, reason, cause=UNCLEAR)
    before = compare(units, fleet_rate, lambda unit: unit.earlier)
    if not before.exceeds(HARD_STOP_POINTS, HARD_STOP_LEAST, alone=alone):
        return _criterion(now, False, f"{said}. The next check decides.", cause=UNCLEAR)
    if not alone:
        return _criterion(now, False, f"{said}: the feature is the cause.", breaks=True, cause=FEATURE)
    found = without_control(evidence, lambda hours_ago: _was_failing(evidence, hours_ago), WINDOW_SMEAR)
    return _criterion(now, False, f"{said}. {found.reason}", breaks=found.breaks, cause=found.cause)


def _recent(unit: Unit) -> Count:
    return unit.recent


def _calm(evidence: Evidence, now: Comparison) -> Criterion:
    if not now.cohort.judged:
        word = evidence.unit_word
        reason = f"None of the {word} with the feature had {LEAST_REQUESTS} requests in the last 3 hours."
        return _criterion(now, None, reason)
    return _criterion(now, True, f"{_numbers(evidence, now)}.")


def _was_failing(evidence: Evidence, hours_ago: int) -> bool:
    counts = evidence.history.counts(hours_ago)
    then = compare(evidence.units, evidence.fleet.rate, lambda unit: counts.get(unit.key, Count()))
    return then.exceeds(HARD_STOP_POINTS, HARD_STOP_LEAST, alone=True)


def _day(unit: Unit) -> Count:
    return unit.day


def partial_break(evidence: Evidence) -> Criterion:
    """Daily: two or more are bad and their share is 15 points above the control's, on two days in a row."""
    units, fleet_rate = evidence.units, evidence.fleet.rate
    today = compare(units, fleet_rate, _day)
    name = "partial_break"
    if not today.possible:
        return _criterion(today, None, "There is no control to compare with.", name=name)
    said = f"{_numbers(evidence, today)} over 24 hours"
    if not today.exceeds(PARTIAL_POINTS, PARTIAL_LEAST):
        return _criterion(today, True, f"{said}.", name=name)
    during = weather(units, fleet_rate, _day)
    raised = compare(units, fleet_rate, _day, during)
    if today.shared or not raised.exceeds(PARTIAL_POINTS, PARTIAL_LEAST):
        return _criterion(today, False, platform(said, during), name=name, cause=PLATFORM)
    before = compare(units, fleet_rate, lambda unit: unit.day_before)
    if not before.exceeds(PARTIAL_POINTS, PARTIAL_LEAST):
        return _criterion(today, False, f"{said}. The next day decides.", name=name, cause=UNCLEAR)
    reason = f"{said}, and on the day before as well: the feature is the cause."
    return _criterion(today, False, reason, name=name, breaks=True, cause=FEATURE)


def _numbers(evidence: Evidence, found: Comparison) -> str:
    if found.control.judged:
        return arms(found.cohort.numbers, found.control.numbers, evidence.unit_word, "failing")
    return (
        f"{found.cohort.bad:,} of {found.cohort.judged:,} {evidence.unit_word} with the feature are failing"
    )


def _criterion(
    found: Comparison,
    met: bool | None,
    reason: str,
    *,
    name: str = "hard_stop",
    breaks: bool = False,
    cause: str = "",
) -> Criterion:
    cohort, control = found.cohort, found.control
    excess = cohort.bad / cohort.judged if cohort.judged else None
    if excess is not None and control.judged:
        excess -= control.bad / control.judged
    return Criterion(
        name=name,
        group=GROUP,
        met=met,
        holds=met is False,
        breaks=breaks,
        cause=cause,
        value=excess,
        threshold=(HARD_STOP_POINTS if name == "hard_stop" else PARTIAL_POINTS) / 100,
        n=cohort.judged,
        reason=reason,
    )
