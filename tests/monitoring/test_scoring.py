"""Both scores of SPEC 4.2: at, just under and just over each limit."""

from typing import Any

import pytest

from monitoring.scoring import (
    SCORING_VERSION,
    Deduction,
    PostLaunchInputs,
    RolloutInputs,
    Score,
    post_launch_score,
    rollout_score,
)


def rollout(**said: Any) -> Score:
    perfect: dict[str, Any] = {
        "error_rate": 0.0,
        "max_error_rate": 0.02,
        "adoption": 1.0,
        "min_adoption": 0.3,
        "critical_issues": 0,
        "high_issues": 0,
    }
    return rollout_score(RolloutInputs(**{**perfect, **said}))


def launched(**said: Any) -> Score:
    perfect: dict[str, Any] = {
        "mean_response_ms": 100.0,
        "error_rate": 0.0,
        "daily_active": 1.0,
        "appointment_completion": 1.0,
        "satisfaction": 5.0,
        "critical_errors": 0,
        "high_issues": 0,
    }
    return post_launch_score(PostLaunchInputs(**{**perfect, **said}))


def test_perfect_is_a_hundred_with_nothing_deducted() -> None:
    assert rollout() == launched() == Score(100, (), (), SCORING_VERSION)


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ({"error_rate": 0.01}, 92),  # 7.5, rounded half up
        ({"error_rate": 0.02}, 85),
        ({"error_rate": 0.0399}, 70),
        ({"error_rate": 0.04}, 70),
        ({"error_rate": 0.5}, 70),
        ({"error_rate": 0.01, "max_error_rate": 0.05}, 97),
        ({"error_rate": 0.001, "max_error_rate": 0.0}, 70),
        ({"max_error_rate": 0.0}, 100),
        ({"adoption": 0.3}, 100),
        ({"adoption": 0.29}, 99),
        ({"adoption": 0.15}, 87),  # 12.5, rounded half up
        ({"adoption": 0.0}, 75),
        ({"adoption": 0.0, "min_adoption": 0.0}, 100),
        ({"critical_issues": 1}, 80),
        ({"high_issues": 1}, 90),
        ({"critical_issues": 2, "high_issues": 3}, 30),
        ({"critical_issues": 5}, 0),
        ({"critical_issues": 50, "error_rate": 1.0}, 0),
        ({"error_rate": 0.02, "adoption": 0.15, "critical_issues": 1, "high_issues": 1}, 42),
    ],
)
def test_the_rollout_score_by_hand(said: dict[str, Any], score: int) -> None:
    assert rollout(**said).value == score


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ({"mean_response_ms": 300.0}, 100),
        ({"mean_response_ms": 300.1}, 90),
        ({"mean_response_ms": 500.0}, 90),
        ({"mean_response_ms": 500.1}, 80),
        ({"error_rate": 0.02}, 100),
        ({"error_rate": 0.0201}, 90),
        ({"error_rate": 0.05}, 90),
        ({"error_rate": 0.0501}, 75),
        ({"daily_active": 0.3}, 100),
        ({"daily_active": 0.299}, 85),
        ({"appointment_completion": 0.8}, 100),
        ({"appointment_completion": 0.799}, 85),
        ({"satisfaction": 4.0}, 100),
        ({"satisfaction": 3.99}, 90),
        ({"critical_errors": 1}, 85),
        ({"high_issues": 1}, 95),
        # Performance takes at most 30, quality 25; stability has no limit.
        ({"mean_response_ms": 501.0, "error_rate": 0.06}, 70),
        ({"mean_response_ms": 501.0, "error_rate": 0.03}, 70),
        ({"mean_response_ms": 301.0, "error_rate": 0.06}, 70),
        ({"mean_response_ms": 301.0, "error_rate": 0.03}, 80),
        ({"appointment_completion": 0.5, "satisfaction": 1.0}, 75),
        ({"critical_errors": 6}, 10),
        ({"critical_errors": 6, "high_issues": 3}, 0),
    ],
)
def test_the_post_launch_score_by_hand(said: dict[str, Any], score: int) -> None:
    assert launched(**said).value == score


def test_a_groups_limit_cuts_the_rule_that_exceeds_it() -> None:
    found = launched(mean_response_ms=501.0, error_rate=0.06).deductions
    assert [(each.group, each.points) for each in found] == [("performance", 20), ("performance", 10)]


def test_each_deduction_is_listed_and_together_they_are_what_is_missing() -> None:
    found = rollout(error_rate=0.01, adoption=0.1, critical_issues=1)
    assert found.deductions == (
        Deduction("error rate", "1.0 % of requests fail", 7.5),
        Deduction("adoption", "adoption 10.0 %, 30.0 % are asked for", 16.6667),
        Deduction("issues", "1 critical issue open", 20.0),
    )
    assert found.value == 56  # 44.17 are deducted


@pytest.mark.parametrize(
    ("input_name", "listed", "score"),
    [
        ("error_rate", "error rate", 45),
        ("max_error_rate", "error rate", 45),
        ("adoption", "adoption", 40),
        ("min_adoption", "adoption", 40),
        ("critical_issues", "critical issues", 35),
        ("high_issues", "high issues", 25),
    ],
)
def test_what_the_rollout_score_does_not_know_deducts_nothing_and_is_listed(
    input_name: str, listed: str, score: int
) -> None:
    worst = {"error_rate": 1.0, "adoption": 0.0, "critical_issues": 1, "high_issues": 1}
    assert rollout(**worst).value == 15
    found = rollout(**{**worst, input_name: None})
    assert (found.value, found.unknown) == (score, (listed,))


@pytest.mark.parametrize(
    ("input_name", "listed"),
    [
        ("mean_response_ms", "mean response"),
        ("error_rate", "error rate"),
        ("daily_active", "daily active users"),
        ("appointment_completion", "appointment completion"),
        ("satisfaction", "user satisfaction"),
        ("critical_errors", "critical errors"),
        ("high_issues", "high-priority issues"),
    ],
)
def test_what_the_post_launch_score_does_not_know_deducts_nothing_and_is_listed(
    input_name: str, listed: str
) -> None:
    found = launched(**{input_name: None})
    assert (found.value, found.deductions, found.unknown) == (100, (), (listed,))
