"""The guardrail: daily looks for units more unhealthy than their own past explains (SPEC 4.3, 2)."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from monitoring.judging.baselines import Baseline
from monitoring.judging.breakage import compare, partial_break
from monitoring.judging.evidence import LEAST_CONTROL, Due, Evidence
from monitoring.judging.findings import FEATURE, PLATFORM, Criterion
from monitoring.judging.statistics import Stratum, stratified_p, tail
from monitoring.judging.weather import CALM, Weather, weather
from monitoring.judging.wording import arms, chance, chance_of, platform
from monitoring.vitals import Count

GROUP, NAME = "guardrail", "guardrail"
# The chance that a healthy plan is ever stopped by the guardrail, split over its planned looks.
ALPHA = 0.015
LEAST_ERRORS, LEAST_RISE, UNLIKELY = 3, 1.5, 0.01
# The bounds of the strata, in expected errors.
BOUNDS = (1, 3, 10, 30, 100)
LISTED = 5


class Judged(NamedTuple):
    """A unit in a day: which arm, its baseline, and what was counted."""

    in_cohort: bool
    baseline: Baseline
    day: Count


class Compared(NamedTuple):
    """The strata of one comparison, those with anybody in them."""

    strata: tuple[Stratum, ...]

    @property
    def cohort(self) -> tuple[int, int]:
        """The unhealthy and all units with the feature."""
        return sum(each.cohort_unhealthy for each in self.strata), sum(each.cohort for each in self.strata)

    @property
    def control(self) -> tuple[int, int]:
        return sum(each.control_unhealthy for each in self.strata), sum(each.control for each in self.strata)

    @property
    def possible(self) -> bool:
        return self.control[1] >= LEAST_CONTROL and self.cohort[1] > 0

    @property
    def p(self) -> float:
        return stratified_p(self.strata)

    @property
    def least_p(self) -> float:
        """The p if the whole cohort were unhealthy and nobody else: of two workspaces it is never small."""
        return stratified_p(Stratum(each.cohort, each.cohort, each.control, 0) for each in self.strata)


def compared(units: Iterable[Judged], fleet_rate: float, during: Weather = CALM) -> Compared:
    """Count the unhealthy of each arm, by what was expected of them; units without traffic do not count.

    `during` raises what is expected of each, to ask what is left unexplained by the platform's weather.
    """
    counts = [[0, 0, 0, 0] for _ in range(len(BOUNDS) + 1)]
    for unit in units:
        if not unit.day.requests:
            continue
        expected = unit.day.requests * during.raised(unit.baseline.rate(fleet_rate))
        stratum = counts[bisect_right(BOUNDS, expected)]
        place = 0 if unit.in_cohort else 2
        stratum[place] += 1
        stratum[place + 1] += is_unhealthy(unit.day.errors, expected, unit.baseline.dispersion)
    return Compared(tuple(Stratum(*each) for each in counts if any(each)))


def is_unhealthy(errors: int, expected: float, dispersion: float) -> bool:
    """At least 3 errors, over 1.5 times what was expected, and unlikely even for days that scatter."""
    return (
        errors >= LEAST_ERRORS
        and errors > LEAST_RISE * expected
        and tail(errors, expected, dispersion) < UNLIKELY
    )


def level(planned: int) -> float:
    """The p-value under which one look calls a breach."""
    return ALPHA / max(1, planned)


def look(evidence: Evidence, due: Due) -> dict[str, Any]:
    """The findings of a daily look, in JSON: its criteria, and who could not be counted."""
    found = compared(_judged(evidence), evidence.fleet.rate)
    missing = sorted(each.key for each in evidence.units if each.baseline is None)
    return {
        "number": due.number,
        "planned": due.planned,
        "level": level(due.planned),
        "at": f"{evidence.slot:%Y-%m-%d %H:%M}",
        "strata": [list(each) for each in found.strata],
        "without_baseline": {
            "count": len(missing),
            "first": [" ".join(filter(None, key)) for key in missing[:LISTED]],
        },
        "criteria": [
            _guardrail(evidence, found, level(due.planned)).as_json(),
            partial_break(evidence).as_json(),
        ],
    }


def _guardrail(evidence: Evidence, found: Compared, called_below: float) -> Criterion:
    if not found.possible:
        return _no_comparison(evidence, found)
    p = found.p
    said = arms(found.cohort, found.control, evidence.unit_word, "unhealthy")
    if found.least_p >= called_below:
        reason = f"{said}: too few {evidence.unit_word} to tell a difference from chance; ask in them."
        return Criterion(name=NAME, group=GROUP, met=None, value=p, n=found.cohort[1], reason=reason)
    reason = f"{said} ({chance_of(p)}; called a breach below {chance(called_below)})."
    called = p < called_below
    during = weather(evidence.units, evidence.fleet.rate, lambda unit: unit.day) if called else CALM
    broken = called and not _explained(evidence, during, called_below)
    if called and not broken:
        reason = platform(reason.rstrip("."), during)
    if broken and evidence.id_ordered:
        reason += " The cohort was not chosen at random: it is the lowest ids."
    return Criterion(
        name=NAME,
        group=GROUP,
        met=not called,
        holds=called,
        breaks=broken,
        cause=FEATURE if broken else PLATFORM if called else "",
        value=p,
        threshold=called_below,
        n=found.cohort[1],
        reason=reason,
    )


def _judged(evidence: Evidence) -> Iterator[Judged]:
    return (Judged(each.in_cohort, each.baseline, each.day) for each in evidence.units if each.baseline)


def _explained(evidence: Evidence, during: Weather, called_below: float) -> bool:
    """Whether the control rose as well, or its rise leaves nothing to call."""
    if compare(evidence.units, evidence.fleet.rate, lambda unit: unit.day).risen_alike:
        return True
    return compared(_judged(evidence), evidence.fleet.rate, during).p >= called_below


def _no_comparison(evidence: Evidence, found: Compared) -> Criterion:
    _, cohort = found.cohort
    _, control = found.control
    word = evidence.unit_word
    if evidence.percentage >= 100:
        why = "at 100 % no control is left; a rollback to 50 % restores one"
    elif not cohort:
        why = f"none of the {word} with the feature has both traffic and a baseline"
    else:
        why = f"{control} {word} without the feature have traffic and a baseline, {LEAST_CONTROL} are needed"
    return Criterion(name=NAME, group=GROUP, met=None, n=cohort, reason=f"No comparison is possible: {why}.")


def quoted(evidence: Evidence) -> tuple[Criterion, ...]:
    """The guardrail between looks: what the last one found, or when the first one is.

    Without a look the gate holds, unless no look could ever compare anything.
    """
    if evidence.last_look is not None:
        return tuple(Criterion.from_json(each) for each in evidence.last_look["criteria"])
    known = [unit for unit in evidence.units if unit.baseline is not None]
    in_cohort = sum(unit.in_cohort for unit in known)
    control = len(known) - in_cohort
    if control < LEAST_CONTROL or not in_cohort:
        nobody = Compared((Stratum(in_cohort, 0, control, 0),))
        return (_no_comparison(evidence, nobody),)
    when = f" at {evidence.next_look_at:%Y-%m-%d %H:%M %Z}".rstrip() if evidence.next_look_at else ""
    reason = f"The first daily comparison is{when or ' still to come'}."
    return (Criterion(name=NAME, group=GROUP, met=None, holds=True, n=in_cohort, reason=reason),)
