"""Rollouts of simulated fleets, judged by the portal's own code: `make bench ARGS=judging` runs thousands."""

import pytest

from tests.bench.judging_scenarios import a_fifth_broken, everything, one_point_more
from tests.bench.judging_study import (
    CALM,
    HEAVY,
    INCIDENTS,
    LARGEST,
    PORTAL,
    RANDOM,
    Detection,
    Study,
    study_broken,
    study_healthy,
)

SEED = 20260301
RUNS = 8


@pytest.fixture(scope="module")
def healthy() -> Study:
    """Healthy rollouts of four weeks among 100 workspaces, calm and with incidents of the whole platform."""
    return study_healthy(Study(100), RUNS, SEED, rivals=4)


@pytest.mark.parametrize("order", [RANDOM, LARGEST])
@pytest.mark.parametrize("scenario", [CALM, *INCIDENTS])
def test_a_healthy_rollout_is_not_paused_whatever_befalls_the_platform(
    healthy: Study, order: str, scenario: str
) -> None:
    assert healthy.seen[order, scenario] == RUNS
    assert healthy.paused[PORTAL, order, scenario] == 0


@pytest.mark.parametrize("order", [RANDOM, LARGEST])
def test_a_heavy_incident_is_said_to_be_the_platforms(healthy: Study, order: str) -> None:
    assert healthy.incidents[order, HEAVY] >= 5
    assert healthy.blamed[order, HEAVY] == healthy.incidents[order, HEAVY]


def test_a_fixed_threshold_would_have_paused_them(healthy: Study) -> None:
    assert healthy.paused["2 % threshold, one check", RANDOM, CALM] == healthy.compared[RANDOM, CALM] == 2


def test_checks_that_the_simulation_leaves_out_are_no_breaches(healthy: Study) -> None:
    assert healthy.sampled >= 25


def _stopped(found: Detection, hours: int) -> float:
    assert found.blamed_feature == sum(found.why.values())
    return found.within(PORTAL, hours)


def test_one_point_more_errors_in_all_of_a_hundred_is_found_within_three_days() -> None:
    assert _stopped(study_broken(1000, one_point_more, 2, SEED), 72) == 1.0


def test_a_fifth_of_the_enrolled_broken_is_found_within_three_days() -> None:
    assert _stopped(study_broken(100, a_fifth_broken, 10, SEED), 72) >= 0.9


def test_total_breakage_is_found_within_four_hours() -> None:
    assert _stopped(study_broken(100, everything, 10, SEED), 4) == 1.0
