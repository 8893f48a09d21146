"""YAML of people's files: read as it was written, and nothing in it that builds or swells."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations import yaml_text
from operations.errors import Invalid

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
TRICKY = st.sampled_from(
    [
        "on",
        "no",
        "off",
        "true",
        "null",
        "~",
        "",
        "1",
        "-1.5",
        "1e3",
        ".5",
        "010",
        "0x1F",
        "1_000",
        "12:30",
        "2025-01-31",
        ".inf",
        "<<",
        "=",
        "- a",
        "a: b",
        "#",
        "'",
        '"',
        " a ",
        "a\n b\n",
        "\n",
        "\u2028",
        "\x85",
        "é💊",
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | TRICKY, inner, max_size=4),
    max_leaves=15,
)


def fault(text: str) -> str:
    with pytest.raises(Invalid) as refused:
        yaml_text.read(text)
    assert list(refused.value.fields) == ["file"]
    return refused.value.fields["file"]


@given(JSON)
def test_what_was_written_is_read_as_it_was(value: Any) -> None:
    again = yaml_text.read(yaml_text.write({"value": value}))["value"]
    assert again == value
    assert type(again) is type(value)


def test_what_people_write_means_what_it_says() -> None:
    found = yaml_text.read(
        "a: on\nb: 2025-01-31\nc: 1e3\nd: 010\ne: 12:30\nf: ~\ng:\nh: [1, .5, true, 'true']\n"
    )
    assert found == {
        "a": "on",
        "b": "2025-01-31",
        "c": 1000.0,
        "d": "010",
        "e": "12:30",
        "f": None,
        "g": None,
        "h": [1, 0.5, True, "true"],
    }


def test_it_is_written_for_people() -> None:
    document = {"b": [{"values": ["GB", "IE"]}], "a": "two\nlines\n", "off": "off"}
    assert yaml_text.write(document) == ("b:\n- values: [GB, IE]\na: |\n  two\n  lines\n'off': 'off'\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nb: *x", "line 1: anchors and aliases are not taken"),
        ("a: 1\nb: *x", "line 2: anchors and aliases are not taken"),
        ("a: 1\nb:\n  a: 1\n  a: 2", "line 4: 'a' stands here twice"),
        ("!!python/object/apply:os.system [ls]", "line 1: tags are not taken"),
        ("a: !!binary aGk=", "line 1: tags are not taken"),
        ("1: 2", "a key must be a text"),
        ("[1]: 2", "a key must be a text"),
        ("--- a\n--- b", "line 2"),
        ("a: [1, 2", "line 2"),
        ("a: 'b", "line 1"),
        ("\x00", "is not YAML"),
        ("a: \ud800", "is not YAML"),
        ("[" * 100_000, "line 1: is nested more than 40 deep"),
        ("{a: " * 100_000, "line 1: is nested more than 40 deep"),
        ("- " * 100_000, "line 1: is nested more than 40 deep"),
        ("a" * 1_000_001, "must have at most 1,000,000 bytes"),
        ("é" * 500_001, "must have at most 1,000,000 bytes"),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_not_taken_is_named_with_its_line(text: str, said: str) -> None:
    assert said in fault(text)


def test_a_bomb_does_not_go_off() -> None:
    lines = ["a: &a [x, x]"]
    lines += [
        f"{chr(ord(name) + 1)}: &{chr(ord(name) + 1)} [*{name}, *{name}]" for name in "abcdefghijklmnop"
    ]
    began = time.process_time()
    assert "anchors" in fault("\n".join(lines))
    assert time.process_time() - began < 1


def test_many_keys_are_read_in_bounded_time() -> None:
    text = "".join(f"k{number}: 1\n" for number in range(90_000))
    began = time.process_time()
    assert len(yaml_text.read(text)) == 90_000
    assert time.process_time() - began < 20
