"""The arithmetic of likeness, without a database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.similarity import scoring
from feedback.similarity.scoring import FULL, Tuning
from feedback.similarity.words import words_of


def vector(title: str, *texts: str) -> dict[str, int]:
    return scoring.vector(words_of(title, most=100), [words_of(text, most=500) for text in texts], most=100)


def test_a_word_of_the_title_is_stronger_than_one_of_the_text():
    found = vector("reminders", "printer")
    assert [*found] == ["remind", "printer"]
    assert found["remind"] == 3 * FULL / 5


def test_a_word_counts_the_less_the_later_it_stands():
    found = vector("", "early " + "filler " * 80 + "late")
    assert found["earli"] > 2 * found["late"]


def test_ten_thousand_times_a_word_is_little_more_than_often():
    once, always = vector("", "spam"), vector("", "spam " * 10_000)
    assert always["spam"] < FULL
    assert always["spam"] < 3 * once["spam"]


def test_only_the_strongest_are_kept():
    found = scoring.vector(words_of("title", most=1), [words_of("a1 b2 c3 d4", most=9)], most=3)
    assert [*found] == ["titl", "a1", "b2"]


def test_rare_words_say_more():
    rarities = [scoring.rarity(tickets, 1_000) for tickets in (0, 1, 10, 1_000)]
    assert rarities == sorted(rarities, reverse=True)
    assert rarities[-1] == 1
    assert scoring.rarity(2_000, 1_000) == scoring.rarity(1_000, 1_000)


def test_time_between_takes_a_third_at_most():
    assert scoring.nearness(timedelta(0)) == 1
    assert scoring.nearness(timedelta(days=-90)) == scoring.nearness(timedelta(days=90))
    assert scoring.nearness(timedelta(days=3_650)) == pytest.approx(2 / 3)
    assert scoring.nearness(timedelta(days=3_650), Tuning(apart=0)) == 1


def test_without_words_nothing_is_alike():
    assert scoring.likeness([], 0.0, 1.0) == 0.0


strengths = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, FULL), min_size=1)


@given(strengths, strengths, st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 100)))
def test_a_score_is_from_0_to_1_the_same_both_ways_and_1_for_the_same_words(
    one: dict[str, int], other: dict[str, int], tickets: dict[str, int]
):
    rarities = {stem: scoring.rarity(tickets.get(stem, 1), 100) for stem in "abcdefgh"}

    def score(left: dict[str, int], right: dict[str, int]) -> float:
        shared = [
            strength * rarities[stem] ** 2 * right[stem] for stem, strength in left.items() if stem in right
        ]
        return scoring.likeness(shared, scoring.norm(left, rarities), scoring.norm(right, rarities))

    assert 0 <= score(one, other) <= 1
    assert score(one, other) == pytest.approx(score(other, one))
    assert score(one, one) == pytest.approx(1)


def test_the_words_shown_are_whole_and_as_they_were_written():
    contributions = {"jackson": 3.0, "jackson-databind": 2.0, "upgrad": 1.0, "secur": 0.5}
    written = {"upgrad": "upgrading", "secur": "security"}
    assert scoring.telling(contributions, written, most=2) == ["jackson-databind", "upgrading"]
