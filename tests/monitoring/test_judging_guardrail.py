"""The daily look (SPEC 4.3, 2): by hand where a hand can count it, by enumeration where it cannot."""

import json
from typing import Any

import pytest

from monitoring.judging.baselines import Baseline
from monitoring.judging.evidence import Due, Evidence
from monitoring.judging.findings import Criterion
from monitoring.judging.guardrail import Judged, compared, is_unhealthy, level, look, quoted
from monitoring.judging.statistics import Stratum, stratified_p
from monitoring.vitals import Count
from tests.monitoring.judging_evidence import SLOT, by_day, evidence, unit

# 240 requests at 1 % let 2.4 errors expect; the baseline's dispersion is 0.2.
DAY, ILL = Count(240, 2), Count(240, 12)
DUE = Due(3, 28)


def guardrail(found: dict[str, Any]) -> Criterion:
    return Criterion.from_json(found["criteria"][0])


def looked(units: list[Any], **said: Any) -> Criterion:
    return guardrail(look(evidence(units=units, **said), DUE))


@pytest.mark.parametrize(
    ("errors", "expected", "dispersion", "unhealthy"),
    [
        (2, 0.01, 0.0, False),
        (3, 0.01, 0.0, True),
        (15, 10.0, 0.0, False),
        (20, 10.0, 0.0, True),
        (20, 10.0, 0.3, False),
        (150, 100.0, 0.0, False),
        (151, 100.0, 0.0, True),
        (151, 100.0, 0.2, False),
    ],
)
def test_unhealthy_is_three_errors_half_as_many_again_and_unlikely(
    errors: int, expected: float, dispersion: float, unhealthy: bool
) -> None:
    assert is_unhealthy(errors, expected, dispersion) is unhealthy


def test_the_strata_are_by_expected_errors() -> None:
    expecting = [0.5, 1, 2.9, 3, 9, 10, 29, 30, 99, 100, 5_000]
    judged = [Judged(True, Baseline(10**9, 10**6, 0.0), Count(round(each * 1_000), 0)) for each in expecting]
    found = compared(judged, 0.001)
    assert [each.cohort for each in found.strata] == [1, 2, 2, 2, 2, 2]


def test_a_unit_without_traffic_is_in_no_stratum() -> None:
    assert compared([Judged(True, Baseline(100, 1, 0.1), Count())], 0.01).cohort == (0, 0)


def test_the_chance_of_a_false_alarm_is_split_over_the_planned_looks() -> None:
    assert level(28) == pytest.approx(0.015 / 28)
    assert level(0) == 0.015


def test_more_ill_workspaces_than_chance_explains_are_a_breach_said_in_numbers() -> None:
    found = looked(by_day([ILL] * 8 + [DAY] * 32, [ILL] * 4 + [DAY] * 156))
    assert (found.breaks, found.cause) == (True, "feature")
    assert found.value == pytest.approx(stratified_p([Stratum(40, 8, 160, 4)]))
    assert found.reason == (
        "8 of 40 workspaces with the feature are unhealthy, 4 of 160 without it (p = 0.00036; called "
        "a breach below 0.00054)."
    )


def test_a_difference_that_chance_explains_passes() -> None:
    found = looked(by_day([ILL] * 3 + [DAY] * 37, [ILL] * 4 + [DAY] * 156))
    assert (found.met, found.holds) == (True, False)


def test_a_cohort_by_id_is_said_not_to_be_chosen_at_random() -> None:
    units = by_day([ILL] * 20 + [DAY] * 20, [DAY] * 160)
    assert "not chosen at random" in looked(units, id_ordered=True).reason
    assert "at random" not in looked(units).reason
    assert "p under 0.000001" in looked(units).reason


def test_where_the_control_rose_as_well_the_platform_is_blamed_and_nothing_stopped() -> None:
    """Four errors prove nothing of a small workspace of the stratum, but its requests fail as often."""
    large, small = Count(290, 11), Count(105, 4)
    found = looked(by_day([large] * 10, [small] * 90))
    assert found.value is not None
    assert found.value < level(28)
    assert (found.breaks, found.holds, found.cause) == (False, True, "platform")
    assert found.reason.startswith("The whole platform is ill (10 of 10 workspaces with the feature")


@pytest.mark.parametrize(
    ("units", "percentage", "why"),
    [
        (by_day([ILL] * 10, [DAY] * 9), 50, "9 workspaces without the feature have traffic and a baseline"),
        (by_day([ILL] * 10, []), 100, "at 100 % no control is left; a rollback to 50 % restores one"),
        (by_day([Count()] * 3, [DAY] * 20), 10, "none of the workspaces with the feature has both"),
    ],
)
def test_without_a_comparison_the_guardrail_says_so_and_does_not_hold(
    units: list[Any], percentage: int, why: str
) -> None:
    found = looked(units, percentage=percentage)
    assert (found.met, found.holds) == (None, False)
    assert why in found.reason


def test_so_few_workspaces_that_nothing_could_ever_be_called_are_a_persons_business() -> None:
    found = looked(by_day([ILL] * 2, [DAY] * 18))
    assert (found.met, found.holds) == (None, False)
    assert found.reason == (
        "2 of 2 workspaces with the feature are unhealthy, 0 of 18 without it: too few workspaces to tell "
        "a difference from chance; ask in them."
    )


def test_a_look_lists_who_has_no_baseline_and_survives_json() -> None:
    strangers = [unit(f"new{number}", True, day=ILL, baseline=None) for number in range(7)]
    found = look(evidence(units=[*strangers, *by_day([DAY] * 10, [DAY] * 90)]), DUE)
    assert found["without_baseline"] == {"count": 7, "first": ["new0", "new1", "new2", "new3", "new4"]}
    assert (found["number"], found["planned"], found["level"]) == (3, 28, level(28))
    again = json.loads(json.dumps(found))
    assert quoted(evidence(last_look=again)) == quoted(evidence(last_look=found))
    assert [each.name for each in quoted(evidence(last_look=again))] == ["guardrail", "partial_break"]


def _before_the_first_look(**said: Any) -> Criterion:
    (found,) = quoted(evidence(last_look=None, **said))
    return found


def test_before_the_first_look_the_gate_holds_and_says_when_it_comes() -> None:
    found = _before_the_first_look(next_look_at=SLOT)
    assert (found.met, found.holds) == (None, True)
    assert found.reason == "The first daily comparison is at 2026-03-10 14:00 UTC."


def test_before_the_first_look_nothing_holds_where_none_could_compare() -> None:
    found = _before_the_first_look(units=by_day([DAY] * 10, []), percentage=100)
    assert (found.met, found.holds) == (None, False)
    assert "no control is left" in found.reason


def test_a_users_unit_without_a_baseline_is_listed_with_its_arm() -> None:
    user = unit("one", True, baseline=None)
    given: Evidence = evidence(units=[user._replace(key=user.key._replace(arm="on"))])
    assert look(given, DUE)["without_baseline"]["first"] == ["one on"]
