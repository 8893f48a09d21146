"""Segments: reusable conditions that may use one another, in no circle and not too deep."""

from typing import Any

import pytest

from operations.errors import Forbidden, Invalid, Refused
from operations.models import Change
from rollout import flags, segments
from rollout.models import Segment
from rollout.rules import conditions
from rollout.targeting import RuleDraft
from tests import builders
from tests.builders import ROOT, acting, where, within
from tests.doors import events_after, last_event

pytestmark = pytest.mark.django_db


def faults(key: str, groups: Any, *, name: str = "Name", description: str = "") -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        segments.save(key, name, description, groups, actor=ROOT)
    return refused.value.fields


def test_a_segment_is_created_and_changed_each_with_one_event() -> None:
    last, heard = last_event(), Change.objects.count()
    made = segments.save("pilot", " Pilot ", "Who asked", where(country="GB"), actor=ROOT, version=0)
    assert (made.key, made.name, made.version) == ("pilot", "Pilot", 1)
    changed = segments.save("pilot", "Pilot", "", where(country="IE"), actor=ROOT, version=1)
    assert (changed.pk, changed.version, changed.groups) == (made.pk, 2, where(country="IE"))
    first, second = events_after(last)
    assert {first.action, second.action} == {"segment.saved"}
    assert first.data["before"] == {}
    assert second.data["before"]["groups"] == where(country="GB")
    assert second.data["after"]["groups"] == where(country="IE")
    assert list(Change.objects.order_by("pk").values_list("topic", flat=True))[heard:] == ["flags", "flags"]


def test_saving_what_is_there_changes_nothing() -> None:
    builders.a_segment()
    last = last_event()
    assert builders.a_segment().version == 1
    assert events_after(last) == []


def test_whoever_saw_another_version_looks_again() -> None:
    builders.a_segment()
    builders.a_segment(groups=where(country="IE"))
    with pytest.raises(Refused, match="version 1, now 2") as stale:
        segments.save("pilot", "Pilot", "", where(country="FR"), actor=ROOT, version=1)
    assert stale.value.code == "stale"
    with pytest.raises(Invalid, match="already"):
        segments.save("pilot", "Pilot", "", where(country="FR"), actor=ROOT, version=0)
    with pytest.raises(Refused, match="was removed") as gone:
        segments.save("other", "Other", "", where(country="FR"), actor=ROOT, version=1)
    assert gone.value.code == "gone"


def test_every_fault_is_named() -> None:
    groups = [{"match": "all", "conditions": [{"segment": "nobody"}]}]
    assert list(faults("Pilot!", groups, name="", description="x" * 2_001)) == [
        "key",
        "name",
        "description",
        "groups[0].conditions[0].segment",
    ]
    assert list(faults("pilot", [])) == ["groups"]
    assert list(faults("pilot", where(country="GB"), description="\ud800")) == ["description"]


def test_a_circle_is_refused_with_the_way_round_it() -> None:
    assert faults("a", within("a"))["groups"] == "would go in a circle: a → a"
    builders.a_segment("c")
    builders.a_segment("b", within("c"))
    builders.a_segment("a", within("b"))
    fault = faults("c", [*where(country="GB"), *within("a")])["groups"]
    assert fault == "would go in a circle: a → b → c → a"


def test_five_segments_may_use_one_another_and_no_more() -> None:
    builders.a_segment("s1")
    for number in range(2, 6):
        builders.a_segment(f"s{number}", within(f"s{number - 1}"))
    assert "more than 5 segments" in faults("s6", within("s5"))["groups"]
    builders.a_segment("base")
    assert "more than 5 segments" in faults("s1", within("base"))["groups"]
    builders.a_segment("s1", where(country="IE"))


def test_segments_come_to_so_many_conditions_together_and_no_more() -> None:
    builders.a_segment(
        "wide", [{"match": "any", "conditions": where(country="GB")[0]["conditions"] * 50}] * 20
    )
    builders.a_segment("wider", [{"match": "any", "conditions": [{"segment": "wide"}] * 9}])
    assert (
        "more than 10,000 conditions"
        in faults("widest", [{"match": "any", "conditions": [{"segment": "wider"}] * 2}])["groups"]
    )


def test_a_segment_in_use_stays_and_one_that_is_not_goes() -> None:
    builders.modules()
    pilot = builders.a_segment("pilot")
    beta = builders.a_segment("beta", within("pilot"))
    flag = builders.a_flag(rules=[RuleDraft("First ones", within("pilot"))])
    with pytest.raises(Refused) as refused:
        segments.remove(pilot, actor=ROOT)
    assert refused.value.code == "in_use"
    assert "the rule 'First ones' of checkout, the segment beta" in refused.value.message
    segments.remove(beta, actor=ROOT)
    flags.archive(flag, actor=ROOT)
    last, heard = last_event(), Change.objects.count()
    segments.remove(pilot, actor=ROOT)
    assert not Segment.objects.exists()
    assert [(event.action, event.data["key"]) for event in events_after(last)] == [
        ("segment.removed", "pilot")
    ]
    assert Change.objects.count() == heard + 1
    with pytest.raises(Refused) as gone:
        segments.remove(pilot, actor=ROOT)
    assert gone.value.code == "gone"


def test_product_managers_keep_segments_and_viewers_read_them() -> None:
    manager = acting(builders.a_person("pm", group="Product manager"))
    viewer = acting(builders.a_person("eve", group="Viewer"))
    segment = segments.save("pilot", "Pilot", "", where(country="GB"), actor=manager)
    for key in ("pilot", "other"):
        with pytest.raises(Forbidden):
            segments.save(key, "Other", "", where(country="GB"), actor=viewer)
    with pytest.raises(Forbidden):
        segments.remove(segment, actor=viewer)
    segments.remove(segment, actor=manager)


def test_what_was_saved_is_read_as_it_was() -> None:
    segment = builders.a_segment()
    segment.refresh_from_db()
    assert builders.as_json(conditions.parse(segment.groups, segments=())) == where(country="GB")
