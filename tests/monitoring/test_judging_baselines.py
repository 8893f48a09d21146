from collections.abc import Iterator, Mapping

import pytest

from monitoring.judging.aa_test import aa_test
from monitoring.judging.baselines import Baseline, Days, baselines_of, fleet_dispersion, without_each
from monitoring.vitals import Count, UnitKey

ONE, OTHER = UnitKey("one"), UnitKey("other")


def days_of(errors: list[int], requests: int = 1_000) -> Days:
    found = Days()
    for each in errors:
        found.add(Count(requests, each))
    return found


def test_a_rate_is_shrunk_by_two_hundred_requests_at_the_fleets() -> None:
    assert Baseline(1_800, 90, 0.0).rate(0.01) == pytest.approx((90 + 2) / 2_000)
    assert Baseline(1, 1, 0.0).rate(0.01) == pytest.approx(3 / 201)


def test_the_dispersion_is_what_scatters_beyond_poisson() -> None:
    """By hand: mean 10; squares 14 * 25, times 14/13; less 140; over 14 * 100."""
    raw, _ = days_of([5, 15] * 7).scatter
    assert raw == pytest.approx((14 * 25 * 14 / 13 - 140) / 1_400)


def test_days_that_are_all_alike_have_no_dispersion() -> None:
    assert days_of([10] * 14).scatter[0] < 0
    assert days_of([10] * 14).baseline(0.0).dispersion == 0.0


def test_a_unit_with_few_errors_takes_the_fleets_dispersion() -> None:
    assert days_of([1] + [0] * 13, requests=50).baseline(0.3).dispersion == pytest.approx(0.3, abs=0.01)
    assert days_of([0] * 14).baseline(0.3).dispersion == 0.3


def test_a_unit_with_many_errors_is_drawn_two_thirds_of_the_way_to_the_fleets() -> None:
    found = days_of([500, 1_500] * 7, requests=100_000)
    raw, days = found.scatter
    assert days == pytest.approx(14, rel=0.01)
    assert found.baseline(0.0).dispersion == pytest.approx(raw / 3, rel=0.01)


def test_the_fleets_dispersion_is_that_of_units_that_can_tell() -> None:
    telling, silent = days_of([50, 150] * 7, requests=10_000), days_of([1] + [0] * 13, requests=10)
    assert fleet_dispersion([telling, silent]) == pytest.approx(telling.scatter[0], rel=0.02)
    assert fleet_dispersion([]) == 0.0


def test_baselines_are_taken_one_day_at_a_time() -> None:
    def days() -> Iterator[Mapping[UnitKey, Count]]:
        for number in range(14):
            yield {ONE: Count(100, 2), **({OTHER: Count(10, 0)} if number == 3 else {})}

    found = baselines_of(days())
    assert (found.units[ONE].requests, found.units[ONE].errors) == (1_400, 28)
    assert found.units[OTHER].requests == 10
    assert found.fleet == Count(1_410, 28)


def test_a_unit_without_a_request_has_no_baseline() -> None:
    assert baselines_of([{ONE: Count(0, 0), OTHER: Count(5, 1)}]).units.keys() == {OTHER}


def test_each_day_is_set_against_all_the_others() -> None:
    days = [{ONE: Count(100, number)} for number in range(14)]
    left_out = [found.units[ONE].errors for _, found in without_each(lambda: days)]
    assert left_out == [sum(range(14)) - number for number in range(14)]


def _two_weeks(ill_on: int | None = None) -> list[dict[UnitKey, Count]]:
    keys = [UnitKey(f"w{number:03}") for number in range(100)]
    return [
        {
            key: Count(400, 60 if day == ill_on and place < 20 else 3 + (day + place) % 3)
            for place, key in enumerate(keys)
        }
        for day in range(14)
    ]


def in_cohort(key: UnitKey) -> bool:
    return key.workspace < "w020"


def test_the_aa_test_calls_no_day_when_both_arms_were_alike() -> None:
    found = aa_test(_two_weeks, in_cohort, 28)
    assert (found.called, found.days, found.cohort, found.control) == (0, 14, 20, 80)
    assert found.smallest_p is not None
    assert found.smallest_p > found.level == pytest.approx(0.015 / 28)


def test_the_aa_test_finds_the_day_on_which_the_would_be_cohort_was_ill() -> None:
    found = aa_test(lambda: _two_weeks(ill_on=5), in_cohort, 28)
    assert found.called == 1


def test_the_aa_test_compares_nothing_without_ten_in_the_control() -> None:
    found = aa_test(_two_weeks, lambda key: key.workspace < "w095", 28)
    assert (found.called, found.days, found.smallest_p) == (0, 0, None)
