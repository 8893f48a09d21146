"""A histogram with bounds of its own, at the portal's bounds."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.sources.histograms import at_bounds, missing_bounds
from monitoring.vitals import BOUNDS, NO_BUCKETS, quantile


def test_the_portals_own_bounds_stay_as_they_are() -> None:
    counts = dict(zip((*BOUNDS, inf), range(10, 100, 10), strict=True))
    assert at_bounds({1_000 * (bound / 1_000): count for bound, count in counts.items()}) == (
        *range(10, 100, 10),
    )
    assert missing_bounds(counts) == ()


def test_a_missing_bound_lies_on_the_line_between_its_neighbours() -> None:
    found = {100: 10.0, 400: 40.0, 5_000: 40.0, inf: 40.0}
    assert at_bounds(found) == (5, 10, 20, 30, 40, 40, 40, 40, 40)
    assert missing_bounds(found) == (50, 200, 300, 500, 1_000, 2_000)


@pytest.mark.parametrize(("last", "p95"), [(100, 2_000), (1_000, 2_000), (2_000, 5_000)])
def test_what_lies_above_the_last_bound_passes_no_criterion_and_rolls_nothing_back(
    last: int, p95: int
) -> None:
    found = quantile(at_bounds({last: 50.0, inf: 100.0}), 0.95)
    assert found is not None
    assert max(last, 1_000) < found <= p95


@pytest.mark.parametrize("found", [{}, {inf: 7.0}, {100: 0.0, inf: 0.0}, {100: 0.2, inf: 0.2}])
def test_without_a_bound_or_a_response_nothing_is_told(found: dict[float, float]) -> None:
    assert at_bounds(found) == NO_BUCKETS


@given(
    st.dictionaries(
        st.floats(0.1, 20_000) | st.just(inf) | st.sampled_from([*map(float, BOUNDS)]),
        st.floats(0, 1e9),
        max_size=15,
    )
)
def test_buckets_never_fall(found: dict[float, float]) -> None:
    buckets = at_bounds(found)
    assert len(buckets) == len(BOUNDS) + 1
    assert list(buckets) == sorted(buckets)
