"""The shares of the hash space: exact at their edges, fair over many units, independent of one another."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.rules import splits
from rollout.rules.ordering import HASH_DIGITS, order_key, user_cutoff

UNITS = 100_000
WEIGHTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=50).filter(any)
KEYS = st.integers(0, splits.SPACE - 1).map(lambda number: f"{number:0{HASH_DIGITS}x}")


def groups(weights: list[int], salt: str, units: int = UNITS) -> list[int]:
    """The index that each of `units` units falls into."""
    found = splits.bounds(splits.ranges(weights))
    return [splits.pick(found, order_key("hash", salt, f"unit-{number}")) for number in range(units)]


@given(WEIGHTS)
def test_ranges_follow_one_another_and_cover_everything(weights: list[int]) -> None:
    held = [found for found in splits.ranges(weights) if found != splits.NO_RANGE]
    assert len(held) == sum(weight > 0 for weight in weights)
    assert held[0][0] == "0" * HASH_DIGITS
    assert held[-1][1] == splits.LAST_KEY
    assert all(int(after[0], 16) == int(before[1], 16) + 1 for before, after in pairwise(held))
    assert all(len(key) == HASH_DIGITS and first <= last for first, last in held for key in (first, last))


@given(WEIGHTS)
def test_each_range_is_as_large_as_its_weight_says_to_the_last_key(weights: list[int]) -> None:
    total = sum(weights)
    for weight, (first, last) in zip(weights, splits.ranges(weights), strict=True):
        size = int(last, 16) - int(first, 16) + 1 if weight else 0
        assert abs(size * total - weight * splits.SPACE) < total


@given(WEIGHTS, KEYS)
def test_a_key_is_picked_by_the_range_that_holds_it(weights: list[int], key: str) -> None:
    found = splits.ranges(weights)
    first, last = found[splits.pick(splits.bounds(found), key)]
    assert first <= key <= last


@given(WEIGHTS)
def test_the_edges_of_a_range_belong_to_it(weights: list[int]) -> None:
    found = splits.ranges(weights)
    upper = splits.bounds(found)
    for index, edges in enumerate(found):
        if edges != splits.NO_RANGE:
            assert [splits.pick(upper, key) for key in edges] == [index, index]


def test_ranges_by_example() -> None:
    assert splits.ranges([1, 0, 1]) == (
        ("000000000000000", "7ffffffffffffff"),
        ("", ""),
        ("800000000000000", "fffffffffffffff"),
    )
    assert splits.ranges([0, 7]) == (("", ""), ("000000000000000", "fffffffffffffff"))


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [3, -1]])
def test_weights_that_split_nothing_are_an_error(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        splits.ranges(weights)


@given(st.integers(1, 99))
def test_a_share_is_the_one_that_a_rollout_to_users_has(share: int) -> None:
    assert splits.share_limit(share) == user_cutoff(share).key


def test_the_whole_share_is_everybody_and_no_share_is_none() -> None:
    assert splits.share_limit(100) == splits.LAST_KEY
    for share in (0, 101):
        with pytest.raises(ValueError, match="1 to 100"):
            splits.share_limit(share)


@given(st.integers(1, 99), KEYS)
def test_a_larger_share_keeps_whoever_is_in_the_smaller_one(share: int, key: str) -> None:
    assert splits.share_limit(share) < splits.share_limit(share + 1)
    assert not key <= splits.share_limit(share) or key <= splits.share_limit(share + 1)


@pytest.mark.parametrize("weights", [[1, 1], [90, 10], [1, 0, 2, 7], [9_999, 1], [1] * 20])
def test_units_are_shared_out_as_the_weights_say(weights: list[int]) -> None:
    found = groups(weights, "5eed")
    for index, weight in enumerate(weights):
        share = weight / sum(weights)
        # Five standard deviations of a binomial: one healthy hash in a million would fail.
        allowed = 5 * (UNITS * share * (1 - share)) ** 0.5
        assert abs(found.count(index) - UNITS * share) <= allowed, index


def test_the_groups_of_two_flags_are_independent() -> None:
    weights = [1, 1, 1]
    pairs = list(zip(groups(weights, "0123456789abcdef"), groups(weights, "fedcba9876543210"), strict=True))
    expected = UNITS / 9
    chi_square = sum(
        (pairs.count((one, other)) - expected) ** 2 / expected for one in range(3) for other in range(3)
    )
    # The 99.9th percentile of chi-square with 8 degrees of freedom.
    assert chi_square < 26.12


def test_the_same_unit_hears_the_same_variant_whenever_it_asks() -> None:
    assert groups([3, 1], "a salt", 1_000) == groups([3, 1], "a salt", 1_000)
