"""Targeting rules through the admin: rows that are added, moved, tried and judged, with nothing lost."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from rollout import flags, segments, targeting
from rollout.models import Flag
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

COUNTRY = {"attribute": "country", "operator": "in", "values": "GB, IE"}


@pytest.fixture
def core() -> Flag:
    builders.a_plan_in_phase(1)
    return builders.flag()


def rule(number: int, *conditions: dict[str, str], **texts: str) -> dict[str, str]:
    """One rule with one group, as a browser sends it."""
    start = f"rules-{number}"
    row = {"id": "", "name": f"Rule {number}", "serve": "", "share": "100", **texts}
    sent = {f"{start}-{name}": value for name, value in row.items()}
    if conditions:
        sent[f"{start}-groups-0-match"] = "all"
    for index, condition in enumerate(conditions):
        sent |= {f"{start}-groups-0-conditions-{index}-{name}": text for name, text in condition.items()}
    return sent


def page(flag: Flag) -> str:
    return f"{reverse('admin:rollout_flag_operate', args=['rules'])}?object={flag.pk}"


def sent(client: Client, flag: Flag, *rules: dict[str, str], **more: str) -> str:
    given = {name: value for each in rules for name, value in each.items()}
    version = Flag.objects.get(pk=flag.pk).version
    answer = client.post(page(flag), {"object": f"{flag.pk}:{version}", **given, **more}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def pressed(client: Client, flag: Flag, button: str, *rules: dict[str, str]) -> str:
    return sent(client, flag, *rules, _preview=button)


def tried(client: Client, flag: Flag, *rules: dict[str, str], **asked: str) -> str:
    given = {name: value for each in rules for name, value in each.items()}
    address = reverse("admin:rollout_flag_try", args=[flag.pk])
    answer = client.post(address, {**given, **asked}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_rules_are_written_and_stand_on_the_page_in_plain_words(manager: Client, core: Flag) -> None:
    text = sent(manager, core, rule(0, COUNTRY, name="Pilot", share="50"), rule(1, serve="off", name="Rest"))
    assert "has 2 targeting rules" in text
    assert "country is one of GB, IE" in text
    assert "<strong>on for 50 %</strong>" in text
    assert "<strong>everybody</strong>" in text
    assert "the portal cannot count them" in text
    first, second = core.rules.all()
    assert first.groups == [
        {
            "match": "all",
            "conditions": [{"attribute": "country", "operator": "in", "values": ["GB", "IE"]}],
        }
    ]
    assert (first.share, second.serve) == (50, "off")


def test_what_is_shown_and_sent_back_changes_nothing(manager: Client, core: Flag) -> None:
    groups = [
        {"match": "any", "conditions": [{"attribute": "city", "operator": "equals", "values": ['a, "b"']}]},
        {"match": "none", "conditions": [{"attribute": "id", "operator": "matches", "values": ["^a{1,3}$"]}]},
    ]
    targeting.set_rules(core, [RuleDraft("One", groups, share=30)], actor=ROOT)
    before = core.rules.get()
    text = manager.get(page(core)).content.decode()
    assert "a, &quot;&quot;b" in text
    again = {
        "rules-0-id": str(before.pk),
        "rules-0-name": "One",
        "rules-0-serve": "",
        "rules-0-share": "30",
        "rules-0-groups-0-match": "any",
        "rules-0-groups-0-conditions-0-attribute": "city",
        "rules-0-groups-0-conditions-0-operator": "equals",
        "rules-0-groups-0-conditions-0-values": '"a, ""b"""',
        "rules-0-groups-1-match": "none",
        "rules-0-groups-1-conditions-0-attribute": "id",
        "rules-0-groups-1-conditions-0-operator": "matches",
        "rules-0-groups-1-conditions-0-values": "^a{1,3}$",
    }
    version = Flag.objects.get(pk=core.pk).version
    sent(manager, core, again)
    assert Flag.objects.get(pk=core.pk).version == version
    assert core.rules.get().salt == before.salt


def test_what_differs_from_what_was_shown_is_shown_first(manager: Client, core: Flag) -> None:
    seen = "rules=of+something+else"
    text = sent(manager, core, rule(0, COUNTRY, name="Pilot"), seen=seen)
    assert "Confirm once more" in text
    assert "After this" in text
    assert not core.rules.exists()


@pytest.mark.parametrize(
    ("button", "names"),
    [
        ("add:rules", ["Rule 0", "Rule 1", ""]),
        ("remove:rules-0", ["Rule 1"]),
        ("down:rules-0", ["Rule 1", "Rule 0"]),
        ("up:rules-1", ["Rule 1", "Rule 0"]),
        ("up:rules-0", ["Rule 0", "Rule 1"]),
        ("down:rules-99999999999999999999", ["Rule 0", "Rule 1"]),
        ("remove:rules-0-nothing-0", ["Rule 0", "Rule 1"]),
        ("explode:rules-0-groups", ["Rule 0", "Rule 1"]),
    ],
)
def test_buttons_arrange_the_rows_and_keep_what_was_entered(
    manager: Client, core: Flag, button: str, names: list[str]
) -> None:
    text = pressed(manager, core, button, rule(0, COUNTRY), rule(1, COUNTRY))
    shown = [
        text.split(f'name="rules-{number}-name" value="')[1].split('"')[0] for number in range(len(names))
    ]
    assert shown == names
    assert f'name="rules-{len(names)}-name"' not in text
    assert "GB, IE" in text
    assert not core.rules.exists()


def test_groups_conditions_and_segments_are_added_within_a_rule(manager: Client, core: Flag) -> None:
    segments.save("pilot", "Pilot pharmacies", "", [a_group()], actor=ROOT)
    text = pressed(manager, core, "add:rules-0-groups", rule(0, COUNTRY))
    assert 'name="rules-0-groups-1-match"' in text
    text = pressed(manager, core, "add_segment:rules-0-groups-0-conditions", rule(0, COUNTRY))
    assert 'name="rules-0-groups-0-conditions-1-segment"' in text
    assert "Pilot pharmacies" in text
    text = sent(manager, core, rule(0, COUNTRY, {"segment": "pilot"}))
    assert "in the segment Pilot pharmacies" in text


def a_group() -> dict[str, Any]:
    return {
        "match": "all",
        "conditions": [{"attribute": "region", "operator": "equals", "values": ["Wales"]}],
    }


def test_a_new_row_is_not_judged_before_it_is_filled_in(manager: Client, core: Flag) -> None:
    assert "op-fault" not in pressed(manager, core, "add:rules")


def test_each_fault_stands_at_its_row_and_nothing_entered_is_lost(manager: Client, core: Flag) -> None:
    bad = {"attribute": "age", "operator": "greater", "values": "many"}
    text = sent(manager, core, rule(0, COUNTRY), rule(1, COUNTRY, bad, name="", share="five"))
    assert 'id="rules-1-groups-0-conditions-1-values-fault">Must be a number' in text
    assert 'id="rules-1-name-fault"' in text
    assert 'id="rules-1-share-fault">Must be a whole number' in text
    assert "<strong>3 faults.</strong>" in text
    assert 'value="five"' in text
    assert ">many</textarea>" in text
    assert 'id="rules-0-name-fault"' not in text
    assert not core.rules.exists()


def test_blank_rows_are_left_out(manager: Client, core: Flag) -> None:
    blank = {"attribute": "", "operator": "equals", "values": ""}
    sent(manager, core, rule(0, blank, name=""), rule(1, COUNTRY, blank))
    assert [(row.name, len(row.groups[0]["conditions"])) for row in core.rules.all()] == [("Rule 1", 1)]


def test_a_change_meanwhile_is_refused_and_what_was_entered_stays(manager: Client, core: Flag) -> None:
    targeting.set_rules(core, [RuleDraft("Theirs")], actor=ROOT)
    data = {"object": f"{core.pk}:1", **rule(0, COUNTRY, name="Mine")}
    text = manager.post(page(core), data).content.decode()
    assert "changed since this was shown" in text
    assert 'value="Mine"' in text
    assert [row.name for row in core.rules.all()] == ["Theirs"]


def test_the_test_box_answers_by_the_drafted_rules_and_changes_nothing(manager: Client, core: Flag) -> None:
    drafted = rule(0, COUNTRY, name="Pilot")
    before = Flag.objects.get(pk=core.pk).version
    with CaptureQueriesContext(connection) as queries:
        text = tried(manager, core, drafted, unit="W00039", context="country = GB")
    assert "op-answer-on" in text
    assert "TARGETING_MATCH" in text
    assert "Pilot" in text
    assert not any(query["sql"].startswith(("INSERT", "UPDATE", "DELETE")) for query in queries)
    assert Flag.objects.get(pk=core.pk).version == before
    assert "op-answer-off" in tried(manager, core, drafted, unit="W00039", context="country = FR")


def test_the_test_box_names_what_is_wrong(manager: Client, core: Flag) -> None:
    bad = {"attribute": "age", "operator": "greater", "values": "many"}
    text = tried(manager, core, rule(0, COUNTRY, bad), unit="W00000")
    assert "Rule 1, group 1, condition 2, values: must be a number" in text
    assert "line 1" in tried(manager, core, unit="W00000", context="country")
    assert "at most 120" in tried(manager, core, unit="x" * 121)
    assert "Enter an id" in tried(manager, core)


def test_without_a_script_the_test_box_answers_with_the_page(manager: Client, core: Flag) -> None:
    text = sent(manager, core, rule(0, COUNTRY), _preview="try", unit="W00039", context="country = IE")
    assert "op-answer-on" in text
    address = reverse("admin:rollout_flag_try", args=[core.pk])
    text = manager.get(address, {"unit": "W00000", "context": "country = GB"}).content.decode()
    assert "is within the cutoff" in text
    assert "Back to the flag" in text


def test_what_is_wrong_in_the_test_box_holds_no_rule_up(manager: Client, core: Flag) -> None:
    sent(manager, core, rule(0, COUNTRY), unit="x" * 500, context="no sense")
    assert core.rules.count() == 1


def test_attributes_of_other_rules_are_suggested(manager: Client, core: Flag) -> None:
    targeting.set_rules(builders.flag("clinical_alerts"), [RuleDraft("One", [a_group()])], actor=ROOT)
    text = manager.get(page(core)).content.decode()
    for name in ("region", "targetingKey", "workspace"):
        assert f'<option value="{name}">' in text


def test_a_rule_may_answer_a_variant(manager: Client, core: Flag) -> None:
    colour = flags.create(core.module, "colour", name="Colour", value_type="string", actor=ROOT)
    targeting.set_variants(colour, [VariantDraft("blue", "#00f", 1)], actor=ROOT)
    text = sent(manager, colour, rule(0, COUNTRY, serve="blue"))
    assert "<strong>blue</strong>" in text
    text = sent(manager, colour, rule(0, COUNTRY, serve="red"))
    assert 'id="rules-0-serve-fault"' in text


def test_who_may_not_change_flags_sees_no_way_to(core: Flag) -> None:
    client = builders.signed_in("Viewer", "eve")
    address = reverse("admin:rollout_flag_change", args=[core.pk])
    assert "Change rules" not in client.get(address).content.decode()
    assert client.get(page(core)).status_code == 403
