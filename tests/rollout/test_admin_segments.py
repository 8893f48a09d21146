"""Segments through the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from rollout import segments, targeting
from rollout.models import Segment
from rollout.targeting import RuleDraft
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

LIST = "/admin/rollout/segment/"
WALES = [
    {
        "match": "all",
        "conditions": [{"attribute": "region", "operator": "starts_with", "values": ["Wales"]}],
    }
]
ROW = {
    "groups-0-match": "all",
    "groups-0-conditions-0-attribute": "region",
    "groups-0-conditions-0-operator": "starts_with",
    "groups-0-conditions-0-values": "Wales",
}


def page(operation: str) -> str:
    return reverse("admin:rollout_segment_operate", args=[operation])


def sent(client: Client, operation: str, segment: Segment | None, **data: str) -> str:
    target = {"object": f"{segment.pk}:{segment.version}"} if segment else {}
    return client.post(page(operation), {**target, **data}, follow=True).content.decode()


def test_a_segment_is_created_changed_and_removed(manager: Client) -> None:
    assert "is ready for the rules" in sent(manager, "create", None, key="pilot", name="Pilot", **ROW)
    segment = Segment.objects.get()
    assert segment.groups == WALES
    changed = {**ROW, "groups-0-conditions-0-values": "Wales, England"}
    text = sent(manager, "edit", segment, name="Pilots", description="All of them", **changed)
    assert "region starts with Wales or England" in text
    segment.refresh_from_db()
    assert segment.name == "Pilots"
    assert "is removed" in sent(manager, "remove", segment)
    assert not Segment.objects.exists()


def test_a_group_is_added_before_anything_else_is_entered(manager: Client) -> None:
    text = sent(manager, "create", None, _preview="add:groups")
    assert 'name="groups-0-conditions-0-attribute"' in text
    assert "This field is required" not in text


def test_faults_of_a_segment_stand_at_their_places(manager: Client) -> None:
    bad = {**ROW, "groups-0-conditions-0-operator": "less"}
    text = sent(manager, "create", None, key="Not a key", name="Pilot", **bad)
    assert 'id="groups-0-conditions-0-values-fault">Must be a number' in text
    assert "must be lower-case letters" in text
    assert 'value="Not a key"' in text
    text = sent(manager, "create", None, key="pilot", name="Pilot")
    assert "must have a group" in text.lower()


def test_a_key_that_is_taken_is_refused(manager: Client) -> None:
    segments.save("pilot", "Pilot", "", WALES, actor=ROOT)
    assert "there is a segment" in sent(manager, "create", None, key="pilot", name="Other", **ROW)
    assert Segment.objects.get().name == "Pilot"


def test_the_list_and_the_page_say_who_uses_a_segment(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    pilot = segments.save("pilot", "Pilot", "", WALES, actor=ROOT)
    member = [{"match": "all", "conditions": [{"segment": "pilot"}]}]
    segments.save("wider", "Wider", "", member, actor=ROOT)
    core = builders.flag()
    targeting.set_rules(core, [RuleDraft("One", member), RuleDraft("Two", member)], actor=ROOT)
    assert "1 flag, 1 segment" in manager.get(LIST).content.decode()
    text = manager.get(f"{LIST}{pilot.pk}/change/").content.decode()
    assert core.key in text
    assert "Wider" in text
    assert "is used by the rule" in sent(manager, "remove", pilot)
    assert Segment.objects.count() == 2


def test_an_edit_shows_now_and_then_and_whom_it_concerns(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    pilot = segments.save("pilot", "Pilot", "", WALES, actor=ROOT)
    member = [{"match": "all", "conditions": [{"segment": "pilot"}]}]
    targeting.set_rules(builders.flag(), [RuleDraft("One", member)], actor=ROOT)
    changed = {**ROW, "groups-0-match": "none", "_preview": "1"}
    text = sent(manager, "edit", pilot, name="Pilot", **changed)
    assert "none of (region starts with Wales)" in text
    assert builders.flag().key in text
    pilot.refresh_from_db()
    assert pilot.groups == WALES


def test_segments_stand_in_the_navigation(manager: Client) -> None:
    assert f'href="{LIST}"' in manager.get(reverse("admin:index")).content.decode()
