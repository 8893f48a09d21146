"""Variants and rules: what is taken, what is refused by name, and what an edit keeps."""

from dataclasses import replace
from typing import Any

import pytest

from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from operations.models import Change
from rollout import flags, overrides, segments, targeting
from rollout.models import Flag
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.builders import ROOT, where, within
from tests.doors import events_after, last_event

pytestmark = pytest.mark.django_db

NOBODY = Actor(door=Door.API, label="nobody")
GB = RuleDraft("Britain", where(country="GB"))


@pytest.fixture(autouse=True)
def catalogue() -> None:
    builders.modules()


def a_typed_flag(value_type: str) -> Flag:
    return builders.a_flag("typed", value_type=value_type)


def faults(flag: Flag, *, variants: Any = None, rules: Any = None) -> dict[str, str]:
    verb: Any = targeting.set_variants if rules is None else targeting.set_rules
    with pytest.raises(Invalid) as refused:
        verb(flag, variants if rules is None else rules, actor=ROOT)
    return refused.value.fields


def refusal(flag: Flag, *, variants: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        targeting.set_variants(flag, variants, actor=ROOT)
    return refused.value


def stored(flag: Flag) -> list[tuple[Any, ...]]:
    return list(flag.variants.values_list("key", "value", "weight"))


def drafts(flag: Flag) -> list[RuleDraft]:
    """The rules of a flag as an editor sends them back."""
    return [RuleDraft(r.name, r.groups, r.serve, r.share, r.pk) for r in flag.rules.order_by("position")]


# --- variants --------------------------------------------------------------------------------------------


def test_variants_are_replaced_in_their_order_with_one_event_and_a_new_version() -> None:
    flag = builders.an_experiment()
    last, heard = last_event(), Change.objects.count()
    wanted = [VariantDraft("blue", "#00f", 3), VariantDraft("green", "#0f0", 1)]
    after = targeting.set_variants(flag, wanted, actor=ROOT, version=flag.version)
    assert stored(flag) == [("blue", "#00f", 3), ("green", "#0f0", 1)]
    assert after.version == flag.version + 1
    event = events_after(last)[0]
    assert (event.action, event.subject_id) == ("flag.variants_set", str(flag.pk))
    assert [row["key"] for row in event.data["before"]] == ["red", "blue", "off"]
    assert event.data["after"][1] == {"key": "green", "value": "#0f0", "weight": 1}
    assert Change.objects.count() == heard + 1
    assert Change.objects.latest("pk").topic == "flags"


def test_the_same_variants_again_change_nothing() -> None:
    flag = builders.an_experiment()
    last = last_event()
    again = [VariantDraft(row.key, row.value, row.weight) for row in flag.variants.all()]
    assert targeting.set_variants(flag, again, actor=ROOT).version == flag.version
    assert events_after(last) == []


@pytest.mark.parametrize(
    ("value_type", "good", "bad"),
    [
        ("string", ["", "é", "a\nb", "x" * 9_998], [1, None, {}, "a\x00", "\ud800", "x" * 9_999]),
        ("integer", [0, -5, 2**53, -(2**53)], [True, 1.0, "1", None, 2**53 + 1, 10**400]),
        ("float", [0.5, 2, -1e-300, 2**53], [True, "1", None, 1e16, float("nan"), float("inf"), 10**400]),
        (
            "object",
            [{}, {"a": [1, {"b": None}], "é": True}, {"a": 2.5}],
            [[], "{}", None, {1: 2}, {"a": float("nan")}, {"a": {"b": "\x00"}}, {"a": 1e17}, {"\x00": 1}],
        ),
    ],
)
def test_a_value_fits_the_flags_type(value_type: str, good: list[Any], bad: list[Any]) -> None:
    flag = a_typed_flag(value_type)
    for value in good:
        targeting.set_variants(flag, [VariantDraft("a", value, 1)], actor=ROOT)
        assert stored(flag) == [("a", value, 1)]
    for value in bad:
        assert list(faults(flag, variants=[VariantDraft("a", value, 1)])) == ["variants[0].value"], value


def test_a_whole_number_becomes_a_decimal_one_where_the_flag_has_those() -> None:
    flag = a_typed_flag("float")
    after = targeting.set_variants(flag, [VariantDraft("a", 2, 1)], actor=ROOT)
    assert isinstance(flag.variants.get().value, float)
    assert targeting.set_variants(flag, [VariantDraft("a", 2, 1)], actor=ROOT).version == after.version


def test_true_is_not_the_number_one() -> None:
    flag = a_typed_flag("object")
    targeting.set_variants(flag, [VariantDraft("a", {"x": 1}, 1)], actor=ROOT)
    targeting.set_variants(flag, [VariantDraft("a", {"x": True}, 1)], actor=ROOT)
    assert flag.variants.get().value["x"] is True


def test_an_object_is_nested_so_deep_and_no_deeper() -> None:
    flag = a_typed_flag("object")
    value: dict[str, Any] = {}
    for _ in range(2_000):
        value = {"a": value}
    assert faults(flag, variants=[VariantDraft("a", value, 1)]) == {
        "variants[0].value": "must be nested at most 20 deep"
    }


def test_every_fault_of_the_variants_is_named() -> None:
    flag = a_typed_flag("integer")
    wanted = [
        VariantDraft("a", 1, 1),
        VariantDraft("a", "1", 10_001),
        VariantDraft("-b", 2, -1),
        VariantDraft("off", 3, 1),
        VariantDraft("c", 4, True),
    ]
    found = faults(flag, variants=wanted)
    assert found == {
        "variants[1].key": "'a' stands here twice",
        "variants[1].value": "must be a whole number",
        "variants[1].weight": "must be a whole number from 0 to 10,000",
        "variants[2].key": found["variants[2].key"],
        "variants[2].weight": "must be a whole number from 0 to 10,000",
        "variants[3].weight": 'must be 0: "off" is answered where the flag is off',
        "variants[4].weight": "must be a whole number from 0 to 10,000",
    }
    assert list(faults(flag, variants=[VariantDraft("a", 1), VariantDraft("off", 0)])) == ["variants"]
    many = [VariantDraft(f"v{n}", n, 1) for n in range(51)]
    assert faults(flag, variants=many) == {"variants": "must be at most 50"}


def test_a_flag_that_is_on_or_off_has_no_variants() -> None:
    assert list(faults(builders.flag(), variants=[VariantDraft("a", True, 1)])) == ["variants"]
    targeting.set_variants(builders.flag(), [], actor=ROOT)


def test_a_variant_that_something_names_stays() -> None:
    flag = builders.an_experiment()
    keep_blue = [VariantDraft("blue", "#00f", 1)]
    needing = builders.a_flag("needing", prerequisite=flag, prerequisite_variant="red")
    assert refusal(flag, variants=keep_blue).message == (
        "needing needs colour to answer red: change that first."
    )
    flags.require(needing, flag, "", actor=ROOT)
    targeting.set_rules(flag, [replace(GB, serve="red")], actor=ROOT)
    assert "the rule 'Britain' serves red" in refusal(flag, variants=keep_blue).message
    targeting.set_rules(flag, [], actor=ROOT)
    row = overrides.override(flag, "W1", True, variant="red", reason="pilot", actor=ROOT)
    assert refusal(flag, variants=keep_blue).code == "in_use"
    overrides.remove_override(row, actor=ROOT)
    targeting.set_variants(flag, keep_blue, actor=ROOT)
    assert [key for key, _, _ in stored(flag)] == ["blue"]


def test_the_value_of_an_off_flag_may_go_though_a_rule_turns_it_off() -> None:
    flag = builders.an_experiment(rules=[replace(GB, serve="off")])
    targeting.set_variants(flag, [VariantDraft("red", "#f00", 1)], actor=ROOT)
    assert flag.rules.get().serve == "off"


# --- rules -----------------------------------------------------------------------------------------------


def test_rules_are_stored_in_order_with_one_event_and_a_new_version() -> None:
    flag = builders.flag("clinical_alerts")
    last, heard = last_event(), Change.objects.count()
    after = targeting.set_rules(flag, [GB, RuleDraft("Rest", serve="off", share=50)], actor=ROOT, version=1)
    assert [(r.position, r.name, r.serve, r.share) for r in flag.rules.all()] == [
        (0, "Britain", "", 100),
        (1, "Rest", "off", 50),
    ]
    assert after.version == 2
    event = events_after(last)[0]
    assert (event.action, event.data["before"]) == ("flag.rules_set", [])
    assert event.data["after"][0] == {
        "name": "Britain",
        "groups": where(country="GB"),
        "serve": "",
        "share": 100,
    }
    assert Change.objects.count() == heard + 1


def test_a_rule_keeps_its_salt_through_edits_and_reordering_and_loses_it_with_its_end() -> None:
    flag = builders.a_flag(rules=[GB, RuleDraft("Second", share=10)])
    first, second = flag.rules.order_by("position")
    assert first.salt != second.salt
    one, two = drafts(flag)
    targeting.set_rules(
        flag, [replace(two, share=20), RuleDraft("New"), replace(one, name="UK", serve="off")], actor=ROOT
    )
    again = {rule.pk: rule for rule in flag.rules.all()}
    assert (again[first.pk].salt, again[first.pk].position, again[first.pk].name) == (first.salt, 2, "UK")
    assert (again[second.pk].salt, again[second.pk].share) == (second.salt, 20)
    targeting.set_rules(flag, [replace(one, id=None)], actor=ROOT)
    assert flag.rules.get().salt not in (first.salt, second.salt)


def test_the_same_rules_again_change_nothing() -> None:
    flag = builders.a_flag(rules=[GB, RuleDraft("Second", share=10)])
    last = last_event()
    assert targeting.set_rules(flag, drafts(flag), actor=ROOT).version == flag.version
    assert events_after(last) == []


def test_rules_that_only_changed_places_are_a_change() -> None:
    flag = builders.a_flag(rules=[GB, GB])
    one, two = drafts(flag)
    assert targeting.set_rules(flag, [two, one], actor=ROOT).version == flag.version + 1


def test_every_fault_of_the_rules_is_named() -> None:
    flag = builders.a_flag(rules=[GB])
    bad = where(country="GB")
    bad[0]["conditions"][0]["operator"] = "like"
    other = builders.a_flag("other", rules=[GB])
    mine = flag.rules.get().pk
    found = faults(
        flag,
        rules=[
            RuleDraft(" ", bad, "purple", 0),
            RuleDraft("x" * 101, within("nobody"), share=101),
            replace(GB, id=other.rules.get().pk),
            replace(GB, id=mine),
            replace(GB, id=mine, share=True),
        ],
    )
    assert list(found) == [
        "rules[0].name",
        "rules[0].serve",
        "rules[0].share",
        "rules[0].groups[0].conditions[0].operator",
        "rules[1].name",
        "rules[1].share",
        "rules[1].groups[0].conditions[0].segment",
        "rules[2].id",
        "rules[4].share",
        "rules[4].id",
    ]
    assert faults(flag, rules=[GB] * 101) == {"rules": "must be at most 100"}
    long = where(country=["x" * 1_000] * 1_000)
    assert list(faults(flag, rules=[RuleDraft("Long", long)])) == ["rules"]


def test_a_rule_serves_a_variant_of_its_flag_or_off() -> None:
    flag = builders.an_experiment()
    targeting.set_rules(flag, [replace(GB, serve=serve) for serve in ("", "off", "red")], actor=ROOT)
    assert "must be empty or one of blue, off, red" in faults(flag, rules=[replace(GB, serve="on")]).values()
    plain = builders.a_flag(rules=[replace(GB, serve="on")])
    assert plain.rules.get().serve == ""
    assert list(faults(plain, rules=[replace(GB, serve="red")])) == ["rules[0].serve"]


def test_a_rule_names_segments_that_there_are() -> None:
    builders.a_segment("pilot")
    flag = builders.a_flag(rules=[RuleDraft("Pilot", within("pilot"))])
    assert [(rule.flag.key, rule.name) for rule in segments.uses_of("pilot").rules] == [("checkout", "Pilot")]
    targeting.set_rules(flag, [], actor=ROOT)
    assert not segments.uses_of("pilot")


# --- both ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [targeting.set_rules, targeting.set_variants])
def test_stale_versions_archived_flags_and_strangers_are_refused(verb: Any) -> None:
    flag = builders.an_experiment()
    with pytest.raises(Forbidden):
        verb(flag, [], actor=NOBODY)
    with pytest.raises(Refused, match=r"version 1, now 2.*look again") as stale:
        verb(flag, [], actor=ROOT, version=1)
    assert stale.value.code == "stale"
    flags.archive(flag, actor=ROOT)
    with pytest.raises(Refused) as archived:
        verb(flag, [], actor=ROOT)
    assert archived.value.code == "archived"


def test_a_check_changes_nothing() -> None:
    flag = builders.an_experiment()
    last = last_event()
    targeting.check_rules(flag, [GB])
    targeting.check_variants(flag, [VariantDraft("red", "x", 1)])
    assert events_after(last) == []
    assert builders.flag("colour").version == flag.version
