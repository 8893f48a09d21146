"""How often the error rate rings of a healthy module: simulated requests, read by the rule itself."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from monitoring.alert_rules import CLEAR, FIRING, Scope
from monitoring.alert_rules.measuring import error_rate
from monitoring.vitals import Arms, Vitals
from tests.monitoring.judging_evidence import evidence

SEED = 20260301
SCOPE = Scope("Patient Engagement", "patient_engagement", 10)
CALM = evidence()


def rings(errors: Iterable[int], requests: int) -> int:
    """How many alerts hour after hour raises: one that is open rings no second time."""
    count, is_open = 0, False
    for failed in errors:
        hour = Vitals(requests=requests, errors=int(failed))
        state = error_rate(replace(CALM, hour=Arms(hour, Vitals())), SCOPE).state
        count += state == FIRING and not is_open
        is_open = state == FIRING or (is_open and state != CLEAR)
    return count


def test_ten_requests_a_window_ring_a_naive_rule_27_times_a_day_and_ours_once_a_month() -> None:
    """True rate 1 %, 288 windows of five minutes; ours sums the hour: 120 requests."""
    windows = np.random.default_rng(SEED).binomial(10, 0.01, size=(60, 24, 12))
    naive = (windows > 0.05 * 10).sum() / 60
    assert 25 < naive < 30
    hours = windows.sum(axis=2)
    assert rings(hours.ravel(), 120) <= 3
    # An hour that has no more than the ten says nothing.
    assert rings(windows[:, :, 0].ravel(), 10) == 0


@pytest.mark.parametrize(("requests", "most"), [(100, 12), (300, 3), (1_000, 1), (10_000, 0)])
def test_a_healthy_month_of_hourly_checks_rings_nobody(requests: int, most: int) -> None:
    """0.5 % on average, and days that scatter by half of that (CV 0.5); `most` of twelve such months."""
    rng = np.random.default_rng(SEED)
    days = rng.gamma(4.0, 0.005 / 4, size=360)
    assert days.max() > 2.5 * days.mean()
    assert rings(rng.binomial(requests, days.repeat(24)), requests) <= most


def test_four_percent_are_found_in_the_first_hour_that_has_a_thousand_requests() -> None:
    rng = np.random.default_rng(SEED)
    found = [rings([failed], 1_000) for failed in rng.binomial(1_000, 0.04, size=200)]
    assert np.mean(found) > 0.95


def test_a_rate_at_the_line_rings_once_and_not_every_other_hour() -> None:
    """2.28 % of 10,000 requests, which the lower bound crosses about every other hour, for two days."""
    rng = np.random.default_rng(SEED)
    failed = rng.binomial(10_000, 0.0228, size=48)
    without = [error_rate(replace(CALM, hour=Arms(Vitals(10_000, each), Vitals())), SCOPE) for each in failed]
    states = [each.state for each in without]
    assert sum(now == FIRING != before for before, now in pairwise(states)) > 5
    assert rings(failed, 10_000) == 1
