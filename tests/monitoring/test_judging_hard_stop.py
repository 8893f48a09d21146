"""Hard stop and partial break (SPEC 4.3, 1): counted by hand, at each limit."""

from datetime import timedelta
from typing import Any

import pytest

from monitoring.judging.breakage import hard_stop, partial_break
from monitoring.judging.findings import Criterion
from monitoring.vitals import Arms, Count, UnitKey
from tests.monitoring.judging_evidence import HEALTHY, SLOT, Past, by_day, evidence, unit, units, vitals

# The baseline is 1.1 %: 6 of 60 is 8.9 points more.
BAD = Count(60, 6)


def stop(cohort: list[Count], control: list[Count], **said: Any) -> Criterion:
    return hard_stop(evidence(units=units(cohort, control), **said))


def test_a_cohort_that_fails_alone_is_the_features_doing() -> None:
    found = stop([BAD] * 12 + [HEALTHY] * 52, [BAD] + [HEALTHY] * 566)
    assert not found.breaks
    found = stop([BAD] * 32 + [HEALTHY] * 32, [BAD] + [HEALTHY] * 566)
    assert (found.breaks, found.cause, found.met) == (True, "feature", False)
    assert found.reason == (
        "32 of 64 workspaces with the feature are failing, 1 of 567 without it: the feature is the cause."
    )


@pytest.mark.parametrize(
    ("bad", "of", "control_bad", "breaks"),
    [
        (3, 10, 0, True),
        (29, 100, 0, False),
        (30, 100, 0, True),
        (40, 100, 1, True),
        (39, 100, 1, False),
        (2, 2, 0, False),
        (3, 3, 0, True),
    ],
)
def test_thirty_points_above_the_control_and_three_bad_ones(
    bad: int, of: int, control_bad: int, breaks: bool
) -> None:
    cohort = [BAD] * bad + [HEALTHY] * (of - bad)
    assert stop(cohort, [BAD] * control_bad + [HEALTHY] * (10 - control_bad)).breaks is breaks


@pytest.mark.parametrize(
    ("count", "bad"),
    [
        (Count(20, 3), True),
        (Count(19, 19), False),
        (Count(30, 2), False),
        # 5 points above the baseline's 16 in 1600, which is 1 %.
        (Count(100, 6), False),
        (Count(100, 7), True),
    ],
)
def test_bad_is_twenty_requests_three_errors_and_five_points_more(count: Count, bad: bool) -> None:
    assert stop([count] * 5, [HEALTHY] * 10).breaks is bad


def test_one_check_is_not_enough() -> None:
    new = [unit(f"in{number}", True, BAD, earlier=HEALTHY) for number in range(5)]
    found = hard_stop(evidence(units=[*new, *units([], [HEALTHY] * 20)]))
    assert (found.breaks, found.holds, found.cause) == (False, True, "unclear")
    assert found.reason.endswith("The next check decides.")


def test_a_control_that_fails_half_as_much_is_the_platform() -> None:
    found = stop([Count(60, 30)] * 10, [Count(60, 15)] * 20)
    assert (found.breaks, found.holds, found.cause) == (False, True, "platform")
    assert found.reason.startswith("The whole platform is ill (10 of 10 workspaces with the feature")
    assert found.reason.endswith("the feature is not the cause.")


def test_a_cohort_that_fails_far_worse_than_an_ill_platform_is_still_stopped() -> None:
    assert stop([Count(60, 60)] * 10, [Count(60, 4)] * 6 + [HEALTHY] * 14).breaks


def test_workspaces_too_small_to_be_bad_still_tell_that_errors_tripled_everywhere() -> None:
    """One in ten of a large workspace's requests fails as at nine of ten small ones nothing is proved."""
    small = [Count(20, 2)] * 40
    found = stop([Count(400, 40)] * 10, small)
    assert (found.breaks, found.cause) == (False, "platform")


def test_units_without_a_baseline_or_traffic_count_for_nothing() -> None:
    unknown = [unit(f"new{number}", True, BAD, baseline=None) for number in range(9)]
    found = hard_stop(evidence(units=[*unknown, *units([Count()], [HEALTHY] * 20)]))
    assert (found.met, found.holds, found.n) == (None, False, 0)


@pytest.mark.parametrize("control", [9, 0])
def test_below_ten_in_the_control_trouble_soon_after_a_change_is_a_breach(control: int) -> None:
    past = Past(counted=lambda hours_ago: _failing(40 if hours_ago < 2 else 0))
    found = stop(
        [BAD] * 40, [HEALTHY] * control, history=past, changed_at=SLOT - timedelta(hours=2), percentage=100
    )
    assert (found.breaks, found.cause) == (True, "feature")
    assert "within two hours of the plan's last change" in found.reason


def test_without_a_control_six_hours_of_trouble_hold_and_longer_trouble_is_stopped() -> None:
    """An incident of six hours touches seven clock hours, each of them in three windows of three."""
    short = stop([BAD] * 40, [], history=Past(counted=lambda ago: _failing(40 if ago < 9 else 0)))
    assert (short.breaks, short.holds, short.cause) == (False, True, "unclear")
    assert "a rollback to 50 % restores one" in short.reason
    long = stop([BAD] * 40, [], history=Past(counted=lambda ago: _failing(40)))
    assert (long.breaks, long.cause) == (True, "unclear")


def test_the_past_is_asked_for_only_when_something_is_wrong_and_no_further_than_needed() -> None:
    past = Past(counted=lambda ago: _failing(40 if ago < 3 else 0))
    stop([HEALTHY] * 40, [], history=past)
    assert past.asked == []
    stop([BAD] * 40, [], history=past)
    assert past.asked == [0, 1, 2, 3]


def _failing(number: int) -> dict[UnitKey, Count]:
    return {UnitKey(f"in{each:04}"): BAD for each in range(number)}


def test_at_night_the_controls_requests_tell_where_no_single_workspace_does() -> None:
    """Too few requests each to be judged, enough together: one in ten fails without the feature as well."""
    night = Arms(vitals(600, 60), vitals(300, 30))
    found = stop([BAD] * 10, [Count(15, 2)] * 20, hour=night, changed_at=SLOT)
    assert (found.breaks, found.cause) == (False, "platform")


# The partial break: the same over a day, two bad ones, fifteen points, two days in a row.
DAY, BAD_DAY = Count(240, 3), Count(240, 40)


def test_two_bad_ones_on_two_days_are_a_partial_break() -> None:
    found = partial_break(evidence(units=by_day([BAD_DAY] * 2 + [DAY] * 8, [DAY] * 90)))
    assert (found.breaks, found.cause) == (True, "feature")
    assert found.reason == (
        "2 of 10 workspaces with the feature are failing, 0 of 90 without it over 24 hours, and on the day "
        "before as well: the feature is the cause."
    )


@pytest.mark.parametrize(
    ("bad", "of", "breaks"), [(1, 5, False), (2, 13, True), (2, 14, False), (3, 20, True)]
)
def test_a_partial_break_takes_two_and_fifteen_points(bad: int, of: int, breaks: bool) -> None:
    cohort = [BAD_DAY] * bad + [DAY] * (of - bad)
    assert partial_break(evidence(units=by_day(cohort, [DAY] * 20))).breaks is breaks


def test_one_day_of_a_partial_break_holds() -> None:
    new = [unit(f"in{number}", True, day=BAD_DAY, day_before=DAY) for number in range(4)]
    found = partial_break(evidence(units=[*new, *by_day([], [DAY] * 20)]))
    assert (found.breaks, found.holds) == (False, True)


def test_a_partial_break_that_the_control_shows_is_the_platforms() -> None:
    found = partial_break(evidence(units=by_day([BAD_DAY] * 8, [BAD_DAY] * 8 + [DAY] * 8)))
    assert (found.breaks, found.holds, found.cause) == (False, True, "platform")


def test_without_a_control_there_is_no_partial_break() -> None:
    found = partial_break(evidence(units=by_day([BAD_DAY] * 8, [DAY] * 9)))
    assert (found.met, found.holds) == (None, False)
