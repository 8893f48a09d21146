import time
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc
from scipy.stats import binomtest, fisher_exact, nbinom, poisson

from monitoring.judging.statistics import Interval, Stratum, stratified_p, tail, wilson

MEANS = [1e-6, 1e-3, 0.1, 1, 3.7, 30, 1e3, 1e5, 1e6]
DISPERSIONS = [0.0, 1e-6, 1e-3, 0.05, 0.25, 1, 4]


@pytest.mark.parametrize(
    ("errors", "requests"), [(0, 1), (0, 100), (1, 100), (5, 100), (50, 50), (7, 1_000_000)]
)
def test_wilson_is_the_interval_of_the_books(errors: int, requests: int) -> None:
    known = binomtest(errors, requests).proportion_ci(method="wilson")
    assert wilson(errors, requests) == pytest.approx((known.low, known.high), abs=1e-12)


def test_without_requests_a_rate_may_be_anything() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("mean", "dispersion"), list(product(MEANS, DISPERSIONS)))
def test_the_tail_agrees_with_scipy(mean: float, dispersion: float) -> None:
    spread = (mean + dispersion * mean**2) ** 0.5
    size = 1 / dispersion if dispersion else 0.0
    for count in {1, 2, 3, *(round(mean + many * spread) for many in (0, 1, 3, 8))} - {0}:
        known = betainc(count, size, mean / (mean + size)) if size else poisson.sf(count - 1, mean)
        assert tail(count, mean, dispersion) == pytest.approx(known, rel=2e-5, abs=1e-30)


def test_the_tail_is_that_of_a_negative_binomial_with_this_mean_and_variance() -> None:
    scattered = nbinom(4, 4 / (4 + 30))
    assert (scattered.mean(), scattered.var()) == pytest.approx((30, 30 + 0.25 * 30**2))
    assert tail(60, 30, 0.25) == pytest.approx(scattered.sf(59))


def test_a_dispersion_of_nearly_nothing_is_a_poisson_distribution() -> None:
    assert tail(9, 3.0, 1e-12) == tail(9, 3.0, 0.0) == pytest.approx(poisson.sf(8, 3.0))
    assert tail(9, 3.0, 1e-8) == pytest.approx(poisson.sf(8, 3.0), rel=1e-5)


def test_no_error_is_certain_and_errors_where_none_are_expected_are_impossible() -> None:
    assert (tail(0, 5.0, 0.2), tail(-1, 0.0, 0.2), tail(1, 0.0, 0.2)) == (1.0, 1.0, 0.0)


@given(st.integers(1, 2_000), st.floats(1e-6, 1e6), st.floats(0, 10))
def test_more_errors_are_never_likelier(count: int, mean: float, dispersion: float) -> None:
    fewer, more = tail(count, mean, dispersion), tail(count + 1, mean, dispersion)
    assert 0.0 <= more <= fewer * (1 + 1e-6) + 1e-12
    assert fewer <= 1.0


def test_one_stratum_is_fishers_exact_test() -> None:
    known = fisher_exact(np.array([[8, 32], [4, 156]]), alternative="greater").pvalue
    assert stratified_p([Stratum(40, 8, 160, 4)]) == pytest.approx(known)


def _enumerated(strata: list[Stratum]) -> float:
    """Every way to draw the cohorts, one by one."""
    observed = sum(each.cohort_unhealthy for each in strata)
    reach, total = 0, 1
    for each in strata:
        total *= comb(each.cohort + each.control, each.cohort)
    marked = [each.cohort_unhealthy + each.control_unhealthy for each in strata]
    for drawn in product(*(range(number + 1) for number in marked)):
        ways = 1
        for each, number, hit in zip(strata, marked, drawn, strict=True):
            rest = each.cohort + each.control - number
            ways *= comb(number, hit) * (comb(rest, each.cohort - hit) if hit <= each.cohort else 0)
        reach += ways if sum(drawn) >= observed else 0
    return reach / total


def strata() -> st.SearchStrategy[Stratum]:
    arm = st.integers(0, 6).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size)))
    return st.tuples(arm, arm).map(lambda both: Stratum(*both[0], *both[1]))


@settings(max_examples=40)
@given(st.lists(strata(), max_size=4))
def test_strata_are_convolved_as_if_every_draw_were_counted(found: list[Stratum]) -> None:
    assert stratified_p(found) == pytest.approx(_enumerated(found), rel=1e-9)


def test_strata_keep_apart_what_one_table_would_mix() -> None:
    """The large are unhealthy more often, and the cohort is the large: nothing to see, stratum by stratum."""
    by_size = [Stratum(90, 27, 10, 3), Stratum(10, 0, 890, 9)]
    mixed = Stratum(100, 27, 900, 12)
    assert stratified_p([mixed]) < 1e-6
    assert stratified_p(by_size) > 0.5


def test_nobody_unhealthy_is_certain() -> None:
    assert stratified_p([]) == 1.0
    assert stratified_p([Stratum(40, 0, 160, 0)]) == 1.0


def test_half_of_a_hundred_thousand_units_may_be_unhealthy_without_taking_seconds() -> None:
    found = [Stratum(4_000, 2_000, 12_000, 6_000)] * 6
    begun = time.perf_counter()
    assert stratified_p(found) == pytest.approx(0.5, abs=0.01)
    assert time.perf_counter() - begun < 5
