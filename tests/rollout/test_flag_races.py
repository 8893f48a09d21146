"""Two people at the same flags and segments: nothing is left that either alone would have been refused."""

from functools import partial

import pytest

from operations.errors import Invalid, Refused
from rollout import flags, plans, segments, targeting
from rollout.models import Flag, Rule, Segment
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT, where, within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 40


def refused(results: list[object]) -> list[Refused]:
    return [result for result in results if isinstance(result, Refused)]


def test_of_two_that_saw_the_same_version_one_wins() -> None:
    builders.modules()
    flag = builders.a_flag()
    for number in range(ROUNDS):
        version = builders.flag("checkout").version
        names = [f"{who} {number}" for who in ("one", "other")]
        results = at_once(
            *(
                partial(targeting.set_rules, flag, [RuleDraft(name)], actor=ROOT, version=version)
                for name in names
            )
        )
        assert [refusal.code for refusal in refused(results)] == ["stale"]
        assert flag.rules.get().name in names


def test_a_segment_does_not_go_while_a_rule_begins_to_name_it() -> None:
    builders.modules()
    flag = builders.a_flag()
    for _ in range(ROUNDS):
        segment = builders.a_segment()
        results = at_once(
            partial(segments.remove, segment, actor=ROOT),
            partial(targeting.set_rules, flag, [RuleDraft("Pilot", within("pilot"))], actor=ROOT),
        )
        assert len(refused(results)) == 1
        assert Segment.objects.exists() is Rule.objects.exists()
        targeting.set_rules(flag, [], actor=ROOT)


def test_two_segments_do_not_begin_to_use_one_another() -> None:
    for _ in range(ROUNDS):
        builders.a_segment("a")
        builders.a_segment("b")
        results = at_once(
            partial(builders.a_segment, "a", within("b")),
            partial(builders.a_segment, "b", within("a")),
        )
        assert [type(refusal) for refusal in refused(results)] == [Invalid]
        Segment.objects.all().delete()


@pytest.mark.parametrize("has_plan", [True, False])
def test_two_flags_do_not_begin_to_need_one_another(has_plan: bool) -> None:
    builders.modules()
    if not has_plan:
        plans.archive(builders.engagement(), actor=ROOT)
    one, two = builders.a_flag("one"), builders.a_flag("two")
    for _ in range(ROUNDS):
        results = at_once(
            partial(flags.require, one, two, actor=ROOT), partial(flags.require, two, one, actor=ROOT)
        )
        assert [type(refusal) for refusal in refused(results)] == [Invalid]
        Flag.objects.filter(key__in=["one", "two"]).update(prerequisite=None)


def test_a_variant_does_not_go_while_a_flag_begins_to_need_it() -> None:
    builders.modules()
    experiment, needing = builders.an_experiment(), builders.a_flag("needing")
    both = [VariantDraft("red", "#f00", 1), VariantDraft("blue", "#00f", 1)]
    for _ in range(ROUNDS):
        targeting.set_variants(experiment, both, actor=ROOT)
        results = at_once(
            partial(targeting.set_variants, experiment, both[1:], actor=ROOT),
            partial(flags.require, needing, experiment, "red", actor=ROOT),
        )
        assert len(refused(results)) == 1
        flags.require(needing, None, actor=ROOT)


def test_of_two_that_create_the_same_one_wins() -> None:
    builders.modules()
    modules = [builders.module(), builders.module("health_management")]
    for number in range(ROUNDS):
        key = f"flag_{number}"
        results = at_once(*(partial(flags.create, module, key, name="A", actor=ROOT) for module in modules))
        assert [type(refusal) for refusal in refused(results)] == [Invalid]
        results = at_once(
            *(partial(segments.save, key, "A", "", where(country="GB"), actor=ROOT, version=0) for _ in "ab")
        )
        assert [type(refusal) for refusal in refused(results)] == [Invalid]
