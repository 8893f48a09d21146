"""Steps of a chart, percentiles, spellings: arithmetic without a database."""

import itertools
import math
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from feedback.summary import areas, times, wording
from feedback.summary.periods import periods, step_of

DAY = timedelta(days=1)


@given(some.dates(date(1900, 1, 1), date(9990, 1, 1)), some.integers(1, 4_000))
def test_steps_cover_every_day_of_the_range_once(first: date, days: int) -> None:
    last = first + (days - 1) * DAY
    found = periods(first, last)
    assert (found[0].first, found[-1].last) == (first, last)
    for one, other in itertools.pairwise(found):
        assert one.last + DAY == other.first == other.key
    assert all(step.key <= step.first <= step.last for step in found)
    assert len(found) <= 122


@pytest.mark.parametrize(
    ("days", "step"),
    [(1, "day"), (92, "day"), (93, "week"), (731, "week"), (732, "month"), (3_660, "month"), (3_661, "year")],
)
def test_the_longer_the_range_the_longer_its_steps(days: int, step: str) -> None:
    assert step_of(days) == step


def test_weeks_begin_on_monday_and_are_cut_where_the_range_ends() -> None:
    found = periods(date(2026, 1, 1), date(2026, 4, 30))
    assert (found[0].key, found[0].first, found[0].last) == (
        date(2025, 12, 29),
        date(2026, 1, 1),
        date(2026, 1, 4),
    )
    assert (found[-1].first, found[-1].last) == (date(2026, 4, 27), date(2026, 4, 30))


@given(some.lists(some.integers(0, 50), min_size=1), some.integers(1, 100))
def test_a_percentile_is_the_value_at_its_place_in_order(values: list[int], percent: int) -> None:
    counted = sorted(Counter(values).items())
    at = max(1, math.ceil(percent * len(values) / 100))
    assert times.percentile(counted, len(values), percent) == sorted(values)[at - 1]


def test_nothing_has_no_percentile() -> None:
    assert times.percentile([], 0, 50) is None


def test_the_most_frequent_spelling_names_an_area_and_those_beyond_the_twentieth_are_others() -> None:
    counted = {f"Area {number}": Counter(tickets=30 - number) for number in range(22)}
    counted |= {"area  0": Counter(tickets=40, critical=1), "": Counter(tickets=5)}
    found = areas.document_of(counted, sum(each["tickets"] for each in counted.values()))
    assert found["byFeatureArea"][0] == {
        "featureArea": "area 0",
        "tickets": 70,
        "critical": 1,
        "satisfaction": {"mean": None, "n": 0},
    }
    assert len(found["byFeatureArea"]) == 20
    assert (found["otherFeatureAreas"], found["withoutFeatureArea"]) == (10 + 9, 5)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 min"),
        (59, "59 min"),
        (60, "1 h"),
        (61, "1 h 1 min"),
        (6_030, "100 h"),
        (None, "nothing to measure"),
    ],
)
def test_minutes_are_spelled_as_people_say_them(minutes: int | None, words: str) -> None:
    assert wording.minutes(minutes) == words
