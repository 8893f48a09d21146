"""Flags from creation to archive: what they may need, when they are on, and what counts as an edit."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from operations.errors import Forbidden, Invalid, Refused
from operations.models import Change
from rollout import flags, modules, overrides, phases, plans, setup, workspaces
from rollout.models import Flag, Workspace
from rollout.targeting import RuleDraft
from tests import builders
from tests.builders import ROOT, acting, where
from tests.doors import events_after, last_event

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"
MORNING = datetime(2030, 1, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def catalogue() -> None:
    builders.modules()


def faults(verb: Callable[..., Any], *args: Any, **values: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        verb(*args, **values, actor=ROOT)
    return refused.value.fields


def described(**values: Any) -> dict[str, Any]:
    return {"name": "Checkout", "description": "", "owner": "", "expires_on": None, **values}


# --- create ----------------------------------------------------------------------------------------------


def test_a_flag_is_created_with_one_event_and_follows_its_plan() -> None:
    builders.workspaces(builders.numbered(40))
    phases.run(builders.engagement(), 1, actor=ROOT)
    last = last_event()
    flag = flags.create(
        builders.module(),
        "checkout.v2",
        name=" Checkout ",
        description="The new one",
        owner="Payments",
        expires_on=date(2030, 1, 31),
        prerequisite=builders.flag(),
        prerequisite_variant="on",
        actor=ROOT,
    )
    assert (flag.name, flag.value_type, flag.version, flag.prerequisite_variant) == (
        "Checkout",
        "boolean",
        1,
        "",
    )
    assert flag.spans.filter(ended_at=None).exists()
    event = events_after(last)[0]
    assert (event.action, event.data["after"]["expires_on"]) == ("flag.created", "2030-01-31")
    assert event.data["after"]["prerequisite"] == CORE


def test_every_fault_of_a_new_flag_is_named() -> None:
    found = faults(
        flags.create,
        builders.module(),
        "Checkout",
        name="",
        value_type="colour",
        description="x" * 5_001,
        owner="x" * 101,
        from_phase=0,
        selected_from_phase=2,
        prerequisite=builders.flag("health_management"),
    )
    assert list(found) == [
        "key",
        "name",
        "description",
        "owner",
        "from_phase",
        "selected_from_phase",
        "value_type",
        "prerequisite",
    ]
    assert list(faults(flags.create, builders.module(), "a", name="A", from_phase=True)) == ["from_phase"]
    users = builders.module("health_management")
    assert list(faults(flags.create, users, "a", name="A", from_phase=3, selected_from_phase=2)) == [
        "selected_from_phase"
    ]


def test_a_key_is_taken_once_and_for_good() -> None:
    builders.a_flag()
    other = builders.module("health_management")
    assert faults(flags.create, other, "checkout", name="X") == {
        "key": "is that of a flag of Patient Engagement already"
    }
    flags.archive(builders.flag("checkout"), actor=ROOT)
    assert faults(flags.create, other, "checkout", name="X") == {
        "key": "is that of an archived flag of Patient Engagement already"
    }


def test_viewers_create_no_flags_and_product_managers_do() -> None:
    viewer = acting(builders.a_person("eve", group="Viewer"))
    with pytest.raises(Forbidden):
        flags.create(builders.module(), "a", name="A", actor=viewer)
    manager = acting(builders.a_person("pm", group="Product manager"))
    flag = flags.create(builders.module(), "a", name="A", actor=manager)
    flags.schedule(flag, MORNING, None, actor=manager)


# --- describe --------------------------------------------------------------------------------------------


def test_describing_writes_down_what_changed() -> None:
    flag = builders.a_flag()
    last = last_event()
    wanted = described(owner="Payments", expires_on=date(2030, 1, 31))
    assert flags.describe(flag, **wanted, actor=ROOT).version == 2
    assert flags.describe(flag, **wanted, actor=ROOT).version == 2
    assert [event.data for event in events_after(last)] == [
        {"module": "patient_engagement", "owner": "Payments", "expires_on": "2030-01-31"}
    ]
    assert list(faults(flags.describe, flag, **described(name=" ", owner="a\nb"))) == ["name", "owner"]


# --- prerequisites ---------------------------------------------------------------------------------------


def test_a_flag_needs_another_of_its_module_that_lives() -> None:
    flag = builders.a_flag()
    last = last_event()
    assert flags.require(flag, builders.flag(), actor=ROOT, version=1).version == 2
    assert flags.require(flag, builders.flag(), "on", actor=ROOT).version == 2
    assert events_after(last)[0].data["after"] == {"prerequisite": CORE, "prerequisite_variant": ""}
    with pytest.raises(Refused, match="look again"):
        flags.require(flag, None, actor=ROOT, version=1)
    assert list(faults(flags.require, flag, builders.flag("health_management"))) == ["prerequisite"]
    assert flags.require(flag, None, actor=ROOT).prerequisite is None
    assert list(faults(flags.require, flag, None, "red")) == ["prerequisite_variant"]
    gone = builders.a_flag("gone")
    flags.archive(gone, actor=ROOT)
    assert list(faults(flags.require, flag, gone)) == ["prerequisite"]
    with pytest.raises(Refused, match="is archived"):
        flags.require(gone, flag, actor=ROOT)


def test_flags_do_not_need_one_another_in_a_circle() -> None:
    one = builders.a_flag("one")
    two = builders.a_flag("two", prerequisite=one)
    three = builders.a_flag("three", prerequisite=two)
    assert faults(flags.require, one, three) == {
        "prerequisite": "would go in a circle: one → three → two → one"
    }
    assert faults(flags.require, one, one) == {"prerequisite": "would go in a circle: one → one"}


def test_a_flag_may_need_a_variant_that_the_other_answers_where_it_is_on() -> None:
    experiment = builders.an_experiment()
    flag = builders.a_flag(prerequisite=experiment, prerequisite_variant="red")
    assert flag.prerequisite_variant == "red"
    for variant in ("green", "off"):
        assert list(faults(flags.require, flag, experiment, variant)) == ["prerequisite_variant"]
    assert list(faults(flags.require, flag, builders.flag(), "red")) == ["prerequisite_variant"]


# --- schedule --------------------------------------------------------------------------------------------


def test_a_schedule_has_a_beginning_an_end_or_both() -> None:
    flag = builders.a_flag()
    evening = MORNING + timedelta(hours=10)
    last = last_event()
    changed = flags.schedule(flag, MORNING, evening, actor=ROOT, reason="Launch day")
    assert (changed.on_from, changed.off_at, changed.version) == (MORNING, evening, 2)
    assert flags.schedule(flag, MORNING, evening, actor=ROOT).version == 2
    assert [event.action for event in events_after(last)] == ["flag.scheduled"]
    flags.schedule(flag, None, evening, actor=ROOT)
    assert flags.schedule(flag, None, None, actor=ROOT).off_at is None
    for off_at in (MORNING, MORNING - timedelta(minutes=1)):
        assert list(faults(flags.schedule, flag, MORNING, off_at)) == ["off_at"]


# --- overrides -------------------------------------------------------------------------------------------


def test_an_override_may_force_a_variant_of_a_flag_that_is_on() -> None:
    flag = builders.an_experiment()
    row = overrides.override(flag, "W1", True, variant="red", reason="Pilot", actor=ROOT)
    assert row.variant == "red"
    assert overrides.override(flag, "W1", True, reason="Pilot", actor=ROOT).variant == ""
    for value, variant in ((True, "green"), (True, "off"), (False, "red")):
        found = faults(overrides.override, flag, "W1", value, variant=variant, reason="Pilot")
        assert list(found) == ["variant"]


# --- versions and announcements ----------------------------------------------------------------------------


def test_an_archived_flag_lets_go_of_its_rules_and_the_trail_keeps_them() -> None:
    flag = builders.a_flag(rules=[RuleDraft("Britain", where(country="GB"))])
    last = last_event()
    flags.archive(flag, actor=ROOT)
    assert not flag.rules.exists()
    assert events_after(last)[0].data["rules"][0]["name"] == "Britain"


EDITS: dict[str, Callable[[Flag], Any]] = {
    "kill": lambda flag: flags.kill(flag, True, actor=ROOT),
    "hold": lambda flag: flags.hold(flag, 10, actor=ROOT),
    "describe": lambda flag: flags.describe(flag, **described(owner="Payments"), actor=ROOT),
    "require": lambda flag: flags.require(flag, builders.flag(), actor=ROOT),
    "schedule": lambda flag: flags.schedule(flag, MORNING, None, actor=ROOT),
    "archive": lambda flag: flags.archive(flag, actor=ROOT),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_the_next_version_and_is_announced_once(edit: str) -> None:
    flag = builders.a_flag()
    heard = Change.objects.count()
    EDITS[edit](flag)
    assert builders.flag("checkout").version == flag.version + 1
    assert [change.topic for change in Change.objects.order_by("pk")][heard:] == ["flags"]


def test_whatever_else_changes_answers_is_announced_once() -> None:
    builders.workspaces(builders.numbered(40))
    plan = builders.engagement()
    portal = builders.flag("patient_portal")
    core, module = builders.flag(), builders.module()
    verbs: list[Callable[[], Any]] = [
        lambda: phases.set_percentage(plan, 60, actor=ROOT),
        lambda: overrides.select(portal, ["W00001"], actor=ROOT),
        lambda: overrides.deselect(portal, ["W00001"], actor=ROOT),
        lambda: overrides.override(core, "W00001", False, reason="Pilot", actor=ROOT),
        lambda: overrides.remove_override(core.overrides.get(), actor=ROOT),
        lambda: modules.set_internal_list(module, ["W00002"], actor=ROOT),
        lambda: modules.set_eligibility(module, tiers=[], statuses=[], roles=[], actor=ROOT),
        lambda: plans.configure(builders.engagement(), name="Other", actor=ROOT),
        lambda: phases.set_percentage(builders.engagement(), 0, actor=ROOT),
        lambda: plans.archive(builders.engagement(), actor=ROOT),
        lambda: setup.create_missing(actor=ROOT),
    ]
    for number, verb in enumerate(verbs):
        heard = Change.objects.count()
        verb()
        assert [change.topic for change in Change.objects.order_by("pk")][heard:] == ["flags"], number


def test_a_dry_run_is_not_announced() -> None:
    builders.workspaces(builders.numbered(40))
    heard = Change.objects.count()
    phases.set_percentage(builders.engagement(), 60, actor=ROOT, dry_run=True)
    assert Change.objects.count() == heard


def test_workspaces_are_announced_by_their_ids_when_something_changed() -> None:
    def heard() -> list[tuple[str, str]]:
        found = [(change.topic, change.key) for change in Change.objects.order_by("pk")]
        Change.objects.all().delete()
        return found

    batch = [
        {
            "id": pk,
            "name": pk,
            "tier": "premium",
            "status": "active",
            "members": [{"member": "a", "role": "nurse"}],
        }
        for pk in ("W1", "W2")
    ]
    heard()
    workspaces.upsert(batch, source="test", actor=ROOT)
    assert heard() == [("workspaces", "W1"), ("workspaces", "W2")]
    workspaces.upsert(batch, source="test", actor=ROOT)
    assert heard() == []
    workspaces.upsert([{**batch[0], "members": []}], source="test", actor=ROOT, dry_run=True)
    assert heard() == []
    workspace = Workspace.objects.get(pk="W1")
    workspaces.edit(workspace, tier="basic", actor=ROOT)
    workspaces.edit(workspace, tier="basic", actor=ROOT)
    assert heard() == [("workspaces", "W1")]


def test_a_very_large_import_is_announced_as_everything() -> None:
    many = [{"id": f"W{n}", "name": "A", "tier": "premium", "status": "active"} for n in range(10_000)]
    workspaces.upsert(many, source="test", actor=ROOT)
    assert Change.objects.filter(topic="workspaces").count() == 10_000
    rows = "".join(f"W{n},B,premium,active\n" for n in range(10_001))
    Change.objects.all().delete()
    workspaces.import_csv(BytesIO(f"id,name,tier,status\n{rows}".encode()), source="test", actor=ROOT)
    assert list(Change.objects.values_list("topic", "key")) == [("workspaces", "")]
