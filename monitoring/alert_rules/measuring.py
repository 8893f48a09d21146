"""From the evidence of a health check to a reading of each rule."""

from collections.abc import Callable
from typing import NamedTuple

from monitoring.alert_rules.rules import (
    ADOPTION,
    DATABASE,
    DATABASE_SLOW,
    ERROR_RATE,
    LEAST_REQUESTS,
    MEMORY,
    SLOW,
    SLOWEST,
    Band,
    Reading,
    Rule,
)
from monitoring.alert_rules.wording import Scope
from monitoring.judging.evidence import HOUR, Evidence
from monitoring.judging.statistics import wilson
from monitoring.judging.weather import SHARED_RISE
from monitoring.judging.wording import percent
from monitoring.levels import CRITICAL, ERROR
from monitoring.vitals import BOUNDS, Arms, Count, Vitals

Measure = Callable[[Evidence, Scope], Reading]


class Failures(NamedTuple):
    """The requests of an hour that stand for both arms: the module's own where they are worse."""

    cohort: Count
    control: Count
    word: str

    @property
    def surely(self) -> float:
        """Wilson's 95 % lower bound of the cohort's error rate."""
        return wilson(self.cohort.errors, self.cohort.requests).lower


def readings(evidence: Evidence, scope: Scope) -> tuple[Reading, ...]:
    """Every rule, in the order of `RULES`. The hour before is read only when more than 10 % fail."""
    return tuple(measure(evidence, scope) for measure in MEASURES)


def error_rate(evidence: Evidence, scope: Scope) -> Reading:
    """Above 10 % in two hours in a row it is critical; in the first of them, as at 5 %, an error."""
    counted = _failures(evidence.hour)
    if not counted:
        return Reading(rule=ERROR_RATE, value=None)
    found = max(counted, key=lambda each: each.surely)
    band = _band(ERROR_RATE, lambda limit: found.surely > limit)
    if band is None:
        return Reading(rule=ERROR_RATE, value=max(each.cohort.rate for each in counted))
    before = _hour_before(evidence) if band.level == CRITICAL else None
    level = ERROR if band.level == CRITICAL and before is None else band.level
    rate, other = found.cohort.rate, found.control
    shared = other.requests >= LEAST_REQUESTS and _shared(ERROR_RATE, rate, other.rate)
    summary = (
        f"{percent(rate)} of {found.cohort.requests:,} {found.word} failed {_last_hour(evidence)}"
        f", surely more than {percent(found.surely)}."
    )
    if before is not None:
        summary += f" In the hour before, {percent(before)}."
    return Reading(
        rule=ERROR_RATE,
        value=rate,
        level=level,
        title=f"{percent(rate)} of {found.word} fail {scope.where(shared)}",
        summary=f"{summary} {_without(scope, shared, other.requests, percent(other.rate))}",
        affected=scope.affected(shared),
        advice=scope.advice_on_errors(shared),
    )


def slow(evidence: Evidence, scope: Scope) -> Reading:
    """A limit is broken when, by Wilson's lower bound, over 5 % of the hour's responses took longer."""
    cohort, control = evidence.hour.cohort, evidence.hour.control
    p95, other, count = cohort.p95_ms, control.p95_ms, cohort.buckets[-1]
    if p95 is None or count < LEAST_REQUESTS:
        return Reading(rule=SLOW, value=None)
    band = _band(SLOW, lambda limit: wilson(_slower(cohort, limit), count).lower > SLOWEST)
    if band is None:
        return Reading(rule=SLOW, value=p95)
    others = control.buckets[-1]
    shared = other is not None and others >= LEAST_REQUESTS and _shared(SLOW, p95, other)
    summary = (
        f"5 % of {count:,} responses took over {p95:,.0f} ms {_last_hour(evidence)}; "
        f"{percent(_slower(cohort, band.above) / count)} took over {band.above:,.0f} ms."
    )
    return Reading(
        rule=SLOW,
        value=p95,
        level=band.level,
        title=f"The slowest 5 % of responses take over {p95:,.0f} ms {scope.where(shared)}",
        summary=f"{summary} {_without(scope, shared, others, f'{other or 0:,.0f} ms')}",
        affected=scope.affected(shared),
        advice=scope.advice_on_slowness(shared),
    )


def memory(evidence: Evidence, scope: Scope) -> Reading:
    """Over 90 %. Over 95 % it is a rollback trigger, and the check's own alert as well."""
    used = evidence.gauges.memory
    band = None if used is None else _band(MEMORY, lambda limit: used > limit)
    if used is None or band is None:
        return Reading(rule=MEMORY, value=used)
    return Reading(
        rule=MEMORY,
        value=used,
        level=band.level,
        title=f"Memory is at {used:.0f} %",
        summary=f"Memory was at {used:.1f} % {_last_hour(evidence)}, the mean of "
        f"{evidence.gauges.readings:,} readings; over {band.above:.0f} % is an error.",
        affected=scope.platform,
        advice=scope.advice_on_memory(),
    )


def database(evidence: Evidence, scope: Scope) -> Reading:
    """Failed connections: whoever cannot reach the database has no system."""
    failures = evidence.gauges.database_failures
    if not failures:
        return Reading(rule=DATABASE, value=failures)
    said = "1 database connection" if failures == 1 else f"{failures:,} database connections"
    return Reading(
        rule=DATABASE,
        value=failures,
        level=CRITICAL,
        title=f"{said} failed",
        summary=f"{said} failed {_last_hour(evidence)}: whoever needed one got no answer.",
        affected=scope.platform,
        advice=scope.advice_on_database(),
    )


def database_slow(evidence: Evidence, scope: Scope) -> Reading:
    """What the phase itself asks of the database. A phase that asks nothing misses nothing."""
    most = evidence.phase.max_database_p95_ms if evidence.phase else None
    if most is None:
        return Reading(rule=DATABASE_SLOW, value=0.0)
    found = evidence.database_p95_ms
    value = None if found is None else found / most
    band = None if value is None else _band(DATABASE_SLOW, lambda limit: value > limit)
    if value is None or band is None:
        return Reading(rule=DATABASE_SLOW, value=value)
    return Reading(
        rule=DATABASE_SLOW,
        value=value,
        level=band.level,
        title=f"The database is slow: p95 {found:,.0f} ms",
        summary=f"5 % of the database readings of 24 hours were over {found:,.0f} ms; "
        f"under {most:,.0f} ms is asked for by the present phase.",
        affected=scope.platform,
        advice=scope.advice_on_database(),
    )


def adoption(evidence: Evidence, scope: Scope) -> Reading:
    """Below the minimum of the phase, among those who have had the module for 5 days."""
    least = evidence.phase.min_adoption if evidence.phase else None
    if not least:
        return Reading(rule=ADOPTION, value=0.0)
    found = evidence.adoption
    if found is None or found.share is None:
        return Reading(rule=ADOPTION, value=None)
    if found.used >= least * found.settled:
        return Reading(rule=ADOPTION, value=0.0)
    said = f"{found.used:,} of {found.settled:,} {evidence.unit_word}"
    return Reading(
        rule=ADOPTION,
        value=1 - found.share / least,
        level=ADOPTION.bands[0].level,
        title=f"Only {percent(found.share)} use {scope.name}",
        summary=f"{said} that have had it for 5 days used it in the last 7; {percent(least)} are asked for.",
        affected=scope.affected(),
        advice=scope.advice_on_adoption(),
    )


MEASURES: tuple[Measure, ...] = (error_rate, slow, memory, database, database_slow, adoption)


def _failures(hour: Arms) -> list[Failures]:
    """What can be judged of an hour: all requests, and the module's own where the product sends them."""
    cohort, control = hour
    found = [Failures(cohort.total, control.total, "requests")]
    if cohort.module_requests:
        found.append(Failures(cohort.judged, control.judged, cohort.judged_word))
    return [each for each in found if each.cohort.requests >= LEAST_REQUESTS]


def _hour_before(evidence: Evidence) -> float | None:
    """The error rate of the hour before, where that was surely above the critical line as well."""
    counted = _failures(evidence.history.arms(1))
    found = max(counted, key=lambda each: each.surely, default=None)
    worst = ERROR_RATE.bands[0]
    return found.cohort.rate if found is not None and found.surely > worst.above else None


def _band(rule: Rule, broken: Callable[[float], bool]) -> Band | None:
    """The worst band whose line is broken."""
    return next((band for band in rule.bands if broken(band.above)), None)


def _slower(arm: Vitals, limit: float) -> int:
    """How many responses took longer; the limit is a bound of the histogram."""
    return arm.buckets[-1] - arm.buckets[BOUNDS.index(round(limit))]


def _shared(rule: Rule, value: float, other: float) -> bool:
    """Whether those without the feature show the same: an alert too, and at least half as far."""
    return other > rule.least and other >= SHARED_RISE * value


def _last_hour(evidence: Evidence) -> str:
    began = evidence.slot - HOUR
    return f"from {began:%H:%M} to {evidence.slot:%H:%M %Z}".rstrip()


def _without(scope: Scope, shared: bool, count: int, said: str) -> str:
    """What those without the feature show."""
    if count < LEAST_REQUESTS:
        return f"Too few {scope.word} without the feature to compare with."
    told = f"Without the feature it is {said} of {count:,}"
    return f"{told}: the whole platform is ill." if shared else f"{told}."
