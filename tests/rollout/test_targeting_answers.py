"""Shares of variants and of rules: as large as they should be, independent, and the same in SQL."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from math import sqrt

import pytest

from operations.errors import Invalid
from rollout import answers, cohorts, facts, phases, targeting
from rollout.models import Rule, Workspace
from rollout.populations import within_slice
from rollout.rules import evaluation
from rollout.rules.evaluation import Step
from rollout.rules.ordering import OPEN
from rollout.rules.reach import (
    Environment,
    FlagFacts,
    PhaseFacts,
    PlanFacts,
    RuleFacts,
    UnitFacts,
    VariantFacts,
)
from rollout.rules.switches import Asked, Switch
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.builders import ROOT, where

NOW = datetime(2025, 6, 1, tzinfo=UTC)
PLAN = PlanFacts(
    started=True, percentage=100, cutoff=OPEN, salt="plan", phases=(PhaseFacts(1, 100, "cohort"),)
)
MANY = 100_000
UNITS = [f"ws-{number}" for number in range(MANY)]


def a_switch(salt: str, weights: dict[str, int], rules: tuple[RuleFacts, ...] = ()) -> Switch:
    variants = tuple(VariantFacts(key, key, weight) for key, weight in weights.items())
    flag = FlagFacts(key=f"flag-{salt}", boolean=False, salt=salt, variants=variants, rules=rules)
    return evaluation.switches([flag], PLAN, Environment())[0]


def heard(switch: Switch, units: list[str]) -> list[str]:
    return [evaluation.decide(switch, Asked(UnitFacts(unit), {}, NOW)).variant for unit in units]


def chi_square(rows: list[str], columns: list[str]) -> float:
    """How far two groupings of the same units are from independent ones."""
    both, one, other = Counter(zip(rows, columns, strict=True)), Counter(rows), Counter(columns)
    return sum(
        (both[row, column] - expected) ** 2 / expected
        for row in one
        for column in other
        if (expected := one[row] * other[column] / len(rows))
    )


# --- statistics --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "weights",
    [{"a": 1, "b": 1}, {"a": 50, "b": 30, "c": 20}, {"a": 1, "b": 0, "c": 99}, {"a": 9_999, "b": 1}],
)
def test_variants_have_their_shares_over_a_hundred_thousand_units(weights: dict[str, int]) -> None:
    counted, total = Counter(heard(a_switch("5eed" * 4, weights), UNITS)), sum(weights.values())
    for key, weight in weights.items():
        share = weight / total
        # One run in a million goes beyond five deviations, and this one is the same each time.
        assert abs(counted[key] - MANY * share) <= 5 * sqrt(MANY * share * (1 - share)), key


@pytest.mark.parametrize("share", [1, 30, 50, 99])
def test_a_rules_share_is_as_large_as_it_says(share: int) -> None:
    rule = RuleFacts("some", lambda context: True, "b", share, "ru1e" * 4)
    switch = a_switch("5eed" * 4, {"a": 1, "b": 0}, (rule,))
    counted, part = Counter(heard(switch, UNITS)), share / 100
    assert abs(counted["b"] - MANY * part) <= 5 * sqrt(MANY * part * (1 - part))


def test_the_groups_of_two_flags_are_independent() -> None:
    weights = {"a": 50, "b": 30, "c": 20}
    one, other = (heard(a_switch(salt * 4, weights), UNITS) for salt in ("0123", "abcd"))
    # Four degrees of freedom: independent groups go beyond this once in a thousand pairs of salts.
    assert chi_square(one, other) < 18.47
    # The same groups twice, and groups that never overlap, do go beyond it.
    assert chi_square(one, one) > 10_000


def test_the_groups_of_many_pairs_of_flags_are_as_far_apart_as_chance_has_it() -> None:
    groups = [heard(a_switch(f"{number:016x}", {"a": 1, "b": 1}), UNITS[:4_000]) for number in range(101)]
    far = [chi_square(one, other) for one, other in pairwise(groups)]
    # One degree of freedom: beyond 3.84 in one of twenty pairs, and 1 on the average.
    assert 0 <= sum(each > 3.84 for each in far) <= 15
    assert 0.5 < sum(far) / len(far) < 1.5


def test_a_rules_share_is_independent_of_the_variants() -> None:
    rule = RuleFacts("half", lambda context: True, "off", 50, "ru1e" * 4)
    plain = heard(a_switch("5eed" * 4, {"a": 1, "b": 1}), UNITS)
    ruled = heard(a_switch("5eed" * 4, {"a": 1, "b": 1}, (rule,)), UNITS)
    taken = ["off" if variant == "off" else "on" for variant in ruled]
    assert chi_square(plain, taken) < 10.83
    # Whoever the rule leaves hears what they heard before.
    assert all(now in (before, "off") for before, now in zip(plain, ruled, strict=True))


# --- the same in SQL ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_python_and_sql_choose_the_same_variant_for_everybody() -> None:
    builders.modules()
    weights = {"rare": 1, "never": 0, "some": 300, "most": 10_000, "few": 70}
    flag = builders.a_flag(
        "paint",
        value_type="string",
        variants=[VariantDraft(key, key, weight) for key, weight in weights.items()],
    )
    units = [*(f"ws-{number}" for number in range(5_000)), "é", "日本", "a:b", "💊", "x" * 100]
    builders.workspaces(units)
    phases.set_percentage(builders.engagement(), 100, actor=ROOT)
    state = facts.state_for_answers(builders.module())
    switch = next(each for each in state.switches if each.key == flag.key)
    chosen: dict[str, set[str]] = {key: set() for key in weights}
    for unit in units:
        chosen[evaluation.decide(switch, Asked(UnitFacts(unit), {}, state.now)).variant].add(unit)
    for key in weights:
        slice_ = switch.flag.slice_of(key)
        found = Workspace.objects.filter(within_slice(slice_, "id")) if slice_ else Workspace.objects.none()
        assert set(found.values_list("pk", flat=True)) == chosen[key], key
    assert not chosen["never"]
    assert len(chosen["some"]) > 50
    dependent = builders.a_flag("for_some", prerequisite=flag, prerequisite_variant="some")
    state = facts.state_of(builders.module())
    facts_of_it = next(each for each in state.flags if each.key == dependent.key)
    assert set(cohorts.members_with(state, facts_of_it).values_list("pk", flat=True)) == chosen["some"]


# --- rules on rows -----------------------------------------------------------------------------------------


def variants_of(key: str, unit: str, **context: object) -> str:
    return answers.explain(key, unit, context).variant


@pytest.mark.django_db
def test_editing_and_moving_a_rule_keeps_who_is_in_its_share() -> None:
    builders.a_plan(60)
    flag = builders.a_flag(rules=[RuleDraft("half", where(country="GB"), share=50)])
    units = builders.numbered(60)

    def taken() -> set[str]:
        return {unit for unit in units if answers.explain(flag.key, unit, {"country": "GB"}).on}

    before, rule = taken(), Rule.objects.get()
    assert 10 < len(before) < 50
    moved = [
        RuleDraft("first", where(country="FR"), serve="off"),
        RuleDraft("renamed", where(country=["GB", "IE"]), share=50, id=rule.pk),
    ]
    targeting.set_rules(builders.flag(flag.key), moved, actor=ROOT)
    assert taken() == before
    wider = [RuleDraft("renamed", where(country="GB"), share=80, id=Rule.objects.get(name="renamed").pk)]
    targeting.set_rules(builders.flag(flag.key), wider, actor=ROOT)
    assert taken() > before


@pytest.mark.django_db
def test_the_first_rule_that_matches_decides_and_the_path_names_the_others() -> None:
    builders.a_plan(1)
    builders.an_experiment(
        rules=[
            RuleDraft("minors", where(age=["1", "2"]), serve="off"),
            RuleDraft("at home", where(country="GB"), serve="blue"),
            RuleDraft("everybody", serve="red"),
        ]
    )
    assert variants_of("colour", "W00000", age=2, country="GB") == "off"
    assert variants_of("colour", "W00000", age=3, country="GB") == "blue"
    found = answers.explain("colour", "W00000", {"country": "FR"})
    assert (found.variant, found.reason, found.value) == ("red", "TARGETING_MATCH", "#f00")
    assert found.steps[-1] == Step(
        "targeting rules",
        "1 “minors” does not match; 2 “at home” does not match; 3 “everybody” matches: red",
    )


@pytest.mark.django_db
def test_drafted_rules_are_tried_without_being_saved() -> None:
    builders.a_plan(1)
    flag = builders.an_experiment(rules=[RuleDraft("saved", serve="red")])
    drafted = Rule(name="draft", groups=where(country="GB"), serve="blue")
    assert answers.tried(flag, "W00000", {"country": "GB"}, rules=[drafted]).variant == "blue"
    assert answers.tried(flag, "W00000", {}, rules=[]).reason == "DEFAULT"
    assert answers.explain("colour", "W00000").variant == "red"
    assert Rule.objects.get().name == "saved"
    with pytest.raises(Invalid) as refusal:
        answers.tried(flag, "W00000", {}, rules=[Rule(name="bad", groups="no")])
    assert list(refusal.value.fields) == ["groups"]


@pytest.mark.parametrize(
    ("text", "expected"), [("{}", {}), ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]})]
)
def test_a_context_is_read_from_json(text: str, expected: object) -> None:
    assert answers.read_context(text) == expected
