"""The rules of one row, and which column holds which field."""

from typing import Any

import pytest

from operations.errors import Invalid
from rollout.imports import columns, rows

GOOD = {"id": "FA002", "name": "Rowlands", "tier": "professional", "status": "active"}


def faults(**values: str) -> dict[str, str]:
    return rows.check({**GOOD, **values})[1]


def test_words_are_lower_cased_and_text_is_stripped() -> None:
    values = {
        "id": " FA002 ",
        "name": "  Rowlands   Pharmacy\n",
        "tier": " Professional",
        "status": "ACTIVE ",
        "region": "Greater\tManchester",
        "timeZone": " Europe/London ",
        "member": " ada ",
        "role": "Pharmacist",
        "email": " ada@example.org ",
        "active": "No",
    }
    row, found = rows.check(values)
    assert found == {}
    assert row == (
        "FA002",
        "Rowlands Pharmacy",
        "professional",
        "active",
        "Greater Manchester",
        "Europe/London",
        "ada",
        "pharmacist",
        "ada@example.org",
        False,
    )


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"id": ""}, "id", "empty"),
        ({"id": "a b"}, "id", "space"),
        ({"id": "x" * 101}, "id", "100"),
        ({"id": "a\ud800"}, "id", "control"),
        ({"name": " "}, "name", "empty"),
        ({"name": "x" * 201}, "name", "200"),
        ({"name": "a\x07b"}, "name", "control character"),
        ({"tier": ""}, "tier", "empty"),
        ({"tier": "gold plan"}, "tier", "'gold plan'"),
        ({"status": "1st"}, "status", "beginning with a letter"),
        ({"status": "x" * 31}, "status", "lower-case"),
        ({"region": "x" * 101}, "region", "100"),
        ({"timeZone": "Manchester"}, "timeZone", "Europe/London"),
        ({"member": "unnamed:pharmacist", "role": "pharmacist"}, "member", "unnamed:"),
        ({"member": "a b", "role": "pharmacist"}, "member", "space"),
        ({"member": "ada"}, "role", "a member has a role"),
        ({"role": "super admin"}, "role", "super admin"),
        ({"role": "pharmacist", "email": "ada"}, "email", "e-mail"),
        ({"role": "pharmacist", "email": "a@" + "x" * 250 + ".org"}, "email", "254"),
        ({"email": "ada@example.org"}, "email", "neither a member nor a role"),
        ({"role": "pharmacist", "active": "maybe"}, "active", "neither true nor false"),
    ],
)
def test_a_value_that_breaks_its_rule_is_named(values: dict[str, str], field: str, says: str) -> None:
    found = faults(**values)
    assert list(found) == [field]
    assert says in found[field]


def test_every_fault_of_a_row_is_named_at_once() -> None:
    assert set(faults(id="", tier="", timeZone="x")) == {"id", "tier", "timeZone"}


def test_a_role_without_an_id_is_one_unnamed_member() -> None:
    assert rows.check({**GOOD, "role": "pharmacist"})[0].member == "unnamed:pharmacist"


def test_a_row_without_role_and_id_has_no_member() -> None:
    assert rows.check(GOOD)[0].member == ""


def test_a_name_that_looks_like_a_formula_is_text() -> None:
    row, found = rows.check({**GOOD, "name": '=HYPERLINK("http://x")'})
    assert found == {}
    assert row.name == '=HYPERLINK("http://x")'


HEADER = ["code", "Name", "tier", "status"]


def invalid(header: list[str], mapping: Any = (), defaults: Any = ()) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        columns.match(header, dict(mapping), dict(defaults))
    return refusal.value.fields


def test_a_column_is_found_by_its_mapping_or_by_its_name() -> None:
    found = columns.match(HEADER, {"id": "code"}, {"region": "North"})
    assert found.positions == {"id": 0, "name": 1, "tier": 2, "status": 3}
    assert found.given == {"id", "name", "tier", "status", "region"}
    assert not columns.has_members(found)


def test_a_default_stands_for_a_missing_column_and_for_an_empty_cell() -> None:
    found = columns.match(HEADER, {"id": "code"}, {"tier": "professional", "role": "pharmacist"})
    values = found.values(["a", "'=b", " ", "active"])
    assert values == {
        "id": "a",
        "name": "=b",
        "tier": "professional",
        "status": "active",
        "role": "pharmacist",
    }


def test_missing_columns_are_told_in_one_fault_with_what_the_file_has() -> None:
    found = invalid(["pharmacy_name", "postcode"], {"name": "pharmacy_name"})
    assert "id, tier and status" in found["columns"]
    assert found["file"] == "has the columns pharmacy_name, postcode"


def test_a_file_with_another_separator_is_recognised() -> None:
    assert "commas" in invalid(["id;name;tier;status"])["file"]


@pytest.mark.parametrize(
    ("header", "mapping", "defaults", "key", "says"),
    [
        (HEADER, {"ods": "code"}, {}, "map ods", "is no field"),
        (HEADER, {"id": "ods"}, {}, "map id", "no column 'ods'"),
        (HEADER, {"id": "code"}, {"colour": "red"}, "default colour", "is no field"),
        (HEADER, {}, {"id": "x"}, "default id", "row to row"),
        (HEADER, {"id": "code"}, {"tier": "Gold Plan"}, "default tier", "lower-case"),
        (HEADER, {"id": "code"}, {"timeZone": "Mars"}, "default timeZone", "IANA"),
        (["id", "name", "name", "tier", "status"], {}, {}, "column name", "more than once"),
    ],
)
def test_a_bad_mapping_default_or_header_is_named(
    header: list[str], mapping: dict[str, str], defaults: dict[str, str], key: str, says: str
) -> None:
    assert says in invalid(header, mapping, defaults)[key]


def test_a_long_header_is_cut_short() -> None:
    assert invalid([f"column{n}" for n in range(200)])["file"].endswith("and 160 more")
