"""The criteria of a phase: what must hold before the next one runs (SPEC 4.3, 4). They hold, never break."""

from functools import partial

from monitoring.judging.evidence import Evidence, Thresholds
from monitoring.judging.findings import PLATFORM, Criterion
from monitoring.judging.statistics import wilson
from monitoring.judging.wording import percent

GROUP = "phase"
LEAST_REQUESTS = 100
# From this day on a unit's adoption is asked for.
SETTLED_DAYS = 5
SATISFACTION, CRITICAL_ISSUES = "satisfaction", "critical_issues"

say = partial(Criterion, group=GROUP)


def phase_criteria(evidence: Evidence) -> tuple[Criterion, ...]:
    """Each criterion that the phase asks for; none without a phase."""
    phase = evidence.phase
    if phase is None:
        return ()
    found = [_error_rate(evidence, phase), _p95(evidence, phase.max_p95_ms)]
    if phase.max_database_p95_ms is not None:
        found.append(_database_p95(evidence, phase.max_database_p95_ms))
    if phase.min_adoption is not None:
        found.append(_adoption(evidence, phase.min_adoption))
    if phase.no_open_critical_issue:
        found.append(_critical_issues(evidence))
    if phase.min_satisfaction is not None:
        found.append(_satisfaction(evidence, phase.min_satisfaction))
    if phase.stable_for is not None:
        found.append(_stable(evidence, round(phase.stable_for.total_seconds() / 3600)))
    if phase.all_flags_available:
        found.append(_flags(evidence))
    return tuple(found)


def _error_rate(evidence: Evidence, phase: Thresholds) -> Criterion:
    """Below the maximum with its whole Wilson interval, over 24 h, on at least 100 requests."""
    count, most = evidence.day.cohort.judged, phase.max_error_rate
    interval = wilson(count.errors, count.requests)
    tell = partial(
        say,
        name="error_rate",
        value=count.rate if count.requests else None,
        threshold=most,
        n=count.requests,
        interval=interval,
    )
    if count.requests < LEAST_REQUESTS:
        reason = f"Only {count.requests} requests in 24 hours: too few to tell an error rate."
        return tell(met=None, holds=True, reason=reason)
    said = f"{percent(count.rate)} of {count.requests:,} {evidence.day.cohort.judged_word} failed in 24 hours"
    if interval.upper < most:
        return _below(tell, said, count.rate, phase)
    if interval.lower <= most:
        between = f"the true rate lies between {percent(interval.lower)} and {percent(interval.upper)}"
        reason = f"{said}: {between}, which does not tell whether it is under {percent(most)}."
        return tell(met=None, holds=True, reason=reason)
    other = evidence.day.control.judged
    if other.requests >= LEAST_REQUESTS and other.rate >= most:
        reason = f"{said}, {percent(other.rate)} without the feature: the whole platform is above the maximum"
        return tell(met=False, holds=True, cause=PLATFORM, reason=f"{reason} of {percent(most)}.")
    return tell(met=False, holds=True, reason=f"{said}; the maximum is {percent(most)}.")


def _below(tell: partial[Criterion], said: str, rate: float, phase: Thresholds) -> Criterion:
    target = phase.target_error_rate
    if target is not None and rate > target:
        reason = f"{said}: under the maximum, above the target of {percent(target)}."
        return tell(met=True, amber=True, reason=reason)
    return tell(met=True, reason=f"{said}.")


def _p95(evidence: Evidence, most: float) -> Criterion:
    day = evidence.day.cohort
    tell = partial(say, name="p95", value=day.p95_ms, threshold=most, n=day.buckets[-1])
    if day.p95_ms is None or day.buckets[-1] < LEAST_REQUESTS:
        reason = f"Only {day.buckets[-1]} response times in 24 hours: too few to tell."
        return tell(met=None, holds=True, reason=reason)
    said = f"95 % of responses took at most {day.p95_ms:.0f} ms in 24 hours"
    met = day.p95_ms < most
    return tell(met=met, holds=not met, reason=f"{said}; under {most:.0f} ms is asked for.")


def _database_p95(evidence: Evidence, most: float) -> Criterion:
    found = evidence.database_p95_ms
    tell = partial(say, name="database_p95", value=found, threshold=most)
    if found is None:
        return tell(met=None, holds=True, reason="The database's times are not measured.")
    met = found < most
    reason = f"95 % of database readings were at most {found:.0f} ms; under {most:.0f} ms is asked for."
    return tell(met=met, holds=not met, reason=reason)


def _adoption(evidence: Evidence, least: float) -> Criterion:
    """Over those at least 5 days in the cohort; before anybody is, it is not asked for."""
    found = evidence.adoption
    tell = partial(say, name="adoption", threshold=least)
    if found is None:
        return tell(met=None, holds=True, reason="Use of the feature is not measured.")
    used, settled = found
    if not settled:
        return tell(met=None, n=0, reason=f"Asked for from day {SETTLED_DAYS} on.")
    met = used >= least * settled
    said = f"{used} of {settled} {evidence.unit_word} used it in the last 7 days"
    reason = f"{said}; {percent(least)} are asked for."
    return tell(met=met, holds=not met, value=used / settled, n=settled, reason=reason)


def _critical_issues(evidence: Evidence) -> Criterion:
    count = evidence.critical_issues
    reason = f"{count} critical issues are open." if count != 1 else "1 critical issue is open."
    return say(
        name=CRITICAL_ISSUES, value=count, threshold=0, met=not count, holds=bool(count), reason=reason
    )


def _satisfaction(evidence: Evidence, least: float) -> Criterion:
    found, ratings = evidence.satisfaction, evidence.ratings
    tell = partial(say, name=SATISFACTION, value=found, threshold=least, n=ratings)
    if found is None:
        if SATISFACTION in evidence.ticked:
            return tell(met=True, reason="A person vouches for it.")
        counted = "1 rating" if ratings == 1 else f"{ratings} ratings"
        reason = f"{counted} in 7 days: too few to tell. A person may tick this criterion."
        return tell(met=None, holds=True, reason=reason)
    met = found >= least
    reason = f"The mean of {ratings} ratings in 7 days is {found:.1f}; {least:.1f} is asked for."
    return tell(met=met, holds=not met, reason=reason)


def _stable(evidence: Evidence, hours: int) -> Criterion:
    tell = partial(say, name="stable", threshold=float(hours))
    if evidence.trouble is None:
        return tell(met=None, holds=True, reason=f"There are no checks of {hours} hours to tell yet.")
    if evidence.trouble:
        reason = f"Not calm for {hours} hours: {evidence.trouble.rstrip('.')}."
        return tell(met=False, holds=True, reason=reason)
    return tell(met=True, reason=f"No rollback trigger and no critical alert in {hours} hours.")


def _flags(evidence: Evidence) -> Criterion:
    missing = evidence.missing_flags
    tell = partial(say, name="flags_available", value=None if missing is None else len(missing), threshold=0)
    if missing is None:
        return tell(met=None, holds=True, reason="Whether every flag reaches the cohort is not known.")
    if missing:
        reason = f"Not available to the whole cohort: {', '.join(sorted(missing))}."
        return tell(met=False, holds=True, reason=reason)
    return tell(met=True, reason="Every flag of the module reaches the whole cohort.")
