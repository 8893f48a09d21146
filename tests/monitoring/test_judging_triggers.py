"""Rollback triggers (SPEC 4.3, 3): over the last hour, with the control beside them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitoring.judging.baselines import Baseline
from monitoring.judging.evidence import Evidence
from monitoring.judging.triggers import database_failures, error_rate, memory, slow
from monitoring.vitals import Arms, Count, Gauges, Vitals
from tests.monitoring.judging_evidence import QUIET, SLOT, Past, evidence, unit, units, vitals

HOUR = timedelta(hours=1)
SLOW = Vitals(requests=200, buckets=(*[100] * 7, 150, 200))


def failing(errors: int, others: int, **said: Any) -> Evidence:
    """1000 requests of each arm's last hour; each unit's last 3 h are alike."""
    given = {
        "units": units([Count(300, 3 * errors // 10)] * 10, [Count(33, others * 33 // 1_000)] * 90),
        "hour": Arms(vitals(1_000, errors), vitals(1_000, others)),
    }
    return evidence(**{**given, **said})


def test_more_than_five_percent_with_the_feature_alone_is_its_doing() -> None:
    found = error_rate(failing(90, 8))
    assert (found.breaks, found.cause) == (True, "feature")
    assert found.reason == (
        "9 % of the requests with the feature failed in the last hour, 0.8 % without it: "
        "the feature is the cause."
    )


@pytest.mark.parametrize(("errors", "breaks"), [(50, False), (63, False), (64, True)])
def test_the_whole_interval_must_lie_above_five_percent(errors: int, breaks: bool) -> None:
    """Wilson's lower bound of 63 in 1000 is 4.95 %, of 64 in 1000 5.04 %."""
    found = error_rate(failing(errors, 8))
    assert (found.breaks, found.met) == (breaks, not breaks)


def test_fewer_than_a_hundred_requests_tell_nothing() -> None:
    found = error_rate(evidence(hour=Arms(vitals(99, 99), QUIET)))
    assert (found.met, found.holds) == (None, False)


@pytest.mark.parametrize("others", [51, 45, 300])
def test_what_the_control_shows_as_well_is_a_platform_incident(others: int) -> None:
    """Above the threshold itself, or risen by half as much."""
    found = error_rate(failing(80, others))
    assert (found.breaks, found.holds, found.cause) == (False, True, "platform")
    assert found.reason.startswith("The whole platform is ill (8 % of the requests with the feature failed")


def test_an_incident_that_multiplies_errors_is_the_platforms_where_the_cohort_always_had_more() -> None:
    """Five times as many in both arms: 3 to 15 % with the feature, 0.5 to 2.5 % without it."""
    ill = replace(QUIET, requests=1_000)
    cohort = [unit(f"in{n}", True, Count(300, 45))._replace(baseline=_baseline(0.03)) for n in range(10)]
    control = [unit(f"out{n}", False, Count(300, 7))._replace(baseline=_baseline(0.005)) for n in range(90)]
    given = evidence(
        units=[*cohort, *control],
        hour=Arms(replace(ill, errors=150), replace(ill, requests=9_000, errors=210)),
    )
    found = error_rate(given)
    assert (found.breaks, found.cause) == (False, "platform")
    assert "without it requests fail" in found.reason


def _baseline(rate: float) -> Baseline:
    return Baseline(100_000, round(100_000 * rate), 0.2)


def test_a_cohort_that_was_as_bad_before_holds_and_does_not_stop() -> None:
    """One large workspace at 4 % with a bad day is no feature's doing."""
    large = [unit("in", True, Count(3_000, 240))._replace(baseline=_baseline(0.04))]
    given = evidence(
        units=[*large, *units([], [Count(33, 0)] * 90)], hour=Arms(vitals(1_000, 80), vitals(1_000, 8))
    )
    found = error_rate(given)
    assert (found.breaks, found.holds, found.cause) == (False, True, "unclear")
    assert "scattered as far before (4 % on average)" in found.reason


@pytest.mark.parametrize(
    ("hours", "changed_hours_ago", "breaks", "cause"),
    [
        (1, 2, True, "feature"),
        (2, 4, True, "feature"),
        (1, 4, False, "unclear"),
        (7, 100, False, "unclear"),
        (8, 100, True, "unclear"),
        (8, 9, True, "feature"),
    ],
)
def test_without_a_control_it_counts_when_trouble_began_and_how_long_it_lasts(
    hours: int, changed_hours_ago: int, breaks: bool, cause: str
) -> None:
    past = Past(cohort=lambda ago: vitals(1_000, 90 if ago < hours else 8))
    found = error_rate(
        failing(
            90,
            0,
            units=units([Count(300, 27)] * 10, []),
            history=past,
            changed_at=SLOT - changed_hours_ago * HOUR,
        )
    )
    assert (found.breaks, found.holds, found.cause) == (breaks, True, cause)


@pytest.mark.parametrize(("others", "cause", "breaks"), [(60, "platform", False), (8, "feature", True)])
def test_a_control_of_few_workspaces_can_clear_the_feature_and_not_convict_it(
    others: int, cause: str, breaks: bool
) -> None:
    """Users of one workspace with and without the feature: convicted by when it began, not by comparison."""
    two = units([Count(3_000, 270)], [Count(3_000, others * 3)])
    past = Past(cohort=lambda ago: vitals(1_000, 90 if ago < 1 else 8))
    found = error_rate(failing(90, others, units=two, history=past, changed_at=SLOT - HOUR))
    assert (found.cause, found.breaks) == (cause, breaks)
    assert past.asked == ([] if cause == "platform" else [0, 1])


def test_slow_responses_with_the_feature_alone_are_its_doing() -> None:
    found = slow(evidence(hour=Arms(SLOW, QUIET)))
    assert (found.breaks, found.cause, found.value) == (True, "feature", 5_000)


@pytest.mark.parametrize(
    ("others", "breaks"),
    [
        (SLOW.buckets, False),
        # A p95 of 1667 ms, and one of 950 ms: less than half of 2000.
        ((*[100] * 5, 180, 195, 200, 200), True),
        ((*[100] * 5, 191, 200, 200, 200), True),
    ],
)
def test_slow_responses_without_the_feature_as_well_are_the_platforms(
    others: tuple[int, ...], breaks: bool
) -> None:
    found = slow(evidence(hour=Arms(SLOW, Vitals(requests=200, buckets=others))))
    assert (found.breaks, found.holds) == (breaks, True)
    assert found.cause == ("feature" if breaks else "platform")


def test_half_as_slow_without_the_feature_is_the_platforms() -> None:
    """p95 of 2375 ms with it, of 1667 ms without it."""
    cohort = Vitals(requests=200, buckets=(*[100] * 6, 188, 204, 204))
    control = Vitals(requests=200, buckets=(*[100] * 5, 180, 195, 200, 200))
    assert slow(evidence(hour=Arms(cohort, control))).cause == "platform"


def test_few_response_times_tell_nothing() -> None:
    few = replace(SLOW, buckets=(*[0] * 8, 99))
    assert slow(evidence(hour=Arms(few, QUIET))).met is None
    assert slow(evidence(hour=Arms(vitals(200, 0), QUIET))).met is True


FULL, FAILED = Gauges(memory=95.1, database_failures=0), Gauges(memory=50.0, database_failures=1)


@pytest.mark.parametrize(("rule", "read"), [(memory, FULL), (database_failures, FAILED)])
@pytest.mark.parametrize(
    ("hours", "changed_hours_ago", "breaks"),
    [(1, 1, True), (1, 3, True), (2, 4, True), (1, 4, False), (9, 1, False)],
)
def test_what_has_no_arms_is_the_features_when_it_began_within_two_hours_of_a_change(
    rule: Any, read: Gauges, hours: int, changed_hours_ago: int, breaks: bool
) -> None:
    past = Past(platform=lambda ago: read if ago < hours else Gauges(memory=50.0, database_failures=0))
    found = rule(evidence(gauges=read, history=past, changed_at=SLOT - changed_hours_ago * HOUR))
    assert (found.breaks, found.holds) == (breaks, True)
    assert found.cause == ("feature" if breaks else "platform")


def test_memory_of_ninety_five_percent_and_no_failed_connection_are_fine() -> None:
    calm = evidence(gauges=Gauges(memory=95.0, database_failures=0))
    assert (memory(calm).met, database_failures(calm).met) == (True, True)


def test_what_is_not_measured_is_unknown_and_holds_nothing() -> None:
    blind = evidence(gauges=Gauges())
    assert {(each.met, each.holds) for each in (memory(blind), database_failures(blind))} == {(None, False)}
