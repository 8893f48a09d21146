"""`manage.py feature_flags`: every flag with its source, and what does not agree."""

from typing import Any

import pytest

from rollout import cohorts, flags, overrides, phases, verification
from rollout.models import Enrolment, Flag, InternalUnit, Member, Module, Plan
from tests import builders
from tests.builders import ROOT
from tests.doors import run

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"


def status() -> dict[str, dict[str, Any]]:
    ran = run("feature_flags", "status", "--json")
    assert (ran.code, ran.err) == (0, "")
    return {flag["key"]: flag for flag in ran.document["flags"]}


def found() -> list[str]:
    return list(verification.disagreements({}))


def users(count: int) -> None:
    builders.workspaces(["ZZ"])
    Member.objects.bulk_create(
        Member(workspace_id="ZZ", member=f"user{n}", role="nurse") for n in range(count)
    )


# --- status ------------------------------------------------------------------------------------------------


def test_every_flag_stands_with_state_share_and_source() -> None:
    builders.a_plan_in_phase(1)
    listed = status()
    assert len(listed) == 11
    core = listed[CORE]
    assert (core["state"], core["enabled"], core["eligible"], core["share"]) == ("on", 4, 40, 0.1)
    assert core["source"] == "plan: phase 1, 10 %"
    assert listed["clinical_alerts"]["source"] == "plan: phase 1, 10 %; starts at phase 4"
    assert listed["patient_portal"]["source"] == "plan: phase 1, 10 %; starts at phase 3"
    assert listed["health_management"]["source"] == "plan: has not begun"


def test_what_decides_is_told_apart() -> None:
    plan = builders.a_plan_in_phase(3)
    flags.kill(builders.flag("smart_reminder_system"), True, actor=ROOT)
    flags.hold(builders.flag("appointment_scheduling"), 20, actor=ROOT)
    overrides.override(builders.flag("clinical_alerts"), "W00030", False, reason="pilot", actor=ROOT)
    overrides.override(builders.flag("clinical_alerts"), "W00001", True, reason="pilot", actor=ROOT)
    listed = status()
    assert (listed["smart_reminder_system"]["state"], listed["smart_reminder_system"]["source"]) == (
        "killed",
        "kill switch",
    )
    held = listed["appointment_scheduling"]
    assert (held["enabled"], held["source"]) == (8, "plan: phase 3, 50 %; held at 20 %")
    assert listed["patient_portal"]["source"] == "plan: phase 3, 50 %; selected workspaces only"
    assert (listed["clinical_alerts"]["overrides"], listed["clinical_alerts"]["enabled"]) == (2, 1)
    flags.kill(builders.flag(CORE), True, actor=ROOT)
    assert status()["patient_portal"]["source"] == f"prerequisite: {CORE} is off by its switch"
    phases.pause(builders.engagement(), actor=ROOT)
    assert status()["appointment_scheduling"]["enabled"] == 0
    phases.set_percentage(plan, 0, actor=ROOT)
    assert status()["recurring_appointments"]["source"] == "plan: set to 0 %"


def test_the_environment_is_named_where_it_decides(settings: Any) -> None:
    builders.modules()
    users(50)
    overrides = {"enabled": None, "internal": ["user1"], "beta_percentage": None, "rollout_percentage": 20}
    settings.ENVIRONMENT_OVERRIDES = {"health_management": overrides}
    phases.set_percentage(builders.health(), 50, actor=ROOT)
    assert status()["health_management"]["source"] == "plan: phase 4, 50 %; capped by the environment"
    settings.ENVIRONMENT_OVERRIDES = {"health_management": {**overrides, "enabled": True}}
    on = status()["health_management"]
    assert (on["source"], on["enabled"]) == ("environment: on for everybody", 50)


def test_one_module_and_the_list_for_people() -> None:
    builders.a_plan_in_phase(1)
    ran = run("feature_flags", "status", "--module", "health", "--json")
    assert [flag["key"] for flag in ran.document["flags"]] == ["health_management"]
    table = run("feature_flags", "status").out.splitlines()
    assert table[0].split() == ["flag", "state", "has", "it", "share", "overrides", "decided", "by"]
    assert any(line.startswith(CORE) and "4 of 40" in line and "10.0 %" in line for line in table)
    assert run("feature_flags", "status", "--module", "nope").code == 1


# --- verify ------------------------------------------------------------------------------------------------


def test_a_portal_in_order_agrees() -> None:
    builders.a_plan_in_phase(3, eligible=60)
    users(30)
    overrides.select(builders.flag("patient_portal"), ["W00003"], actor=ROOT)
    overrides.override(builders.flag("clinical_alerts"), "W00059", True, reason="pilot", actor=ROOT)
    phases.set_percentage(builders.health(), 25, actor=ROOT)
    phases.pause(builders.engagement(), actor=ROOT)
    builders.workspaces(["A0000"])
    ran = run("feature_flags", "verify")
    assert (ran.code, ran.err) == (0, ""), ran.out


def test_an_empty_database_lacks_the_modules() -> None:
    assert found() == [
        "catalogue: the module patient_engagement is missing: run `rollout setup`",
        "catalogue: the module health_management is missing: run `rollout setup`",
    ]


def test_a_flag_that_differs_from_the_catalogue_is_named() -> None:
    builders.a_plan()
    Flag.objects.filter(key="clinical_alerts").delete()
    Flag.objects.filter(key="engagement_analytics").update(prerequisite=None, from_phase=2)
    Flag.objects.filter(key="schedule_management").update(module=Module.objects.get(key="health_management"))
    lines = "\n".join(found())
    for part in (
        "the flag clinical_alerts of patient_engagement is missing",
        f"engagement_analytics: prerequisite is {CORE}, the database says none",
        "engagement_analytics: first phase is 4, the database says 2",
        "schedule_management belongs to patient_engagement, the database says health_management",
    ):
        assert part in lines
    ran = run("feature_flags", "verify", "--json")
    assert (ran.code, ran.document["agree"]) == (1, False)
    assert ran.document["disagreements"] == found()
    assert ran.err == "5 disagreements found.\n"


def test_a_variable_with_a_typing_error_is_found() -> None:
    builders.modules()
    lines = list(verification.disagreements({"HEALTH_MGMT_ROLOUT_PERCENTAGE": "5", "PATH": "/bin"}))
    assert len(lines) == 1
    assert lines[0].startswith("environment: HEALTH_MGMT_ROLOUT_PERCENTAGE is not read")


def test_an_environment_that_changes_answers_is_found(settings: Any) -> None:
    builders.modules()
    overrides = {"enabled": None, "internal": ["joe"], "beta_percentage": None, "rollout_percentage": 20}
    settings.ENVIRONMENT_OVERRIDES = {"health_management": overrides}
    phases.set_percentage(builders.health(), 50, actor=ROOT)
    lines = found()
    assert len(lines) == 2
    assert "joe not on the database's internal list" in lines[0]
    assert "health_management reaches another share than the plan's 50 %" in lines[1]
    InternalUnit.objects.create(module=builders.module("health_management"), unit_id="joe")
    settings.ENVIRONMENT_OVERRIDES = {"health_management": {**overrides, "rollout_percentage": 60}}
    assert found() == []


def test_a_record_that_differs_from_the_rule_is_found() -> None:
    builders.a_plan_in_phase(1)
    Enrolment.objects.filter(workspace="W00002").delete()
    builders.workspaces(["W99999"])
    Enrolment.objects.create(
        plan=builders.engagement(),
        workspace_id="W99999",
        order_key="W99999",
        entered_at=Plan.objects.latest("pk").created_at,
    )
    assert [line.split(": ")[2] for line in found()] == [
        "1 in the cohort without a record, 1 recorded and not in it"
    ]


def test_a_query_that_differs_from_the_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    builders.a_plan_in_phase(1)
    real = cohorts.members_with

    def one_short(state: Any, flag: Any) -> Any:
        found = real(state, flag)
        return found if state.by_user else found.exclude(pk="W00003")

    monkeypatch.setattr(cohorts, "members_with", one_short)
    lines = found()
    assert len(lines) == 4
    assert lines[0].startswith(f"answers: {CORE}: the query and the rule differ for 1 of ")
    assert lines[0].endswith("such as W00003")
