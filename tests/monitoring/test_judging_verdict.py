"""The verdict that all criteria make together, and what it says to a person."""

import json
from dataclasses import replace
from typing import Any

import pytest

from monitoring.judging.baselines import Baseline
from monitoring.judging.evidence import Due
from monitoring.judging.findings import LONGEST, Criterion, Judgement
from monitoring.judging.verdict import judge
from monitoring.judging.wording import chance, joined, percent
from monitoring.vitals import Arms, Count, Gauges, Vitals
from tests.monitoring.judging_evidence import (
    HEALTHY,
    PHASE,
    QUIET,
    SLOT,
    Past,
    by_day,
    evidence,
    units,
    vitals,
)

BAD = Count(60, 30)
BROKEN = units([BAD] * 10, [HEALTHY] * 90)
ILL = units([BAD] * 10, [BAD] * 90)


def judged(**said: Any) -> Judgement:
    return judge(evidence(**said))


def test_a_healthy_plan_passes() -> None:
    found = judged()
    assert (found.result, found.cause, found.look) == ("pass", "", None)
    assert found.summary == "Healthy: 0.5 % of 10,000 requests failed in 24 hours."
    assert not any(each.holds or each.breaks for each in found.criteria)


def test_the_criteria_come_in_the_order_of_the_rules() -> None:
    found = judged(look=Due(1, 28))
    assert [each.name for each in found.criteria] == [
        "hard_stop",
        "guardrail",
        "partial_break",
        "errors_over_5_percent",
        "p95_over_2000_ms",
        "database_failures",
        "memory_over_95_percent",
        "error_rate",
        "p95",
    ]


@pytest.mark.parametrize(
    "said", [{"heard": False}, {"day": Arms(Vitals(), QUIET)}, {"heard": False, "units": BROKEN}]
)
def test_nothing_measured_is_unknown_and_spends_no_look(said: dict[str, Any]) -> None:
    found = judged(look=Due(1, 28), **said)
    assert (found.result, found.cause, found.look, found.criteria) == ("unknown", "", None, ())
    assert "unknown" in found.summary


def test_a_breach_outweighs_what_holds_and_names_the_feature() -> None:
    found = judged(units=BROKEN, gauges=Gauges(memory=99.0))
    assert (found.result, found.cause) == ("breach", "feature")
    assert found.summary == (
        "10 of 10 workspaces with the feature are failing, 0 of 90 without it: the feature is the cause."
    )


def test_an_ill_platform_holds_and_clears_the_feature() -> None:
    found = judged(units=ILL)
    assert (found.result, found.cause) == ("hold", "platform")
    assert found.summary.startswith(
        "The whole platform is ill (10 of 10 workspaces with the feature are failing, "
    )
    assert found.summary.endswith("the feature is not the cause.")


def test_what_changed_meanwhile_is_named_and_shares_the_blame() -> None:
    found = judged(units=BROKEN, other_changes=["release 1.2.0", "Health Management at 5 %"])
    assert (found.result, found.cause) == ("breach", "unclear")
    assert found.summary.endswith("as likely the cause: release 1.2.0, Health Management at 5 %.")


def test_a_hold_of_the_phase_blames_nobody() -> None:
    found = judged(phase=replace(PHASE, min_adoption=0.3))
    assert (found.result, found.cause, found.summary) == ("hold", "", "Use of the feature is not measured.")


def test_the_look_of_this_check_decides_and_is_kept() -> None:
    sick = by_day([Count(240, 12)] * 10, [Count(240, 2)] * 90)
    found = judged(units=sick, look=Due(2, 28))
    assert (found.result, found.look is not None and found.look["number"]) == ("breach", 2)
    again = judged(units=sick, last_look=json.loads(json.dumps(found.look)))
    assert (again.result, again.summary, again.look) == ("breach", found.summary, None)


def test_a_source_that_tells_no_workspaces_apart_holds_and_never_breaks() -> None:
    failing = Arms(vitals(1_000, 500), Vitals())
    past = Past(cohort=lambda ago: vitals(1_000, 500))
    found = judged(by_workspace=False, units=(), hour=failing, history=past, look=Due(1, 28))
    assert (found.result, found.look) == ("hold", None)
    assert "stops nothing" in found.summary
    assert [each.met for each in found.criteria if each.group == "guardrail"] == [None]


def test_at_a_hundred_percent_a_healthy_plan_passes_and_says_that_nothing_is_compared() -> None:
    found = judged(percentage=100, units=units([HEALTHY] * 100, []), last_look=None)
    assert found.result == "pass"
    assert "at 100 % no control is left; a rollback to 50 % restores one" in found.summary


def test_before_the_first_look_the_gate_stays_shut() -> None:
    found = judged(last_look=None, next_look_at=SLOT)
    assert (found.result, found.summary) == ("hold", "The first daily comparison is at 2026-03-10 14:00 UTC.")


def test_amber_passes_and_is_said() -> None:
    phase = replace(PHASE, target_error_rate=0.001)
    found = judged(phase=phase)
    assert found.result == "pass"
    assert "above the target of 0.1 %" in found.summary


def test_the_word_for_units_is_the_callers() -> None:
    assert "10 of 10 pharmacies with the feature" in judged(units=BROKEN, unit_word="pharmacies").summary


def test_a_fleet_without_a_single_error_in_its_baselines_can_be_judged() -> None:
    spotless = units([Count(60, 10)] * 10, [Count(60, 0)] * 90, baseline=Baseline(1_400, 0, 0.0))
    found = judged(units=spotless, fleet=Count(100_000, 0), look=Due(1, 28))
    assert (found.result, found.cause) == ("breach", "feature")


def test_a_summary_has_room_for_whole_sentences_only() -> None:
    many = [f"changed {number}" * 20 for number in range(20)]
    assert len(judged(units=BROKEN, other_changes=many).summary) <= LONGEST
    assert joined(["One.", "Two.", "One."], 9) == "One. Two."
    assert joined(["One.", "Twenty."], 9) == "One."
    assert joined(["A long one."], 8) == "A long …"


@pytest.mark.parametrize(
    ("p", "said"),
    [(1.0, "1"), (0.5, "0.50"), (0.0123, "0.012"), (0.015 / 28, "0.00054"), (1e-9, "under 0.000001")],
)
def test_a_chance_is_said_in_two_digits(p: float, said: str) -> None:
    assert chance(p) == said


@pytest.mark.parametrize(
    ("fraction", "said"),
    [(0, "0 %"), (0.02, "2 %"), (0.0312, "3.1 %"), (0.0004, "0.04 %"), (1, "100 %"), (0.1, "10 %")],
)
def test_a_rate_is_said_in_percent(fraction: float, said: str) -> None:
    assert percent(fraction) == said


def test_a_criterion_survives_json() -> None:
    found = Criterion(
        name="error_rate", group="phase", met=None, reason="Too few.", interval=(0.1, 0.2), n=5, value=0.15
    )
    assert Criterion.from_json(json.loads(json.dumps(found.as_json()))) == found
