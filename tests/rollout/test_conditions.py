"""Conditions: what each operator takes and refuses, whatever JSON a product sends, and in bounded time."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.errors import Invalid
from rollout.rules import conditions
from rollout.rules.operators import OPERATORS
from tests import builders

EPOCH_2025 = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["1.2.3", "2025-01-01", "GB", "17", "v2", "0001-01-01T00:00+14:00", 10**400, 1e308]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
CONTEXTS = st.dictionaries(st.sampled_from(["a", "b", "a.b", "c", "country"]) | st.text(max_size=5), JSON)
VALUES = {
    "equals": ["GB", "true", "5"],
    "in": ["GB", "IE"],
    "contains": ["G", "17"],
    "starts_with": ["v", "1"],
    "ends_with": ["B", "."],
    "matches": ["^(a|b|ab)*$"],
    "greater": ["17"],
    "less": ["2.5e3"],
    "before": ["2025-01-01"],
    "after": ["2025-01-01T10:00+02:00"],
    "version_at_least": ["1.2"],
    "version_below": ["v2.0.0-rc.1"],
    "version_equals": ["1.2.3"],
}


def condition(operator: str, *values: str, attribute: str = "a") -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "values": list(values)}


def group(*given: Any, match: str = "all") -> dict[str, Any]:
    return {"match": match, "conditions": list(given)}


def holds(groups: Sequence[dict[str, Any]], context: dict[str, Any], **segments: Any) -> bool:
    read = conditions.parse(list(groups), segments=segments)
    return conditions.compiled(read, segments)(context)


def faults(groups: Any, segments: Sequence[str] = ()) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        conditions.parse(groups, segments=segments)
    return refused.value.fields


CONDITIONS = st.builds(
    lambda operator, attribute: condition(operator, *VALUES[operator], attribute=attribute),
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from(["a", "a.b", "c.d.e", "country"]),
)
GROUPS = st.builds(
    lambda match, given: group(*given, match=match),
    st.sampled_from(["all", "any", "none"]),
    st.lists(CONDITIONS, min_size=1, max_size=4),
)


# --- operators -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "values", "met", "not_met"),
    [
        ("equals", ["GB"], ["GB"], ["gb", "GB ", "", None, ["GB"], {"GB": 1}]),
        ("equals", ["GB", "IE"], ["GB", "IE"], ["FR"]),
        ("equals", ["true"], [True, "true"], [False, 1, "True"]),
        ("equals", ["5"], [5, 5.0, "5"], ["5.0", 5.1, True]),
        ("equals", ["0.1"], [0.1, "0.1"], [0, 1]),
        ("in", ["GB", "IE", "7"], ["GB", "IE", 7], ["FR", "GBIE", None, ["GB"]]),
        (
            "contains",
            ["care"],
            ["healthcare", "care", ["care", 1]],
            ["Care", ["healthcare"], None, {"care": 1}],
        ),
        ("contains", ["x", "1"], ["box", 210, [1]], [2, "y", []]),
        ("starts_with", ["NHS-", "X"], ["NHS-1", "X"], ["nhs-1", "1NHS-", None, ["NHS-1"]]),
        ("ends_with", [".uk", ".ie"], ["a.uk", "b.ie"], ["a.uk.com", None]),
        ("matches", [r"^FM\d{3}$"], ["FM123"], ["FM12", "xFM123", None, ["FM123"]]),
        ("matches", ["b+"], ["abba"], ["a", {}]),
        ("matches", ["^5$"], [5, "5", 5.0], [5.5]),
        (
            "greater",
            ["17"],
            [18, 17.5, "18", 10**400, "1e3"],
            [17, "17", True, None, "18 ", "1_8", [18], float("nan")],
        ),
        ("greater", ["0"], [1, 0.5], [True, "", "inf", float("inf")]),
        ("less", ["2.5"], [2, 2.4, -1, "-3", "+2"], [2.5, 3, False, "abc", None]),
        (
            "before",
            ["2025-01-01"],
            ["2024-12-31", "2024-12-31T23:59:59Z", EPOCH_2025 - 1, 0],
            ["2025-01-01", EPOCH_2025],
        ),
        (
            "before",
            ["2025-01-01T00:00+01:00"],
            ["2024-12-31T22:59Z", "2024-12-31T22:59"],
            ["2024-12-31T23:00Z"],
        ),
        (
            "after",
            ["2025-01-01"],
            ["2025-01-01T00:00:01", EPOCH_2025 + 0.5],
            ["2025-01-01", "soon", True, None, "x" * 99],
        ),
        ("after", ["2025-01-01"], [], ["0001-01-01T00:00+14:00", "9999-99-99"]),
        (
            "version_at_least",
            ["1.2"],
            ["1.2.0", "1.10.0", "v1.2", "2"],
            ["1.1.9", "1.2.0-rc.1", 1.2, "one", None],
        ),
        ("version_below", ["2.0.0"], ["1.9.9", "2.0.0-alpha", "v1"], ["2.0.0", "2.0.1", "", "2" * 200]),
        ("version_equals", ["1.2"], ["1.2.0", "v1.2", "1.2.0+build7"], ["1.2.1", "1.2.0-rc.1"]),
        (
            "version_at_least",
            ["1.0.0-alpha.2"],
            ["1.0.0-alpha.10", "1.0.0-beta", "1.0.0"],
            ["1.0.0-alpha.1", "1.0.0-alpha"],
        ),
    ],
)
def test_an_operator_by_example(operator: str, values: list[str], met: list[Any], not_met: list[Any]) -> None:
    groups = [group(condition(operator, *values))]
    assert [value for value in met if not holds(groups, {"a": value})] == []
    assert [value for value in not_met if holds(groups, {"a": value})] == []


def test_every_operator_has_words_for_people_and_an_example_here() -> None:
    assert set(VALUES) == set(OPERATORS)
    assert all(operator.label and operator.values for operator in OPERATORS.values())


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_an_attribute_that_is_missing_meets_nothing(operator: str) -> None:
    groups = [group(condition(operator, *VALUES[operator]))]
    assert not holds(groups, {})
    assert not holds(groups, {"a": None})
    assert holds([group(condition(operator, *VALUES[operator]), match="none")], {})


# --- attributes, groups, segments ------------------------------------------------------------------------


def test_the_exact_name_comes_before_the_path_into_objects() -> None:
    groups = [group(condition("equals", "1", attribute="a.b"))]
    assert holds(groups, {"a": {"b": 1}})
    assert holds(groups, {"a.b": 1, "a": {"b": 2}})
    assert not holds(groups, {"a.b": 2, "a": {"b": 1}})
    assert not holds(groups, {"a.b": None, "a": {"b": 1}})
    assert not holds(groups, {"a": "b"})
    assert not holds(groups, {"a": [{"b": 1}]})
    assert holds([group(condition("in", "x", attribute="a.b.c.d"))], {"a": {"b": {"c": {"d": "x"}}}})


def test_groups_hold_together_and_each_in_its_way() -> None:
    gb, adult = condition("in", "GB", attribute="country"), condition("greater", "17", attribute="age")
    both, either, neither = ([group(gb, adult, match=match)] for match in ("all", "any", "none"))
    assert [holds(both, context) for context in ({"country": "GB", "age": 18}, {"age": 18}, {})] == [
        True,
        False,
        False,
    ]
    assert [holds(either, context) for context in ({"country": "GB"}, {"age": 18}, {})] == [True, True, False]
    assert [holds(neither, context) for context in ({"country": "GB"}, {"age": 18}, {})] == [
        False,
        False,
        True,
    ]
    assert holds([*either, *neither], {}) is False
    assert holds([], {}) is True


def test_a_segment_is_what_its_matcher_says_and_one_that_is_gone_has_no_members() -> None:
    groups = [group({"segment": "pilot"})]
    assert holds(groups, {"x": 1}, pilot=lambda context: context["x"] == 1)
    read = conditions.parse(groups, segments=["pilot"])
    assert not conditions.compiled(read, {})({"x": 1})
    assert conditions.segments_named(groups) == ["pilot"]


@given(CONTEXTS, st.lists(GROUPS, max_size=4))
def test_no_context_makes_a_condition_fail(context: dict[str, Any], groups: list[dict[str, Any]]) -> None:
    assert holds(groups, context) in (True, False)


@given(CONTEXTS, st.lists(CONDITIONS, min_size=1, max_size=4))
def test_none_is_what_any_is_not(context: dict[str, Any], given: list[dict[str, Any]]) -> None:
    assert holds([group(*given, match="none")], context) is not holds([group(*given, match="any")], context)


@given(CONTEXTS, st.lists(CONDITIONS, min_size=1, max_size=4))
def test_all_is_every_one_by_itself(context: dict[str, Any], given: list[dict[str, Any]]) -> None:
    assert holds([group(*given)], context) is all(holds([group(each)], context) for each in given)


@given(CONTEXTS, st.lists(GROUPS, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_groups_and_conditions_does_not_matter(
    context: dict[str, Any], groups: list[dict[str, Any]], random: Any
) -> None:
    before = holds(groups, context)
    shuffled = [
        {**each, "conditions": random.sample(each["conditions"], len(each["conditions"]))} for each in groups
    ]
    random.shuffle(shuffled)
    assert holds(shuffled, context) is before


@given(st.lists(GROUPS, max_size=4))
def test_what_was_read_says_what_was_written(groups: list[dict[str, Any]]) -> None:
    assert builders.as_json(conditions.parse(groups, segments=())) == groups


@given(JSON)
def test_whatever_is_given_as_groups_is_read_or_named_as_a_fault(groups: Any) -> None:
    try:
        conditions.parse(groups, segments=())
    except Invalid as refused:
        assert all(path.startswith("groups") for path in refused.fields)  # noqa: PT017


# --- faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "values", "rule"),
    [
        ("matches", ["(a"], "is no regular expression of RE2: missing ): (a"),
        ("matches", ["(?=a)"], "is no regular expression of RE2"),
        ("matches", ["((a{100}){100}){100}"], "is no regular expression of RE2"),
        ("matches", ["a" * 201], "at most 200 characters"),
        ("matches", ["a", "b"], "enter one value"),
        ("greater", ["many"], "must be a number"),
        ("greater", ["1e999"], "must be a number"),
        ("less", ["nan"], "must be a number"),
        ("before", ["tomorrow"], "must be a date or time"),
        ("after", ["2025-02-30"], "must be a date or time"),
        ("version_at_least", ["latest"], "must be a version"),
        ("version_equals", ["1.2.3.4"], "must be a version"),
        ("in", [], "enter 1 to 1,000 values"),
        ("in", ["x"] * 1_001, "enter 1 to 1,000 values"),
        ("in", ["x" * 1_001], "each must be a text of 1 to 1,000"),
        ("in", [""], "each must be a text of 1 to 1,000"),
        ("in", ["a\x00b"], "printable"),
        ("in", ["\ud800"], "printable"),
        ("in", [5], "each must be a text"),
        ("in", "GB", "enter 1 to 1,000 values"),
    ],
)
def test_bad_values_are_named_with_their_rule(operator: str, values: Any, rule: str) -> None:
    found = faults(
        [{"match": "all", "conditions": [{"attribute": "a", "operator": operator, "values": values}]}]
    )
    assert list(found) == ["groups[0].conditions[0].values"]
    assert rule in found["groups[0].conditions[0].values"]


def test_every_fault_is_named_at_once() -> None:
    good = condition("in", "GB")
    found = faults(
        [
            {"match": "some", "conditions": [good]},
            {"match": "all", "conditions": []},
            {"match": "all"},
            group(
                good,
                {"segment": "nobody"},
                {"segment": 5},
                {**good, "attribute": ""},
                {**good, "operator": "like"},
            ),
            group({**good, "attribute": "a" * 101}, {"attribute": "a"}, "text", {**good, "negate": True}),
        ],
        ["pilot"],
    )
    assert list(found) == [
        "groups[0].match",
        "groups[1].conditions",
        "groups[2]",
        "groups[3].conditions[1].segment",
        "groups[3].conditions[2].segment",
        "groups[3].conditions[3].attribute",
        "groups[3].conditions[4].operator",
        "groups[4].conditions[0].attribute",
        "groups[4].conditions[1]",
        "groups[4].conditions[2]",
        "groups[4].conditions[3]",
    ]
    assert found["groups[3].conditions[1].segment"] == "there is no segment 'nobody'"
    assert "matches" in found["groups[3].conditions[4].operator"]


def test_there_are_limits_to_how_many() -> None:
    good = condition("in", "GB")
    conditions.parse([group(*[good] * 50)] * 20, segments=())
    assert list(faults([group(good)] * 21)) == ["groups"]
    assert list(faults([group(*[good] * 51)])) == ["groups[0].conditions"]
    assert list(faults({"match": "all"})) == ["groups"]


def test_the_path_begins_where_the_caller_says() -> None:
    with pytest.raises(Invalid) as refused:
        conditions.parse([{}], segments=(), path="rules[3].groups")
    assert list(refused.value.fields) == ["rules[3].groups[0]"]


# --- time ------------------------------------------------------------------------------------------------


def seconds(groups: Sequence[dict[str, Any]], context: dict[str, Any]) -> float:
    """Of this process alone: a busy machine makes no pattern slow."""
    matcher = conditions.compiled(conditions.parse(list(groups), segments=()), {})
    began = time.process_time()
    matcher(context)
    return time.process_time() - began


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^(a+)+$", "a" * 9_999 + "b"),
        ("^(a|a)*$", "a" * 9_999 + "b"),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 10_000),
        ("(.*.*.*.*.*.*.*.*)*=", "x" * 10_000),
        ("(.{0,30}){30}x", "a" * 10_000),
        ("(x+x+)+y", "x" * 10_000),
    ],
)
def test_a_pattern_that_would_hang_others_answers_soon(pattern: str, text: str) -> None:
    assert seconds([group(condition("matches", pattern))], {"a": text}) < 1


def test_a_megabyte_costs_nothing_and_meets_nothing() -> None:
    for operator in OPERATORS:
        groups = [group(condition(operator, *VALUES[operator]))]
        for value in ("G" * 1_000_000, "1" * 1_000_000, ["G" * 1_000_000], [[1]] * 500_000):
            assert seconds(groups, {"a": value}) < 0.5, operator
            assert not holds(groups, {"a": value}), operator
    assert not holds([group(condition("matches", "a"))], {"a": "a" * 10_001})
    assert holds([group(condition("matches", "a"))], {"a": "a" * 10_000})


def test_deeply_nested_objects_are_not_walked() -> None:
    context: dict[str, Any] = {}
    for _ in range(100_000):
        context = {"a": context, "b": [context]}
    for operator in OPERATORS:
        groups = [group(condition(operator, *VALUES[operator], attribute="a" + ".a" * 49))]
        assert seconds(groups, context) < 0.5, operator
        assert not holds(groups, context), operator
    # Let go of it piece by piece: freed at once it would be one deep recursion.
    while context:
        context = context["a"]
