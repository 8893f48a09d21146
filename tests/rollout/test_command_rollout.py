"""`manage.py rollout`: what it says, what it prints for programs, and its exit codes."""

import json
from typing import Any

import pytest

from operations.models import AuditEvent
from rollout import plans, setup
from rollout.models import Approval, Flag, Module, Plan
from tests import builders
from tests.builders import ROOT
from tests.doors import every_row, run

pytestmark = pytest.mark.django_db

# What a verb's document has at least.
VERB_KEYS = {"module", "operation", "from", "to", "gain", "lose", "dryRun", "gaining", "losing", "flags"}


def one_line(text: str) -> str:
    """What stands on stderr, which is one line."""
    lines = text.splitlines()
    assert len(lines) == 1, lines
    assert "Traceback" not in text
    return lines[0]


def test_setup_makes_everything_once() -> None:
    first = run("rollout", "setup", "--json")
    assert first.code == 0
    assert "module patient_engagement" in first.document["created"]
    assert (Module.objects.count(), Flag.objects.count(), Plan.objects.count()) == (2, 11, 2)
    again = run("rollout", "setup")
    assert (again.code, again.out) == (0, "Everything is set up: nothing to do.\n")


def test_setup_from_env_writes_the_variables_into_the_plan(settings: Any) -> None:
    builders.modules()
    settings.ENVIRONMENT_OVERRIDES = {
        "health_management": {
            "enabled": None,
            "internal": ["joe"],
            "beta_percentage": 5,
            "rollout_percentage": 25,
        }
    }
    dry = run("rollout", "setup", "--from-env", "--dry-run", "--json")
    assert dry.document["dryRun"] is True
    assert builders.health().percentage == 0
    done = run("rollout", "setup", "--from-env", "--json")
    assert done.document["written"] == dry.document["written"]
    assert builders.health().percentage == 25


def test_status_reads_like_a_sentence_with_a_ladder() -> None:
    builders.a_plan_in_phase(1, eligible=631)
    ran = run("rollout", "status")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "Patient Engagement  running  10 %, 64 of 631"
    assert "  1  Initial    10 %  running" in lines
    assert "  2  Expanded   25 %  next, refused" in lines
    assert "Phase 2 may not run:" in lines
    assert any(line.startswith("  - Phase 1 lasts 7 days") for line in lines)


def test_status_as_json_has_the_contracts_keys_and_fractions() -> None:
    builders.a_plan_in_phase(1, eligible=631)
    found = run("rollout", "status", "--json").document
    assert (found["module"], found["status"], found["percentage"]) == ("patient_engagement", "running", 10)
    assert (found["eligible"], found["enabled"], found["control"]) == (631, 64, 567)
    assert found["share"] == pytest.approx(64 / 631, abs=1e-6)
    assert (found["phase"], found["version"], found["verdict"]) == (1, 2, None)
    assert found["nextPhase"]["number"] == 2
    assert found["nextPhase"]["allowed"] is False
    assert all(isinstance(reason, str) for reason in found["nextPhase"]["reasons"])
    assert [phase["status"] for phase in found["phases"]] == ["running", "next", "later", "later"]
    assert [phase["maxErrorRate"] for phase in found["phases"]] == [0.02, 0.03, 0.05, 0.05]
    assert [phase["minAdoption"] for phase in found["phases"]] == [0.3, 0.4, 0.5, 0.6]


def test_status_of_a_plan_in_each_state() -> None:
    plan = builders.a_plan_in_phase(4)
    assert "The plan may not be completed:" in run("rollout", "status").out
    builders.open_gate(plan)
    found = run("rollout", "status", "--json").document
    assert (found["nextPhase"], found["completion"]["allowed"], found["verdict"]) == (None, True, "pass")
    assert run("rollout", "complete").code == 0
    found = run("rollout", "status", "--json").document
    assert (found["status"], found["completion"]) == ("complete", None)
    assert {phase["status"] for phase in found["phases"]} == {"done"}
    run("rollout", "set", "0")
    assert "All flags of the module are off" in run("rollout", "status").out


def test_a_phase_names_who_gains() -> None:
    builders.a_plan(eligible=631)
    found = run("rollout", "phase", "1", "admin@pharmacy.com", "--json").document
    assert set(found) >= VERB_KEYS
    assert (found["operation"], found["from"], found["to"]) == ("phase", 0, 10)
    assert (found["gain"], found["lose"], found["dryRun"]) == (64, 0, False)
    assert found["gaining"] == builders.numbered(50)
    assert {flag["key"]: flag["gain"] for flag in found["flags"]}["smart_reminder_system"] == 64
    assert AuditEvent.objects.get(action="rollout.phase_run").on_behalf_of == "admin@pharmacy.com"


def test_a_dry_run_lists_them_by_name() -> None:
    builders.a_plan(eligible=631)
    ran = run("rollout", "phase", "1", "--dry-run")
    assert ran.code == 0
    assert "Dry run, nothing was changed." in ran.out
    assert "Would gain it (64, the first 50):" in ran.out
    assert "  W00000  Pharmacy W00000" in ran.out
    assert builders.engagement().percentage == 0


def test_a_dry_run_that_would_be_refused_says_why_and_exits_1() -> None:
    builders.a_plan_in_phase(1)
    ran = run("rollout", "phase", "2", "--dry-run", "--json")
    assert ran.code == 1
    assert ran.document["gain"] == 6
    assert [reason["code"] for reason in ran.document["refused"]] == ["soak", "verdict_missing"]
    assert one_line(ran.err).startswith("Would be refused: Phase 1 lasts 7 days")


def test_a_refusal_is_one_line_and_exit_code_1() -> None:
    builders.a_plan_in_phase(1)
    ran = run("rollout", "phase", "2")
    assert (ran.code, ran.out) == (1, "")
    assert one_line(ran.err).startswith("Phase 1 lasts 7 days")
    told = run("rollout", "phase", "2", "--json")
    assert (told.code, told.document["error"]["code"]) == (1, "soak")


def test_an_override_is_written_down_and_updated_by_permits_nothing() -> None:
    builders.a_plan_in_phase(1)
    ran = run("rollout", "phase", "2", "ada", "--override", "The pilot asked for it")
    assert ran.code == 0
    event = AuditEvent.objects.filter(action="rollout.phase_run").latest("pk")
    assert str(event.reason) == "The pilot asked for it"
    assert event.data["overridden"] == ["soak", "verdict_missing"]
    assert (event.on_behalf_of, event.user_id) == ("ada", None)


def test_the_guides_emergency_commands() -> None:
    builders.a_plan_in_phase(2)
    assert run("rollout", "pause", "Critical error rate detected", "admin@pharmacy.com").code == 0
    assert builders.engagement().status == "paused"
    assert run("rollout", "resume", "15", "admin@pharmacy.com").code == 0
    assert builders.engagement().percentage == 15
    found = run("rollout", "rollback", "Investigating", "admin@pharmacy.com", "--json").document
    assert (found["from"], found["to"], found["losing"]) == (15, 10, ["W00005", "W00004"])
    found = run("rollout", "set", "0", "admin@pharmacy.com", "--json").document
    assert (found["to"], found["lose"]) == (0, 4)
    events = AuditEvent.objects.filter(on_behalf_of="admin@pharmacy.com").order_by("pk")
    actions = ["rollout.paused", "rollout.resumed", "rollout.rolled_back", "rollout.percentage_set"]
    assert list(events.values_list("action", flat=True)) == actions


@pytest.mark.parametrize(
    "words",
    [
        ("set",),
        ("set", "ten"),
        ("set", "10.5"),
        ("set", "101"),
        ("set", "-1"),
        ("phase", "9"),
        ("phase", "1", "ada", "surplus"),
        ("phase", "1", "--unknown"),
        ("resume", "50"),
        ("rollback",),
        ("rollback", "--to", "50"),
        ("complete",),
        ("status", "--module", "nope"),
        ("explain", "nope", "W00000"),
        ("explain", "patient_portal"),
        ("advance",),
        (),
    ],
)
def test_bad_input_is_one_line_and_exit_code_1(words: tuple[str, ...]) -> None:
    builders.a_plan()
    before = every_row()
    for more in ((), ("--json",)):
        ran = run("rollout", *words, *more)
        assert ran.code == 1
        assert one_line(ran.err)
        assert ran.out == "" if not more else set(json.loads(ran.out)) == {"error"}
    assert every_row() == before


def test_common_options_stand_before_or_after_the_word() -> None:
    builders.modules()
    after = run("rollout", "status", "--module", "health", "--json").document
    before = run("rollout", "--module", "health_management", "--json", "status").document
    assert before == after
    assert before["module"] == "health_management"


def test_explain_shows_the_path() -> None:
    builders.a_plan_in_phase(1)
    found = run("rollout", "explain", "patient_engagement_module", "W00000", "--json").document
    assert set(found) == {"flag", "unit", "value", "variant", "reason", "steps"}
    assert (found["value"], found["variant"], found["reason"]) == (True, "on", "SPLIT")
    assert found["steps"][-1]["rule"] == "cohort"
    ran = run("rollout", "explain", "patient_engagement_module", "nobody")
    assert ran.code == 0
    assert ran.out.startswith("patient_engagement_module is off for nobody (DEFAULT)")
    assert "no workspace has this id" in ran.out


def test_report_is_json_with_runs_timeline_and_cohort() -> None:
    builders.a_plan_in_phase(1)
    run("rollout", "pause", "errors", "ada")
    found = run("rollout", "report").document
    assert (found["status"], found["cohort"]["enrolled"]) == ("paused", 4)
    assert [each["operation"] for each in found["runs"]] == ["pause", "phase"]
    newest = found["timeline"][0]
    assert (newest["action"], newest["reason"], newest["onBehalfOf"]) == ("rollout.paused", "errors", "ada")
    assert newest["door"] == "command"


def test_approve_asks_a_person_for_their_password(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = builders.a_plan()
    plans.configure(plan, actor=ROOT, needs_approval=True)
    person = builders.a_person("ada", group="Release manager")
    person.set_password("correct horse battery")
    person.save()
    assert "needs the approval of a second person" in one_line(run("rollout", "phase", "1", "ada").err)
    before = every_row()
    assert run("rollout", "approve", "--user", "ada", "--dry-run").code == 0
    assert every_row() == before
    assert "There is no terminal" in one_line(run("rollout", "approve", "--user", "ada").err)
    monkeypatch.setenv("OPS_APPROVER_PASSWORD", "wrong")
    assert "The password of 'ada' is wrong" in one_line(run("rollout", "approve", "--user", "ada").err)
    assert "The password of 'bob' is wrong" in one_line(run("rollout", "approve", "--user", "bob").err)
    monkeypatch.setenv("OPS_APPROVER_PASSWORD", "correct horse battery")
    found = run("rollout", "approve", "--user", "ada", "--json").document
    assert (found["phase"], found["by"]) == (1, "ada")
    assert AuditEvent.objects.get(action="rollout.phase_approved").who == "command:ada"
    assert run("rollout", "phase", "1").code == 0


def test_a_person_without_the_permission_cannot_approve(monkeypatch: pytest.MonkeyPatch) -> None:
    plans.configure(builders.a_plan(), actor=ROOT, needs_approval=True)
    person = builders.a_person("eve", group="Viewer")
    person.set_password("correct horse battery")
    person.save()
    monkeypatch.setenv("OPS_APPROVER_PASSWORD", "correct horse battery")
    ran = run("rollout", "approve", "--user", "eve")
    assert ran.code == 1
    assert "not permitted" in one_line(ran.err)
    assert not Approval.objects.exists()


def test_guessing_an_approvers_password_locks_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    plans.configure(builders.a_plan(), actor=ROOT, needs_approval=True)
    person = builders.a_person("ada", group="Release manager")
    person.set_password("correct horse battery")
    person.save()
    monkeypatch.setenv("OPS_APPROVER_PASSWORD", "wrong")
    for _ in range(5):
        run("rollout", "approve", "--user", "ada")
    monkeypatch.setenv("OPS_APPROVER_PASSWORD", "correct horse battery")
    assert "locked" in one_line(run("rollout", "approve", "--user", "ada").err)


DRY_RUNS = {
    "setup": ("setup",),
    "setup --from-env": ("setup", "--from-env"),
    "phase": ("phase", "2"),
    "phase with an override": ("phase", "2", "--override", "because"),
    "set higher": ("set", "50"),
    "set lower": ("set", "5"),
    "set 0": ("set", "0"),
    "pause": ("pause", "reason"),
    "resume": ("resume", "5"),
    "rollback": ("rollback", "reason"),
    "complete": ("complete", "--override", "because"),
}


@pytest.mark.parametrize("name", DRY_RUNS)
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_dry_run_leaves_every_row_as_it_was(name: str, more: tuple[str, ...], settings: Any) -> None:
    settings.ENVIRONMENT_OVERRIDES = {
        "health_management": {
            "enabled": None,
            "internal": ["joe"],
            "beta_percentage": 5,
            "rollout_percentage": 25,
        }
    }
    builders.a_plan_in_phase(1)
    Flag.objects.filter(key="clinical_alerts").delete()
    before = every_row()
    ran = run("rollout", *DRY_RUNS[name], "--dry-run", *more)
    assert ran.code in (0, 1)
    assert every_row() == before
    if more:
        assert ran.document["dryRun"] is True


def test_setup_keeps_what_a_product_manager_edited() -> None:
    plan = builders.a_plan()
    plans.configure(plan, actor=ROOT, name="Engagement, spring", automatic=True)
    Flag.objects.filter(key="patient_portal").update(name="Portal")
    before = every_row()
    assert setup.create_missing(actor=ROOT) == []
    assert every_row() == before
