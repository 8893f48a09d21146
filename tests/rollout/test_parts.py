"""A part of a module: its own flag and plan within the whole."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from rollout import answers, overrides, parts, phases
from rollout.models import Flag, Module, Plan
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, get, run

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
KEY = "release_1.0.2"


def a_part(key: str = KEY, **values) -> Plan:
    given = {"name": "Release 1.0.2", "percentages": [10, 25, 50, 100], "dwell": DAY, **values}
    return parts.create(builders.module(), key=key, actor=ROOT, **given)


def a_part_at(percentage: int) -> Plan:
    builders.a_plan(eligible=40)
    return phases.set_percentage(a_part(), percentage, actor=ROOT).plan


def value(unit: str, key: str = KEY) -> bool:
    return answers.explain(key, unit).value


def test_a_part_has_a_flag_and_a_draft_plan_ordered_by_hash():
    builders.a_plan()

    plan = a_part()

    assert (plan.status, plan.ordering, plan.breach_policy) == ("draft", "hash", "turn_off")
    assert not plan.automatic
    assert not plan.needs_approval
    assert [phase.percentage for phase in plan.phases.all()] == [10, 25, 50, 100]
    assert {phase.min_soak for phase in plan.phases.all()} == {DAY}
    assert plan.module.part_of == builders.module() == plan.module.whole
    assert [flag.key for flag in plan.module.flags.all()] == [plan.module.key] == [KEY]
    assert AuditEvent.objects.latest("pk").action == "rollout.part_created"


def test_the_workspaces_of_a_part_are_those_that_are_eligible_for_the_whole():
    builders.a_plan(eligible=10)
    builders.workspaces(["free"], tier="basic")

    plan = phases.run(a_part(percentages=[100]), 1, actor=ROOT).plan

    assert plan.enrolments.open().count() == 10
    assert value("W00001")
    assert not value("free")


def test_whole_modules_are_those_that_are_no_part():
    builders.modules()
    a_part()

    assert set(Module.objects.whole().values_list("key", flat=True)) == {
        "patient_engagement",
        "health_management",
    }


def test_a_part_of_a_part_is_refused():
    builders.modules()
    part = a_part().module

    with pytest.raises(Refused, match="is itself a part of Patient Engagement"):
        parts.create(part, key="release_2.0.0", name="2", percentages=[100], dwell=DAY, actor=ROOT)


def test_no_module_is_its_own_part():
    builders.modules()
    module = builders.module()

    with pytest.raises(IntegrityError), transaction.atomic():
        Module.objects.filter(pk=module.pk).update(part_of=module)


@pytest.mark.parametrize("key", [KEY, "patient_engagement", "patient_portal"])
def test_a_key_that_a_module_or_a_flag_has_is_refused_and_nothing_is_written(key):
    plan = a_part_at(10)
    before = (Module.objects.count(), Flag.objects.count(), Plan.objects.count())

    with pytest.raises(Refused, match=f"a module or a flag {key} already"):
        a_part(key)
    assert [phase.percentage for phase in plan.phases.all()] == [10, 25, 50, 100]
    assert (Module.objects.count(), Flag.objects.count(), Plan.objects.count()) == before


def test_the_phases_of_a_draft_are_laid_anew():
    builders.modules()
    plan = a_part()

    again = a_part(percentages=[10, 30, 100], name="Release 1.0.2, again")

    assert again == plan
    assert again.version == plan.version + 1
    assert [phase.percentage for phase in again.phases.all()] == [10, 30, 100]
    assert (again.module.name, Flag.objects.filter(key=KEY).count()) == ("Release 1.0.2, again", 1)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("key", {"key": "Release 1"}),
        ("key", {"key": "r" * 61}),
        ("name", {"name": " "}),
        ("percentages", {"percentages": []}),
        ("percentages", {"percentages": [50, 25]}),
        ("percentages", {"percentages": [0, 100]}),
        ("percentages", {"percentages": [101]}),
        ("dwell", {"dwell": -DAY}),
    ],
)
def test_a_bad_value_is_named(field, values):
    builders.modules()

    with pytest.raises(Invalid) as refused:
        a_part(**values)
    assert set(refused.value.fields) == {field}


def test_creating_one_asks_for_a_permission():
    builders.modules()
    nobody = Actor(door=Door.API, label="key")

    with pytest.raises(Forbidden):
        parts.create(builders.module(), key=KEY, name="x", percentages=[100], dwell=DAY, actor=nobody)


def test_turned_off_it_is_off_above_every_override():
    plan = a_part_at(100)
    overrides.override(builders.flag(KEY), "W00001", True, reason="a test", actor=ROOT)

    outcome = phases.roll_back(plan, all_off=True, actor=ROOT, reason="it hurts")

    assert (outcome.plan.status, outcome.plan.percentage, outcome.plan.all_off) == ("rolled_back", 0, True)
    assert not value("W00001")
    assert not value("W00002")


def test_a_draft_can_be_turned_off_so_that_a_rollback_works_from_every_step():
    builders.a_plan()

    plan = phases.roll_back(a_part(), all_off=True, actor=ROOT).plan

    assert (plan.status, plan.all_off) == ("rolled_back", True)


def test_what_was_taken_back_is_not_resumed():
    plan = phases.roll_back(a_part_at(25), all_off=True, actor=ROOT).plan

    with pytest.raises(Refused, match="what is mended ships as the next release"):
        phases.resume(plan, 25, actor=ROOT)


def test_turning_off_takes_no_target():
    plan = a_part_at(50)

    with pytest.raises(Invalid, match="target"):
        phases.roll_back(plan, target=25, all_off=True, actor=ROOT)


def test_turning_off_leaves_the_whole_module_as_it_was():
    builders.a_plan_in_phase(2)
    plan = phases.set_percentage(a_part(), 100, actor=ROOT).plan

    phases.roll_back(plan, all_off=True, actor=ROOT)

    assert builders.engagement().percentage == 25
    assert value("W00000", "patient_engagement_module")


def test_a_part_that_was_rolled_back_is_retired_with_its_flag():
    plan = phases.roll_back(a_part_at(25), all_off=True, actor=ROOT).plan

    plan = parts.retire(plan, actor=ROOT)

    assert plan.status == "archived"
    assert builders.flag(KEY).is_archived


def test_a_draft_is_retired_when_it_was_turned_off():
    builders.a_plan()
    plan = a_part()

    with pytest.raises(Refused, match="set it to 0 % first"):
        parts.retire(plan, actor=ROOT)
    phases.set_percentage(plan, 0, actor=ROOT)
    assert parts.retire(plan, actor=ROOT).status == "archived"


def test_the_list_of_plans_says_of_which_module_a_release_is_and_its_page_retires_it():
    plan = phases.roll_back(a_part_at(25), all_off=True, actor=ROOT).plan
    client = builders.signed_in("Administrator")

    listed = client.get("/admin/rollout/plan/?release=yes").content.decode()
    assert "Release 1.0.2" in listed
    assert "Release of" in listed
    others = client.get("/admin/rollout/plan/?release=no").content.decode()
    assert "Health Management" in others
    assert "Release 1.0.2" not in others
    page = client.get(f"/admin/rollout/plan/{plan.pk}/change/").content.decode()
    assert "Retire" in page
    asked = reverse("admin:rollout_plan_operate", args=["retire"])
    client.post(asked, {"object": f"{plan.pk}:{plan.version}"})
    plan.refresh_from_db()
    assert plan.status == "archived"


def test_parts_are_no_modules_to_choose_from():
    a_part_at(25)
    client = builders.signed_in("Administrator")

    listed = client.get("/admin/rollout/module/").content.decode()
    made = client.get(reverse("admin:rollout_flag_operate", args=["create"])).content.decode()
    flags = client.get("/admin/rollout/flag/").content.decode()

    assert "Release 1.0.2" not in listed
    assert "Patient Engagement" in made
    assert "Release 1.0.2" not in made
    assert KEY in flags
    assert client.get(f"/admin/rollout/module/{Module.objects.get(key=KEY).pk}/change/").status_code == 200


def test_programs_are_told_of_a_part_by_its_key():
    a_part_at(25)
    key = an_api_key("read")

    def a_get(path):
        return get(path, key).json()

    told = a_get(f"/api/rollouts/{KEY}")
    assert (told["module"], told["partOf"], told["percentage"]) == (KEY, "patient_engagement", 25)
    listed = a_get("/api/rollouts")["rollouts"]
    assert [each["partOf"] for each in listed if each["module"] != KEY] == [None, None]
    assert a_get(f"/api/feature-flags/{KEY}/explain?unit=W00001")["flag"] == KEY
    assert run("rollout", "status", "--module", KEY, "--json").document == told
    assert run("rollout", "explain", KEY, "W00001", "--json").document["flag"] == KEY
    assert KEY in {each["key"] for each in run("feature_flags", "status", "--json").document["flags"]}
    assert get("/api/rollouts/%00", key).status_code == 404


def test_a_part_under_way_is_not_retired():
    plan = a_part_at(25)

    with pytest.raises(Refused, match="complete it or roll it back first"):
        parts.retire(plan, actor=ROOT)


def test_a_complete_part_is_retired_when_it_is_a_month_old():
    plan = a_part_at(100)
    builders.a_verdict(plan)
    plan = phases.complete(plan, override="in a test", actor=ROOT).plan

    with pytest.raises(Refused, match="less than 30 days ago"):
        parts.retire(plan, actor=ROOT)
    with time_machine.travel(plan.runs.latest("pk").at + 31 * DAY):
        plan = parts.retire(plan, actor=ROOT)

    assert plan.status == "archived"
    assert not value("W00001")
    assert not plan.enrolments.open().exists()


def test_the_plan_of_a_whole_module_is_not_retired():
    with pytest.raises(Refused, match="archive it instead"):
        parts.retire(builders.a_plan(), actor=ROOT)
