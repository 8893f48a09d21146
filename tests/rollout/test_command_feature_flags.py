"""`manage.py feature_flags`: every flag with its source, what does not agree, and flags as files."""

import getpass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from rollout import cohorts, flag_files, flags, overrides, phases, verification
from rollout.models import Enrolment, Flag, InternalUnit, Member, Module, Plan
from rollout.targeting import RuleDraft
from tests import builders
from tests.builders import ROOT
from tests.doors import events_after, every_row, last_event, run

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


# --- export and import -----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The flags of Patient Engagement with an experiment, as a file."""
    builders.modules()
    builders.a_segment("pilot")
    builders.an_experiment()
    found = tmp_path / "flags.yaml"
    ran = run("feature_flags", "export", "--output", str(found))
    assert (ran.code, ran.out) == (0, f"The flags of Patient Engagement are in {found}.\n")
    return found


def test_flags_are_exported_to_a_file_or_to_standard_output(file: Path) -> None:
    text = file.read_text()
    assert text == flag_files.dump(builders.module())
    assert run("feature_flags", "export").out == text
    ran = run("feature_flags", "export", "--json")
    assert ran.document == {"module": "patient_engagement", "file": text}
    ran = run("feature_flags", "export", "--output", str(file), "--json")
    assert ran.document == {"module": "patient_engagement", "output": str(file)}
    ran = run("feature_flags", "export", "--module", "health")
    assert "module: health_management" in ran.out
    ran = run("feature_flags", "export", "--output", str(file.parent))
    assert (ran.code, ran.out) == (1, "")
    assert "cannot be written" in ran.err
    assert run("feature_flags", "export", "--module", "nope").code == 1


def test_a_file_is_imported_and_every_change_has_the_commands_actor(file: Path) -> None:
    file.write_text(file.read_text().replace("name: Colour", "name: Colours\n  owner: Design"))
    last = last_event()
    ran = run("feature_flags", "import", str(file))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == ["1 flags changed: colour", "10 unchanged."]
    assert builders.flag("colour").owner == "Design"
    assert [event.who for event in events_after(last)] == [f"command:{getpass.getuser()}"]
    ran = run("feature_flags", "import", str(file), "--json", "--module", "patient_engagement")
    assert len(ran.document["unchanged"]) == 11
    assert {key: ran.document[key] for key in ("module", "created", "updated", "shared", "dryRun")} == {
        "module": "patient_engagement",
        "created": [],
        "updated": [],
        "shared": {},
        "dryRun": False,
    }


def test_a_dry_run_of_an_import_shows_what_would_happen(file: Path) -> None:
    addition = "- key: checkout\n  name: Checkout\n"
    file.write_text(file.read_text() + addition)
    rows = every_row()
    ran = run("feature_flags", "import", str(file), "--dry-run")
    assert ran.out.splitlines() == ["1 flags would be created: checkout", "11 unchanged."]
    assert run("feature_flags", "import", str(file), "--dry-run", "--json").document["created"] == [
        "checkout"
    ]
    assert every_row() == rows


def test_what_a_changed_segment_means_elsewhere_is_said(file: Path) -> None:
    rules = [RuleDraft("Pilot", builders.within("pilot"))]
    builders.a_flag("here", rules=rules)
    builders.a_flag("there", module_key="health_management", rules=rules)
    file.write_text(flag_files.dump(builders.module()).replace("values: [GB]", "values: [IE]"))
    assert run("feature_flags", "import", str(file)).out.splitlines() == [
        "1 segments changed: pilot",
        "The segment pilot is used in health_management too: its change is felt there.",
        "12 unchanged.",
    ]


def test_a_file_is_read_from_standard_input(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(file.read_bytes())))
    assert run("feature_flags", "import", "-").out == "11 unchanged.\n"


def test_a_bad_file_is_one_line_and_exit_code_one(file: Path) -> None:
    file.write_text(file.read_text() + "- key: Bad\n  name: ''\n  fromPhase: 0\n")
    ran = run("feature_flags", "import", str(file))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
    fields = run("feature_flags", "import", str(file), "--json").document["error"]["fields"]
    assert list(fields) == ["flags[11].key", "flags[11].name", "flags[11].fromPhase"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a" * 1_000_001, "must have at most 1,000,000 bytes"),
        (b"\xff\xfe", "is not UTF-8 (byte 1)"),
        (b"module: nothing", "There is no module 'nothing'"),
        (b"a: &x [1]\nb: *x", "anchors and aliases are not taken"),
        (b"", "must be a mapping"),
    ],
    ids=["long", "not UTF-8", "no module", "aliases", "empty"],
)
def test_what_is_no_file_of_flags_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    found = tmp_path / "flags.yaml"
    found.write_bytes(content)
    ran = run("feature_flags", "import", str(found))
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    missing = run("feature_flags", "import", str(tmp_path / "nothing"))
    assert (missing.code, "cannot be read" in missing.err) == (1, True)


def test_a_file_of_another_module_is_refused(file: Path) -> None:
    ran = run("feature_flags", "import", str(file), "--module", "health")
    assert ran.code == 1
    assert "the file is of patient_engagement, and not of health_management" in ran.err
