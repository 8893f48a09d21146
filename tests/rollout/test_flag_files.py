"""Flags as files: out and in again without a change, every fault by its path, all or nothing."""

import getpass
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import transaction

from operations import yaml_text
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, NotFound
from rollout import flag_files, flags, overrides, segments, targeting
from rollout.flag_files import FileChange
from rollout.models import Flag, Module, Rule, Segment, Selection, Variant
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.builders import ROOT, where, within
from tests.doors import events_after, every_row, last_event, run

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"
RULES = [
    RuleDraft("Pilot", within("pilot"), "red"),
    RuleDraft("Adults", where(country=["GB", "on", "1e3"], match="none"), "off", 25),
    RuleDraft("Everybody"),
]


@pytest.fixture(autouse=True)
def catalogue() -> None:
    builders.modules()


def everything() -> Flag:
    """An experiment that has all a file can hold, beside the catalogue."""
    builders.a_segment("country", where(country="GB"))
    builders.a_segment("pilot", within("country"))
    builders.a_segment("unused")
    flag = builders.an_experiment(
        description="Two\nlines: é\n",
        owner="Payments",
        expires_on=date(2030, 1, 31),
        from_phase=3,
        selected_from_phase=2,
        prerequisite=builders.flag(),
    )
    targeting.set_rules(flag, RULES, actor=ROOT)
    flags.schedule(flag, datetime(2029, 1, 1, 9, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC), actor=ROOT)
    values = {"z": [1, 2.5, {"b": None, "a": True}], "a": "off", "": 1e-7}
    builders.a_flag("layout", value_type="object", variants=[VariantDraft("wide", values, 1)])
    builders.a_flag("limit", value_type="float", variants=[VariantDraft("low", 2, 1), VariantDraft("off", 0)])
    builders.a_flag("colours_too", prerequisite=flag, prerequisite_variant="red")
    return builders.flag("colour")


def dumped() -> str:
    return flag_files.dump(builders.module())


def document() -> Any:
    return yaml_text.read(dumped())


def load(changed: Any, **values: Any) -> FileChange:
    text = changed if isinstance(changed, str) else yaml_text.write(changed)
    return flag_files.load(text, actor=ROOT, **values)


def faults(changed: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        load(changed)
    return refused.value.fields


def entry(changed: Any, key: str = "colour") -> Any:
    return next(flag for flag in changed["flags"] if flag["key"] == key)


def small(**values: Any) -> dict[str, Any]:
    """A file of one new flag."""
    return {
        "module": "patient_engagement",
        "flags": [{"key": "checkout", "name": "Checkout", **values}],
    }


# --- out and in ------------------------------------------------------------------------------------------


def test_a_file_says_what_its_flags_are() -> None:
    everything()
    found = document()
    assert found["module"] == "patient_engagement"
    assert [row["key"] for row in found["segments"]] == ["country", "pilot"]
    assert entry(found) == {
        "key": "colour",
        "name": "Colour",
        "valueType": "string",
        "description": "Two\nlines: é",
        "owner": "Payments",
        "expiresOn": "2030-01-31",
        "fromPhase": 3,
        "selectedFromPhase": 2,
        "prerequisite": CORE,
        "onFrom": "2029-01-01T09:00:00Z",
        "offAt": "2030-01-01T00:00:00Z",
        "variants": [
            {"key": "red", "value": "#f00", "weight": 1},
            {"key": "blue", "value": "#00f", "weight": 1},
            {"key": "off", "value": "#888", "weight": 0},
        ],
        "rules": [
            {"name": "Pilot", "groups": within("pilot"), "serve": "red"},
            {"name": "Adults", "groups": RULES[1].groups, "serve": "off", "share": 25},
            {"name": "Everybody"},
        ],
    }
    assert entry(found, CORE) == {"key": CORE, "name": "Core module", "fromPhase": 1}
    assert [flag["fromPhase"] for flag in found["flags"]] == sorted(f["fromPhase"] for f in found["flags"])
    assert dumped().startswith("# Flags of Patient Engagement.")
    # Any other reader of YAML reads the same.
    assert yaml.safe_load(dumped()) == found


def test_a_file_goes_out_and_in_again_without_a_change() -> None:
    everything()
    rows, text = every_row(), dumped()
    change = load(text)
    assert (change.created, change.updated, change.segments_created, change.segments_updated) == ((),) * 4
    assert len(change.unchanged) == 14
    assert change.segments_unchanged == ("country", "pilot")
    assert every_row() == rows
    assert dumped() == text


def test_a_file_makes_in_an_empty_portal_what_it_was_written_from() -> None:
    everything()
    text = dumped()
    Flag.objects.update(prerequisite=None, prerequisite_variant="")
    for model in (Rule, Variant, Segment):
        model.objects.all().delete()
    Flag.objects.filter(module__key="patient_engagement").delete()
    change = load(text)
    assert len(change.created) == 14
    assert (change.updated, change.unchanged) == ((), ())
    assert change.segments_created == ("country", "pilot")
    assert dumped() == text


def test_how_flags_stand_at_the_moment_is_in_no_file() -> None:
    flag = everything()
    builders.workspaces(["W00001"])
    before = dumped()
    flags.kill(flag, True, actor=ROOT)
    flags.hold(flag, 10, actor=ROOT)
    overrides.override(flag, "W00001", True, reason="Pilot", actor=ROOT)
    Selection.objects.create(flag=flag, workspace_id="W00001")
    gone = builders.a_flag("gone", rules=[RuleDraft("Unused", within("unused"))])
    flags.archive(gone, actor=ROOT)
    assert dumped() == before
    load(before)
    assert builders.flag("colour").killed
    assert builders.flag("colour").max_percentage == 10


# --- changes ---------------------------------------------------------------------------------------------


def test_what_differs_is_changed_and_what_is_not_named_stays() -> None:
    flag = everything()
    salts = dict(flag.rules.values_list("name", "salt"))
    changed = document()
    changed["flags"] = [entry(changed)]
    mine = changed["flags"][0]
    mine |= {"name": "Colours", "owner": "Design", "fromPhase": 4, "offAt": None}
    mine["rules"] = [mine["rules"][2], {**mine["rules"][1], "share": 50}, {"name": "New", "serve": "blue"}]
    changed["segments"][0]["groups"] = where(country="IE")
    last = last_event()
    change = load(changed)
    assert (change.created, change.updated, change.unchanged) == ((), ("colour",), ())
    assert (change.segments_updated, change.segments_unchanged) == (("country",), ("pilot",))
    found = builders.flag("colour")
    assert (found.name, found.owner, found.from_phase, found.off_at) == ("Colours", "Design", 4, None)
    assert found.on_from == flag.on_from
    rules = list(found.rules.order_by("position"))
    assert [(rule.name, rule.share) for rule in rules] == [("Everybody", 100), ("Adults", 50), ("New", 100)]
    assert [rule.salt for rule in rules[:2]] == [salts["Everybody"], salts["Adults"]]
    assert [event.action for event in events_after(last)] == [
        "segment.saved",
        "flag.described",
        "flag.phases_set",
        "flag.rules_set",
        "flag.scheduled",
    ]
    assert builders.flag("layout").variants.count() == 1


def test_what_a_flag_leaves_out_is_its_default() -> None:
    everything()
    load(
        {
            "module": "patient_engagement",
            "flags": [
                {"key": "colours_too", "name": "Too"},
                {"key": "colour", "name": "Colour", "valueType": "string"},
            ],
        }
    )
    found = builders.flag("colour")
    assert (found.owner, found.expires_on, found.from_phase, found.prerequisite) == ("", None, 1, None)
    assert not found.variants.exists()
    assert not found.rules.exists()


def test_variants_are_renamed_with_the_rules_and_the_flags_that_name_them() -> None:
    everything()
    changed = document()
    mine = entry(changed)
    mine["variants"][0]["key"] = mine["rules"][0]["serve"] = "crimson"
    entry(changed, "colours_too")["prerequisiteVariant"] = "crimson"
    assert load(changed).updated == ("colour", "colours_too")
    assert list(builders.flag("colour").variants.values_list("key", flat=True)) == ["crimson", "blue", "off"]
    assert builders.flag("colours_too").prerequisite_variant == "crimson"
    assert load(dumped()).updated == ()


def test_flags_may_change_places_in_what_they_need() -> None:
    one = builders.a_flag("one")
    builders.a_flag("two", prerequisite=one)
    changed = document()
    entry(changed, "two").pop("prerequisite")
    entry(changed, "one")["prerequisite"] = "two"
    assert load(changed).updated == ("one", "two")
    assert builders.flag("one").prerequisite == builders.flag("two")


def test_segments_may_change_places_too() -> None:
    builders.a_segment("low")
    builders.a_segment("high", within("low"))
    load(
        {
            "module": "patient_engagement",
            "segments": [
                {"key": "low", "name": "Low", "groups": within("high")},
                {"key": "high", "name": "High", "groups": where(country="IE")},
            ],
        }
    )
    assert Segment.objects.get(key="low").groups == within("high")


def test_a_segment_that_other_modules_use_is_reported_when_it_changes() -> None:
    everything()
    builders.a_flag("elsewhere", module_key="health_management", rules=[RuleDraft("P", within("pilot"))])
    changed = document()
    assert load(changed).shared == {}
    changed["segments"][0]["groups"] = where(country="IE")
    assert load(changed).shared == {"country": ("health_management",)}


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    everything()
    changed = document()
    entry(changed)["owner"] = "Design"
    changed["flags"].append({"key": "new", "name": "New"})
    rows = every_row()
    dry = load(changed, dry_run=True)
    assert every_row() == rows
    assert (dry.created, dry.updated) == (("new",), ("colour",))
    assert replace(load(changed), dry_run=True) == dry


# --- faults ----------------------------------------------------------------------------------------------


def test_every_fault_is_named_by_its_path_and_nothing_is_written() -> None:
    everything()
    changed = document()
    mine = changed["flags"].index(entry(changed))
    first = changed["flags"][mine]
    first["rules"][0]["groups"][0]["conditions"].append(
        {"attribute": "name", "operator": "matches", "values": ["(a"]}
    )
    first["variants"][1]["value"] = 5
    first["prerequisite"] = "nothing"
    first["colour"] = "red"
    changed["segments"][0]["groups"][0]["match"] = "some"
    changed["flags"] += [
        {"key": "Bad Key", "name": "Bad"},
        {
            "key": "typed",
            "name": 5,
            "fromPhase": "one",
            "expiresOn": "31.1.2030",
            "onFrom": "2030-01-01T00:00",
        },
        {"key": "health_management", "name": "Taken"},
        {"key": "layout", "name": "Layout"},
        {"key": "needs_bad", "name": "Needs", "prerequisite": "typed"},
        "text",
        {"key": "checkout", "name": "Checkout", "rules": [{"serve": "on", "share": 0, "groups": 5}]},
    ]
    rows = every_row()
    last = len(changed["flags"])
    found = faults(changed)
    at = {name: f"flags[{mine}].{name}" for name in ("variants[1].value", "colour", "prerequisite")}
    assert {path.replace(f"flags[{mine}]", "flags[mine]") for path in found} == {
        "flags[mine].colour",
        *(f"flags[{last - 6}].{name}" for name in ("name", "fromPhase", "expiresOn", "onFrom")),
        f"flags[{last - 2}]",
        "segments[0].groups[0].match",
        f"flags[{last - 7}].key",
        f"flags[{last - 5}].key",
        *(f"flags[{last - 4}].{name}" for name in ("key", "valueType")),
        f"flags[{last - 1}].rules[0].name",
    }
    assert "is not one of key, name" in found[at["colour"]]
    # A mapping whose own shape is wrong is checked no further; the others are.
    del first["colour"]
    again = faults(changed)
    assert again[at["variants[1].value"]] == "must be a text"
    assert again[at["prerequisite"]] == "there is no flag 'nothing'"
    assert "is no regular expression" in again[f"flags[{mine}].rules[0].groups[0].conditions[1].values"]
    assert every_row() == rows


def test_faults_of_a_new_flag_stand_where_the_file_has_them() -> None:
    assert faults(small(fromPhase=0, valueType="colour")) == {
        "flags[0].fromPhase": "must be a whole number from 1 to 1,000",
        "flags[0].valueType": "must be one of boolean, string, integer, float, object",
    }
    assert list(faults(small(rules=[{"name": "A", "share": 0, "groups": 5}]))) == [
        "flags[0].rules[0].share",
        "flags[0].rules[0].groups",
    ]
    assert list(faults(small(onFrom="2030-01-02T00:00Z", offAt="2030-01-01T00:00Z"))) == ["flags[0].offAt"]
    assert list(faults(small(prerequisite=CORE, prerequisiteVariant="red"))) == [
        "flags[0].prerequisiteVariant"
    ]


def test_a_fault_is_not_named_again_where_it_is_only_felt() -> None:
    rules = [{"name": "A", "serve": "red"}]
    variants = [{"key": "red", "value": 5, "weight": 1}]
    assert list(faults(small(valueType="string", variants=variants, rules=rules))) == [
        "flags[0].variants[0].value"
    ]
    two = small(fromPhase=0)
    two["flags"].append({"key": "other", "name": "Other", "prerequisite": "checkout"})
    assert list(faults(two)) == ["flags[0].fromPhase"]


def test_a_flag_keeps_its_type_and_an_archived_one_its_key() -> None:
    builders.an_experiment()
    flags.archive(builders.a_flag("gone"), actor=ROOT)
    found = faults(
        {
            "module": "patient_engagement",
            "flags": [{"key": "colour", "name": "A"}, {"key": "gone", "name": "B"}],
        }
    )
    assert found == {
        "flags[0].valueType": "stays string: make another flag",
        "flags[1].key": "is that of an archived flag",
    }


def test_a_variant_that_an_override_names_does_not_leave() -> None:
    flag = everything()
    overrides.override(flag, "W1", True, variant="blue", reason="Pilot", actor=ROOT)
    changed = document()
    mine = changed["flags"].index(entry(changed))
    del changed["flags"][mine]["variants"][1]
    assert list(faults(changed)) == [f"flags[{mine}].variants"]


def test_circles_in_a_file_are_faults() -> None:
    found = faults(
        {
            "module": "patient_engagement",
            "segments": [
                {"key": "a", "name": "A", "groups": within("b")},
                {"key": "b", "name": "B", "groups": within("a")},
                {"key": "c", "name": "C", "groups": where(country="GB")},
            ],
            "flags": [
                {"key": "one", "name": "One", "prerequisite": "two"},
                {"key": "two", "name": "Two", "prerequisite": "one"},
            ],
        }
    )
    assert found == {
        "segments[0].groups": "would go in a circle by b",
        "segments[1].groups": "would go in a circle by a",
        "flags[0].prerequisite": "would go in a circle by two",
        "flags[1].prerequisite": "would go in a circle by one",
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "file"),
        ("[]", "file"),
        ("a: *x", "file"),
        ("flags: []", "module"),
        ("module: 5", "module"),
        ("module: patient_engagement\nflags: 5", "flags"),
        ("module: patient_engagement\nflags: [5]", "flags[0]"),
        ("module: patient_engagement\nsegments: {a: b}", "segments"),
        ("module: patient_engagement\nflag: []", "flag"),
        ("module: patient_engagement\nflags:\n- {key: a, name: A}\n- {key: a, name: B}", "flags[1].key"),
        (
            "module: patient_engagement\nflags:\n- {key: a, name: A, variants: [{}]}",
            "flags[0].variants[0].key",
        ),
        ("module: patient_engagement\nflags:\n- {key: 5, name: A}", "flags[0].key"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, path: str) -> None:
    assert path in faults(text)


def test_a_file_is_of_a_module_that_there_is() -> None:
    with pytest.raises(NotFound):
        load("module: nothing")
    with pytest.raises(Invalid, match="the file is of patient_engagement, and not of health_management"):
        load("module: patient_engagement", module=builders.module("health_management"))
    assert load("module: patient_engagement", module=builders.module()).created == ()
    assert Module.objects.count() == 2


def test_whoever_may_not_change_flags_imports_none() -> None:
    with pytest.raises(Forbidden):
        flag_files.load("module: patient_engagement", actor=Actor(door=Door.API, label="nobody"))
    changing = Actor(door=Door.API, label="half", grants=frozenset({"rollout.change_flag"}))
    with pytest.raises(Forbidden, match="add_flag"):
        flag_files.load(yaml_text.write(small()), actor=changing)
    assert segments.uses_of("x").rules == ()


# --- the command and the verbs ---------------------------------------------------------------------------

VERBS: dict[str, tuple[Callable[[Flag], Any], dict[str, Any]]] = {
    "flag.described": (
        lambda flag: flags.describe(
            flag,
            name="Colours",
            description=flag.description,
            owner=flag.owner,
            expires_on=flag.expires_on,
            actor=ROOT,
        ),
        {"name": "Colours"},
    ),
    "flag.phases_set": (
        lambda flag: flags.set_phases(flag, 4, 1, actor=ROOT),
        {"fromPhase": 4, "selectedFromPhase": 1},
    ),
    "flag.variants_set": (
        lambda flag: targeting.set_variants(
            flag, [VariantDraft("red", "r", 2), VariantDraft("blue", "b", 1)], actor=ROOT
        ),
        {
            "variants": [
                {"key": "red", "value": "r", "weight": 2},
                {"key": "blue", "value": "b", "weight": 1},
            ]
        },
    ),
    "flag.rules_set": (lambda flag: targeting.set_rules(flag, [], actor=ROOT), {"rules": []}),
    "flag.prerequisite_set": (
        lambda flag: flags.require(flag, builders.flag("layout"), "wide", actor=ROOT),
        {"prerequisite": "layout", "prerequisiteVariant": "wide"},
    ),
    "flag.scheduled": (
        lambda flag: flags.schedule(flag, None, None, actor=ROOT),
        {"onFrom": None, "offAt": None},
    ),
}


@pytest.mark.parametrize("action", VERBS)
def test_the_command_leaves_what_the_verb_leaves_with_its_own_actor(action: str, tmp_path: Path) -> None:
    flag = everything()
    verb, edit = VERBS[action]
    changed = document()
    entry(changed).update(edit)
    file = tmp_path / "flags.yaml"
    file.write_text(yaml_text.write(changed))

    def left(last: int) -> tuple[str, list[tuple[str, Any]]]:
        return dumped(), [(event.action, event.data) for event in events_after(last)]

    with transaction.atomic():
        last = last_event()
        verb(flag)
        wanted = left(last)
        transaction.set_rollback(True)
    last = last_event()
    ran = run("feature_flags", "import", str(file))
    assert (ran.code, ran.err) == (0, "")
    assert left(last) == wanted
    assert [name for name, _ in wanted[1]] == [action]
    assert {event.who for event in events_after(last)} == {f"command:{getpass.getuser()}"}
