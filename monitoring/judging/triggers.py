"""Rollback triggers over the last hour, with the control beside them (SPEC 4.3, 3)."""

from collections.abc import Callable
from functools import partial
from itertools import islice

from monitoring.judging.evidence import LEAST_CONTROL, Evidence, Unit
from monitoring.judging.findings import FEATURE, PLATFORM, UNCLEAR, Criterion
from monitoring.judging.onset import hours_in_a_row, soon_after_change, without_control
from monitoring.judging.statistics import wilson
from monitoring.judging.weather import CALM, SHARED_RISE, Pool, Weather, pool, weather
from monitoring.judging.wording import percent, platform
from monitoring.vitals import Count, Gauges, Vitals

GROUP = "triggers"
MOST_ERRORS, LEAST_REQUESTS = 0.05, 100
MOST_P95_MS = 2000
MOST_MEMORY = 95
# How unlikely the hour must be for the cohort's own past: one large workspace's bad day is no breach.
UNLIKELY = 0.001
# How far back the beginning of a platform's trouble is looked for: far enough to tell 2 h after a change.
FAR_BACK = 4


def triggers(evidence: Evidence) -> tuple[Criterion, ...]:
    """All four, each met, broken, held as a platform incident, or without evidence."""
    return (error_rate(evidence), slow(evidence), database_failures(evidence), memory(evidence))


def error_rate(evidence: Evidence) -> Criterion:
    """More than 5 % of the cohort's requests fail, at Wilson's 95 % lower bound."""
    cohort, control = evidence.hour.cohort.total, evidence.hour.control.total
    interval = wilson(cohort.errors, cohort.requests)
    say = partial(
        Criterion,
        name="errors_over_5_percent",
        group=GROUP,
        value=cohort.rate if cohort.requests else None,
        threshold=MOST_ERRORS,
        n=cohort.requests,
        interval=interval,
    )
    if cohort.requests < LEAST_REQUESTS:
        return say(met=None, reason=f"Only {cohort.requests} requests in the last hour.")
    said = f"{percent(cohort.rate)} of the requests with the feature failed in the last hour"
    if not many_fail(evidence.hour.cohort):
        return say(met=True, reason=f"{said}.")
    own = _expected(evidence, cohort=True)
    if own.likelihood(cohort) >= UNLIKELY:
        reason = f"{said}, but their days scattered as far before ({percent(own.rate or 0.0)} on average)."
        return say(met=False, holds=True, cause=UNCLEAR, reason=reason)
    during = weather(evidence.units, evidence.fleet.rate, _recent)
    if control.requests >= LEAST_REQUESTS:
        shared = control.rate > MOST_ERRORS or _risen_alike(evidence, own) or _explained(evidence, during)
        if shared or _has_control(evidence):
            said += f", {percent(control.rate)} without it"
            return _against_control(say, said, during, shared=shared)
    return _alone(evidence, say, said, lambda ago: many_fail(evidence.history.arms(ago).cohort))


def slow(evidence: Evidence) -> Criterion:
    """The cohort's p95 is over 2000 ms."""
    cohort, control = evidence.hour.cohort, evidence.hour.control
    p95, other = cohort.p95_ms, control.p95_ms
    say = partial(
        Criterion,
        name="p95_over_2000_ms",
        group=GROUP,
        value=p95,
        threshold=MOST_P95_MS,
        n=cohort.buckets[-1],
    )
    if p95 is None or cohort.buckets[-1] < LEAST_REQUESTS:
        return say(met=None, reason=f"Only {cohort.buckets[-1]} response times in the last hour.")
    said = f"The slowest 5 % of responses with the feature took over {p95:.0f} ms in the last hour"
    if not is_slow(cohort):
        return say(met=True, reason=f"{said}.")
    if other is not None and control.buckets[-1] >= LEAST_REQUESTS:
        shared = other > MOST_P95_MS or other >= SHARED_RISE * p95
        if shared or _has_control(evidence):
            said += f", without it {other:.0f} ms"
            return _against_control(say, said, CALM, shared=shared)
    return _alone(evidence, say, said, lambda ago: is_slow(evidence.history.arms(ago).cohort))


def database_failures(evidence: Evidence) -> Criterion:
    """Any failed connection to the database."""
    failures = evidence.gauges.database_failures
    say = partial(Criterion, name="database_failures", group=GROUP, value=failures, threshold=0)
    if failures is None:
        return say(met=None, reason="Failed database connections are not measured.")
    said = f"{failures} database connections failed in the last hour"
    if not failures:
        return say(met=True, reason="No database connection failed in the last hour.")
    return _platform(evidence, say, said, failing_database)


def memory(evidence: Evidence) -> Criterion:
    """Memory is over 95 %, as the mean of the hour's readings."""
    used = evidence.gauges.memory
    say = partial(Criterion, name="memory_over_95_percent", group=GROUP, value=used, threshold=MOST_MEMORY)
    if used is None:
        return say(met=None, reason="Memory is not measured.")
    said = f"Memory was at {used:.0f} % in the last hour"
    if not out_of_memory(evidence.gauges):
        return say(met=True, reason=f"{said}.")
    return _platform(evidence, say, said, out_of_memory)


Sayer = Callable[..., Criterion]


def _against_control(say: Sayer, said: str, during: Weather, *, shared: bool) -> Criterion:
    if shared:
        return say(met=False, holds=True, cause=PLATFORM, reason=platform(said, during))
    return say(met=False, holds=True, breaks=True, cause=FEATURE, reason=f"{said}: the feature is the cause.")


def _alone(evidence: Evidence, say: Sayer, said: str, ill: Callable[[int], bool]) -> Criterion:
    found = without_control(evidence, ill)
    return say(
        met=False, holds=True, breaks=found.breaks, cause=found.cause, reason=f"{said}. {found.reason}"
    )


def _platform(evidence: Evidence, say: Sayer, said: str, ill: Callable[[Gauges], bool]) -> Criterion:
    """What has no arms: the feature's doing when it began soon after a change, else the platform's."""
    hours = hours_in_a_row(lambda ago: ill(evidence.history.gauges(ago)), FAR_BACK)
    if hours < FAR_BACK and soon_after_change(evidence, hours):
        reason = f"{said}, and that began within two hours of the plan's last change."
        return say(met=False, holds=True, breaks=True, cause=FEATURE, reason=reason)
    reason = f"{said}: a platform incident, it did not begin with a change of the plan."
    return say(met=False, holds=True, cause=PLATFORM, reason=reason)


def many_fail(arm: Vitals) -> bool:
    """Whether surely more than 5 % of the requests failed, of at least 100."""
    count = arm.total
    return count.requests >= LEAST_REQUESTS and wilson(count.errors, count.requests).lower > MOST_ERRORS


def is_slow(arm: Vitals) -> bool:
    """Whether the p95 is over 2000 ms, of at least 100 responses."""
    return (arm.p95_ms or 0.0) > MOST_P95_MS and arm.buckets[-1] >= LEAST_REQUESTS


def failing_database(read: Gauges) -> bool:
    """Whether any connection to the database failed."""
    return bool(read.database_failures)


def out_of_memory(read: Gauges) -> bool:
    """Whether memory is over 95 %."""
    return (read.memory or 0.0) > MOST_MEMORY


def _recent(unit: Unit) -> Count:
    return unit.recent


def _has_control(evidence: Evidence) -> bool:
    """Whether ten units without the feature had traffic: fewer can clear the feature, and not convict it.

    What they show now needs no baseline.
    """
    others = (unit for unit in evidence.units if not unit.in_cohort and unit.recent.requests)
    return sum(1 for _ in islice(others, LEAST_CONTROL)) == LEAST_CONTROL


def _expected(evidence: Evidence, *, cohort: bool) -> Pool:
    """What the baselines let expect of an arm, each unit weighted by its last 3 h."""
    return pool(evidence.units, evidence.fleet.rate, _recent, cohort=cohort)


def _risen_alike(evidence: Evidence, own: Pool) -> bool:
    """Whether the control's last hour rose over its baselines by half of the cohort's rise."""
    others = _expected(evidence, cohort=False)
    risen = evidence.hour.cohort.total.rate - (own.rate or 0.0)
    return evidence.hour.control.total.rate - (others.rate or 0.0) >= SHARED_RISE * risen


def _explained(evidence: Evidence, during: Weather) -> bool:
    """Whether the weather of the last 3 h leaves nothing of the cohort's errors unexplained."""
    if not during.possible:
        return False
    found = pool(evidence.units, evidence.fleet.rate, _recent, cohort=True, during=during)
    return found.likelihood(Count(found.requests, found.errors), during.variance) >= UNLIKELY
