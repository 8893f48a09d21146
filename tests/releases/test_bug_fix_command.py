"""`manage.py bug_fix`: each word, for people and for programs; the rules are the verbs' own tests'."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from operations.models import AuditEvent
from releases.models import Deployment, Evidence, Issue, Release
from rollout.models import Module
from tests import builders
from tests.doors import every_row, run
from tests.feedback.builders import a_ticket
from tests.monitoring.alarms import raised
from tests.releases.builders import (
    a_release,
    a_window,
    an_issue,
    in_production,
    in_staging,
    now,
    ready,
    running,
    tick,
    walk_to,
)
from tests.releases.builders import tested as passed_staging

pytestmark = pytest.mark.django_db

ISSUE_KEYS = {"id", "title", "severity", "status"}
RELEASE_KEYS = {"version", "status", "category", "issues", "deployments"}


def done(*words: str) -> Any:
    """The document of a word that succeeds."""
    ran = run("bug_fix", *words, "--json")
    assert ran.code == 0, ran.err
    assert ran.err == ""
    return ran.document


def refused(*words: str) -> str:
    """The one line on stderr of a word that is refused; programs get the same, and nothing is written."""
    before = every_row()
    ran = run("bug_fix", *words, "--json")
    assert ran.code == 1
    assert ran.document["error"]["message"]
    assert every_row() == before
    assert len(ran.err.splitlines()) == 1
    return ran.err


def rehearsed(*words: str) -> Any:
    """The document of a dry run that succeeds and writes nothing."""
    before = every_row(), counters()
    found = done(*words, "--dry-run")
    assert found["dryRun"] is True
    assert (every_row(), counters()) == before
    return found


def counters() -> list[Any]:
    """What the database will number the next rows with: an insert that was taken back would show here."""
    asked = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
    if connection.vendor == "sqlite":
        asked = "SELECT name, seq FROM sqlite_sequence ORDER BY 1"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return cursor.fetchall()


def said(*words: str) -> str:
    """What people read."""
    ran = run("bug_fix", *words)
    assert ran.code == 0, ran.err
    return ran.out


def test_issues_are_listed_and_narrowed() -> None:
    release = a_release(issues=[an_issue("Reminders come twice", severity="high")])
    an_issue("Slow list", fixed=False, severity="low")
    elsewhere = an_issue("Goals are lost", module=Module.objects.get(key="health_management"))
    found = done("list")
    assert [each["id"] for each in found["issues"]] == ["BUG-002", "BUG-001"]
    assert set(found["issues"][0]) >= ISSUE_KEYS
    assert [each["version"] for each in found["releases"]] == [release.version]
    assert set(found["releases"][0]) >= RELEASE_KEYS
    for words, ids in {
        ("--severity", "high"): ["BUG-001"],
        ("--status", "open"): ["BUG-001", "BUG-002"],
        ("--status", "planned"): ["BUG-001"],
        ("--status", "deployed"): [],
        ("--module", "health_management"): [elsewhere.reference],
        ("--module", "all", "--most", "2"): ["BUG-003", "BUG-002"],
    }.items():
        assert [each["id"] for each in done("list", *words)["issues"]] == ids, words
    lines = said("list", "--status", "open", "--most", "1").splitlines()
    assert lines[1].split()[:3] == ["BUG-001", "HIGH", "planned"]
    assert lines[2] == "and 1 more: --most shows more of them"


def test_a_wrong_filter_is_named_in_one_line() -> None:
    builders.modules()
    assert "must be one of" in refused("list", "--status", "lost")
    assert "must be one of" in refused("list", "--severity", "bad")
    assert "There is no module 'x'" in refused("list", "--module", "x")
    assert "There is no release '9.9.9'" in refused("status", "9.9.9")


def test_an_issue_is_raised_by_itself_from_a_ticket_and_from_an_alert() -> None:
    builders.modules()
    found = done("issue", "Reminders come twice", "--severity", "critical", "--description", "Since 1.0.1")
    assert found["issues"][0]["id"] == "BUG-001"
    issue = Issue.objects.get()
    assert (issue.reference, issue.severity, issue.module.key) == (
        "BUG-001",
        "critical",
        "patient_engagement",
    )
    ticket = a_ticket(module="patient_engagement", title="No calendar", severity="low")
    found = done("issue", "--ticket", ticket.reference)["issues"][0]
    assert (found["title"], found["severity"], found["tickets"]) == ("No calendar", "low", [ticket.reference])
    alert = raised("critical", "Data lost")
    assert "module: must be given" in refused("issue", "--alert", str(alert.pk))
    found = done("issue", "--alert", str(alert.pk), "--module", "patient_engagement")["issues"][0]
    assert (found["title"], found["severity"]) == ("Data lost", "critical")
    assert "title: must not be empty" in refused("issue")


def test_issues_are_moved_together_or_not_at_all() -> None:
    builders.modules()
    for title in ("One", "Two"):
        done("issue", title)
    found = done("move", "BUG-001", "bug-2", "triage")
    assert [each["status"] for each in found["issues"]] == ["triaged", "triaged"]
    owner = builders.a_person("grace", group="Support")
    done("move", "BUG-001", "assign", "--owner", owner.username)
    done("issue", "Three")
    assert "BUG-001 is assigned: triage is not possible" in refused("move", "BUG-003", "BUG-001", "triage")
    assert "there is no user 'nobody'" in refused("move", "BUG-002", "assign", "--owner", "nobody")
    assert "must say why" in refused("move", "BUG-002", "decline")
    assert "There is no issue 'BUG-9'" in refused("move", "BUG-9", "fix")


def test_a_release_is_drafted_changed_and_given_up() -> None:
    first, second = an_issue("One"), an_issue("Two")
    found = done("create", "1.0.2", "BUG-001", "BUG-002", "--title", "Reminders", "--risk", "None known")
    (release,) = found["releases"]
    assert (release["version"], release["status"], release["category"]) == ("1.0.2", "draft", "medium")
    assert [each["id"] for each in release["issues"]] == [first.reference, second.reference]
    assert [each["id"] for each in done("remove", "1.0.2", "BUG-002")["releases"][0]["issues"]] == ["BUG-001"]
    assert len(done("add", "1.0.2", "BUG-002")["releases"][0]["issues"]) == 2
    assert "1.0.2 exists already" in refused("create", "1.0.2", "BUG-001")
    assert "is part of another release already" in refused("create", "1.0.3", "BUG-001")
    assert done("abandon", "1.0.2", "--reason", "not needed")["releases"][0]["status"] == "abandoned"
    assert AuditEvent.objects.get(action="release.abandoned").door == "command"


def test_how_a_release_ships_is_asked_for() -> None:
    an_issue()
    high = ("--category", "high", "--method", "maintenance_window")
    assert done("create", "2.0.0", "BUG-001", *high)["releases"][0]["method"] == "maintenance_window"
    builders.modules()
    fix = done("create", "2.0.1", "--hotfix", "--security", "--notes", "Closes a hole")["releases"][0]
    assert (fix["hotfix"], fix["security"], fix["module"]) == (True, True, "patient_engagement")
    assert "category: must be one of" in refused("create", "2.1.0", "--notes", "x", "--category", "odd")
    assert "method: must be one of" in refused(
        *("create", "2.1.0", "--notes", "x", "--category", "high", "--method", "rolling")
    )
    assert "version: must be a semantic version" in refused("create", "two", "--notes", "x")
    assert "issues: must name" in refused("create", "2.1.0")


def test_a_release_of_another_module_is_not_found() -> None:
    a_release()
    assert "is a release of patient_engagement" in refused("status", "1.0.2", "--module", "health_management")
    assert done("--module", "patient_engagement", "status", "1.0.2")["releases"]


def test_releases_are_listed_the_highest_version_first() -> None:
    for version in ("1.2.0", "1.10.0", "1.10.0-rc.1"):
        a_release(version)
    found = done("status")
    assert [each["version"] for each in found["releases"]] == ["1.10.0", "1.10.0-rc.1", "1.2.0"]
    assert {each["id"] for each in found["issues"]} == {"BUG-001", "BUG-002", "BUG-003"}
    assert set(found["releases"][0]) >= RELEASE_KEYS
    assert set(found["issues"][0]) >= ISSUE_KEYS
    lines = said("status", "--module", "all").splitlines()
    assert lines[1].split()[:3] == ["1.10.0", "draft", "medium"]
    assert done("status", "--module", "health_management")["releases"] == []
    assert said("status", "--module", "health_management") == "No releases.\n"


def test_a_release_goes_to_staging_and_its_steps_are_reported() -> None:
    release = a_release()
    found = done("deploy", "1.0.2", "staging")
    assert (found["operation"], found["deployment"]["status"]) == ("deploy", "running")
    tick()
    deployment = Deployment.objects.get(environment="staging")
    step = running(deployment)
    words = ("step", "1.0.2", "staging", step.key)
    assert f"Next: manage.py bug_fix {' '.join(words)} succeeded --note …" in said("status", "1.0.2")
    found = done(*words, "running", "--note", "queued")["deployment"]
    assert [each["note"] for each in found["steps"][0]["evidence"]][-1] == "queued"
    assert "must say what was done" in refused(*words, "succeeded")
    assert "is at attempt 1" in refused(*words, "succeeded", "--note", "x", "--attempt", "2")
    assert "begins with https://" in refused(*words, "succeeded", "--note", "x", "--url", "ftp://x")
    done(*words, "succeeded", "--note", "412 passed", "--url", "https://ci.example.org/1")
    lines = said("status", release.version)
    assert f"✓  {step.key}" in lines
    assert "412 passed https://ci.example.org/1" in lines
    assert "There is no step 'x'" in refused("step", "1.0.2", "staging", "x", "failed", "--note", "x")
    assert "has begun" in refused("step", "1.0.2", "production", "x", "failed")


def test_a_file_proves_a_step(tmp_path: Path) -> None:
    in_staging(a_release())
    step = running(Deployment.objects.get(environment="staging"))
    proof = tmp_path / "report.txt"
    proof.write_text("412 passed")
    words = ("step", "1.0.2", "staging", step.key, "succeeded", "--note", "as the file says")
    assert "cannot be read" in refused(*words, "--file", str(tmp_path / "none.txt"))
    found = done(*words, "--file", str(proof))["deployment"]["steps"][0]["evidence"][-1]
    assert found["file"]["name"] == "report.txt"
    assert len(found["file"]["sha256"]) == 64
    assert Evidence.objects.get(outcome="succeeded").file.read() == b"412 passed"


def test_a_test_is_left_out_with_a_reason() -> None:
    in_staging(a_release())
    step = running(Deployment.objects.get(environment="staging"))
    words = ("1.0.2", "staging", step.key)
    assert "does not wait for the CI" in refused("retry", *words)
    rehearsed("skip", *words, "--reason", "ran yesterday")
    found = done("skip", *words, "--reason", "ran yesterday")["deployment"]["steps"][0]
    assert (found["status"], found["evidence"][-1]["note"]) == ("skipped", "ran yesterday")


def test_a_refused_deployment_lists_what_is_missing_one_line_each() -> None:
    release = a_release()
    ran = run("bug_fix", "deploy", "1.0.2", "production")
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "has not passed staging" in ran.out
    passed_staging(release)
    before = every_row()
    ran = run("bug_fix", "deploy", "1.0.2", "production")
    missing = ran.out.splitlines()
    assert missing[0] == "1.0.2 may not go to production yet:"
    assert sum(line.startswith("  - Not ticked: ") for line in missing) > 20
    assert f"{len(missing) - 1} things are missing" in ran.err
    found = run("bug_fix", "deploy", "1.0.2", "production", "--json").document
    assert {each["code"] for each in found["missing"]} >= {"checklist", "sign_off"}
    assert len(found["missing"]) == len(missing) - 1
    dry = run("bug_fix", "deploy", "1.0.2", "production", "--dry-run", "--json")
    assert (dry.code, dry.document["missing"]) == (1, found["missing"])
    assert "would be refused" in dry.err
    assert every_row() == before


def test_a_release_goes_to_production_and_beyond_its_stop() -> None:
    release = a_release()
    ready(release)
    found = rehearsed("deploy", "1.0.2", "production", "--rollout-percentage", "25")
    assert (found["percentage"], found["missing"]) == (25, [])
    found = done("deploy", "1.0.2", "production", "--rollout-percentage", "25")["deployment"]
    assert (found["targetPercentage"], found["ladder"]) == (25, [10, 25, 50, 100])
    assert "stops at 25 %" in said("status", "1.0.2")
    rehearsed("continue", "1.0.2", "--rollout-percentage", "50")
    found = done("continue", "1.0.2", "--rollout-percentage", "50")
    assert found["deployment"]["targetPercentage"] == 50
    assert "must be one of" in refused("continue", "1.0.2", "--rollout-percentage", "33")
    assert "No deployment" in refused("continue", a_release("1.0.3").version)


def test_a_percentage_that_is_none_is_refused() -> None:
    a_release()
    for share in ("0", "101"):
        words = ("deploy", "1.0.2", "production", "--rollout-percentage", share)
        assert "must be a whole number from 1 to 100" in refused(*words)
    assert "only be given for production" in refused(
        *("deploy", "1.0.2", "staging", "--rollout-percentage", "25")
    )
    ran = run("bug_fix", "deploy", "1.0.2", "production", "--rollout-percentage", "ten")
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert run("bug_fix", "deploy", "1.0.2", "moon").code == 1


def test_a_release_is_taken_back_and_a_dry_run_needs_no_reason() -> None:
    deployment = in_production(a_release())
    walk_to(deployment, "gradual_rollout")
    tick()
    found = rehearsed("rollback", "1.0.2")
    assert found["environment"] == "production"
    assert found["steps"]
    assert "reason: must say why" in refused("rollback", "1.0.2")
    found = done("rollback", "1.0.2", "--reason", "Critical performance issue")["deployment"]
    assert (found["status"], found["percentage"]) == ("rolling_back", 0)
    assert found["rollback"]["reason"] == "Critical performance issue"
    assert Release.objects.get().state == "rolled_back"
    assert "Rolled back by command:" in said("status", "1.0.2")
    assert "already" in refused("rollback", "1.0.2", "--reason", "again")


def test_a_rollback_goes_back_from_as_far_as_the_release_has_come() -> None:
    deployment = in_staging(a_release())
    assert "was never deployed to production" in refused(
        *("rollback", "1.0.2", "--reason", "x", "--environment", "production")
    )
    assert done("rollback", "1.0.2", "--reason", "wrong build")["environment"] == "staging"
    assert now(deployment).state != "running"
    assert "was never deployed" in refused("rollback", a_release("1.0.3").version, "--reason", "x")


def test_a_deployment_is_planned_and_cancelled() -> None:
    a_release()
    rehearsed("plan", "1.0.2", "production")
    found = done("plan", "1.0.2", "production")["deployment"]
    assert (found["status"], found["environment"]) == ("planned", "production")
    assert "is planned or under way already" in refused("plan", "1.0.2", "production")
    assert "Missing:" in said("status", "1.0.2")
    rehearsed("cancel", "1.0.2", "production", "--reason", "another day")
    found = done("cancel", "1.0.2", "production", "--reason", "another day")["deployment"]
    assert found["status"] == "cancelled"
    assert "No deployment of 1.0.2 to production is planned" in refused(
        *("cancel", "1.0.2", "production", "--reason", "x")
    )


def test_the_maintenance_window_of_a_deployment_is_set() -> None:
    an_issue()
    done("create", "2.0.0", "BUG-001", "--category", "high", "--method", "maintenance_window")
    done("plan", "2.0.0", "production")
    starts = timezone.now() + timedelta(hours=2)
    window = a_window(starts_at=starts, ends_at=starts + timedelta(hours=4))
    rehearsed("window", "2.0.0", str(window.pk))
    found = done("window", "2.0.0", str(window.pk))["deployment"]
    assert found["window"]["title"] == "Database upgrade"
    assert "There is no window 999" in refused("window", "2.0.0", "999")


def test_every_dry_run_leaves_every_row_as_it_was() -> None:
    builders.modules()
    rehearsed("issue", "Reminders come twice")
    an_issue("One", fixed=False)
    an_issue("Two")
    ticket = a_ticket(module="patient_engagement")
    rehearsed("issue", "--ticket", ticket.reference)
    rehearsed("move", "BUG-001", "fix")
    assert rehearsed("create", "1.0.2", "BUG-001", "BUG-002")["releases"][0]["issues"][0]["id"] == "BUG-001"
    done("create", "1.0.2", "BUG-002")
    rehearsed("add", "1.0.2", "BUG-001")
    rehearsed("remove", "1.0.2", "BUG-002")
    rehearsed("abandon", "1.0.2", "--reason", "not needed")
    builders.workspaces(builders.numbered(40))
    rehearsed("deploy", "1.0.2", "staging")
    in_staging(Release.objects.get())
    step = running(Deployment.objects.get(environment="staging"))
    rehearsed("step", "1.0.2", "staging", step.key, "succeeded", "--note", "fine")
    rehearsed("rollback", "1.0.2")


@pytest.mark.parametrize(
    "word",
    [
        *("list", "status", "issue", "move", "create", "add", "remove", "abandon", "plan", "deploy"),
        *("continue", "rollback", "cancel", "window", "step", "retry", "skip"),
    ],
)
def test_every_word_has_help(word: str) -> None:
    ran = run("bug_fix", word, "--help")
    assert ran.code == 0
    assert "--json" in ran.out
    assert ("--dry-run" in ran.out) == (word not in ("list", "status"))
