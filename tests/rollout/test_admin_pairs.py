"""Objects as lines of `name = value`, and values one a line: what is shown reads back as what it was."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.admin import groups_editor, pairs

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1)


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_an_object_that_is_shown_reads_back_as_itself(found: dict[str, Any]) -> None:
    assert json.dumps(pairs.read(pairs.spelled(found))) == json.dumps(found)


@given(st.lists(PRINTABLE.map(str.strip).filter(bool), max_size=5))
def test_values_that_are_shown_read_back_as_themselves(values: list[str]) -> None:
    assert pairs.values_of(pairs.spelled_values(values)) == values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("country = GB", {"country": "GB"}),
        ("age=30\n\n beta = true\r\nscore = 1.5", {"age": 30, "beta": True, "score": 1.5}),
        ('code = "30"', {"code": "30"}),
        ("url = https://example.org/?a=b", {"url": "https://example.org/?a=b"}),
        ('roles = ["a", "b"]', {"roles": ["a", "b"]}),
        ("ratio = NaN", {"ratio": "NaN"}),
        ('{"nested": {"a": 1}}', {"nested": {"a": 1}}),
    ],
)
def test_values_are_json_where_they_can_be_and_else_text(text: str, found: dict[str, Any]) -> None:
    assert pairs.read(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("country", "line 1: write it as name = value"),
        ("a = 1\n= 2", "line 2"),
        ("a = 1\na = 2", "a stands here twice"),
        ("{no", "is not JSON"),
        ('{"a": NaN}', "NaN is no JSON value"),
        ("{" * 100_000, "is not JSON"),
        ("a = 1\n" * 201, "more than 200 lines"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        pairs.read(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [("GB, IE", ["GB", "IE"]), ("GB\r\nIE", ["GB", "IE"]), ('"Smith, John"\nMary', ["Smith, John", "Mary"])],
)
def test_values_stand_one_a_line_or_with_commas(text: str, values: list[str]) -> None:
    assert pairs.values_of(text) == values


def test_a_value_longer_than_any_may_be_is_left_to_the_verbs() -> None:
    assert pairs.values_of("x" * 200_000) == ["x" * 200_000]


def test_groups_read_in_plain_words() -> None:
    country = {"attribute": "country", "operator": "in", "values": ["GB", "IE"]}
    version = {"attribute": "app", "operator": "version_at_least", "values": ["2.4"]}
    groups: list[dict[str, Any]] = [
        {"match": "all", "conditions": [country]},
        {"match": "any", "conditions": [{"segment": "pilot"}, version]},
        {"match": "none", "conditions": [{"attribute": "os", "operator": "contains", "values": ["a", "b"]}]},
    ]
    assert groups_editor.in_words(groups, {"pilot": "Pilot pharmacies"}) == (
        "country is one of GB, IE and (in the segment Pilot pharmacies or app is version 2.4 or newer) "
        "and none of (os contains a or b)"
    )
