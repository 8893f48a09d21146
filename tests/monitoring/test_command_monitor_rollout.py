"""`manage.py monitor_rollout`: what it finds, what it prints, and its exit codes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from monitoring import plan_sources
from monitoring.models import HealthCheck
from rollout import phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.doors import every_row, run
from tests.monitoring import past, seeds, traffic

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(past.NOW, tick=False) as traveller:
        yield traveller


CASES: dict[str, tuple[Callable[[], Plan], int]] = {
    "pass": (past.a_measured_plan, 0),
    "hold": (past.slow, 2),
    "unknown": (past.a_running_plan, 2),
    "breach": (past.broken, 3),
}


@pytest.mark.parametrize("verdict", CASES)
def test_the_verdict_is_the_exit_code(verdict: str) -> None:
    build, code = CASES[verdict]
    build()
    told = run("monitor_rollout", "--json")
    assert (told.code, told.err) == (code, ""), told.out
    assert (told.document["module"], told.document["verdict"]) == ("patient_engagement", verdict)
    assert bool(told.document["criteria"]) == (verdict != "unknown")
    for each in told.document["criteria"]:
        assert set(each) >= {"name", "met", "value", "threshold", "n", "reason"}
    brief = run("monitor_rollout", "health")
    assert (brief.code, brief.err) == (code, "")
    assert brief.out.startswith(f"Patient Engagement at 2026-03-02 13:00 UTC: {verdict.upper()}\n")
    assert f"Rollout score {told.document['score']} of 100" in brief.out


def test_the_hour_is_checked_once_and_then_shown() -> None:
    past.broken()
    first = run("monitor_rollout", "--json")
    assert (first.code, HealthCheck.objects.count()) == (3, 1)
    assert builders.engagement().status == "paused"
    before = every_row()
    again = run("monitor_rollout", "health", "--json")
    assert (again.code, again.document) == (3, first.document)
    assert every_row() == before


def test_people_read_the_criteria_both_scores_and_what_was_done() -> None:
    seeds.reviews(past.broken())
    lines = run("monitor_rollout").out.splitlines()
    assert lines[0] == "Patient Engagement at 2026-03-02 13:00 UTC: BREACH"
    assert "Cause: the feature" in lines
    assert "Done: paused the plan" in lines
    assert any(line.startswith("  with the module") for line in lines)
    assert any(line.startswith("  not met") and "hard stop" in line for line in lines)
    assert any(line.startswith("Post-launch score") for line in lines)
    assert "Next daily look: 2026-03-03 13:00 UTC" in lines
    assert "Next review due: 2026-03-02 12:30 UTC" in lines


def test_a_dry_run_says_the_verdict_and_leaves_every_row_as_it_was() -> None:
    past.broken()
    before = every_row()
    for words in (("--dry-run",), ("health", "--dry-run"), ("--dry-run", "health")):
        shown = run("monitor_rollout", *words)
        assert (shown.code, shown.err) == (3, "")
        assert shown.out.startswith("Dry run")
    told = run("monitor_rollout", "--dry-run", "--json")
    assert (told.code, told.document["verdict"], told.document["dryRun"]) == (3, "breach", True)
    assert every_row() == before


def test_a_plan_that_has_not_begun_is_no_failure() -> None:
    builders.a_plan()
    for words in ((), ("health",), ("--dry-run",)):
        ran = run("monitor_rollout", *words)
        assert (ran.code, ran.out) == (
            0,
            "Patient Engagement: The plan has not begun: there is nothing to check.\n",
        )
        told = run("monitor_rollout", *words, "--json").document
        assert (told["module"], told["verdict"], told["score"]) == ("patient_engagement", None, None)
    assert not HealthCheck.objects.exists()


def test_another_module_is_asked_for_by_key_or_alias() -> None:
    builders.modules()
    assert run("monitor_rollout", "--module", "health", "--json").document["module"] == "health_management"


def test_a_user_module_is_checked_by_arm() -> None:
    builders.modules()
    with time_machine.travel(past.NOW - 3 * past.DAY, tick=False):
        phases.set_percentage(builders.health(), 5, actor=ROOT)
    plan = builders.health()
    builders.workspaces(builders.numbered(12))
    for arm in ("on", "off"):
        traffic.flow(plan.module, builders.numbered(12), past.SLOT - 5 * past.HOUR, past.SLOT, arm=arm)
    ran = run("monitor_rollout", "--module", "health")
    assert (ran.code, ran.err) == (2, "")
    row = next(line.split() for line in ran.out.splitlines() if line.startswith("  with the module"))
    assert row[3:8] == ["-", "6000", "60", "1.00", "%"]
    assert "the maximum of 0.1 %" in ran.out


def test_a_source_that_does_not_answer_is_unknown_and_says_why(settings: Any) -> None:
    settings.PROMETHEUS_URL = "http://portal:secret@127.0.0.1:9"
    plan = past.a_running_plan()
    plan_sources.configure(plan, actor=ROOT, kind="prometheus")
    ran = run("monitor_rollout")
    assert (ran.code, ran.err) == (2, "")
    lines = ran.out.splitlines()
    assert lines[0].endswith(": UNKNOWN")
    assert lines[1].startswith("The source of the vitals failed: ")
    assert "Criteria:" not in lines
    told = run("post_launch_monitor", "metrics", "--json").document
    assert {each["day"]["state"] for each in told["metrics"]} == {"unknown"}
    shown = run("post_launch_monitor", "health").out
    assert f"The source of vitals did not answer: {told['fault']}" in shown
    assert "secret" not in ran.out + shown


def test_at_0_percent_there_is_nobody_to_check() -> None:
    past.a_running_plan()
    run("rollout", "set", "0")
    for command in (("monitor_rollout",), ("monitor_rollout", "health", "--json")):
        assert run(*command).code == 0
    assert "nobody has the module" in run("monitor_rollout").out
    assert not HealthCheck.objects.exists()


@pytest.mark.parametrize("words", [("everything",), ("--module", "nope"), ("health", "surplus"), ("--fast",)])
def test_bad_input_is_one_line_and_exit_code_1(words: tuple[str, ...]) -> None:
    builders.a_plan()
    ran = run("monitor_rollout", *words)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)


def test_the_next_hour_is_a_check_of_its_own(clock: Any) -> None:
    past.a_measured_plan()
    first = run("monitor_rollout", "--json").document
    clock.move_to(past.NOW + timedelta(hours=1))
    second = run("monitor_rollout", "--json").document
    assert (first["slot"], second["slot"]) == ("2026-03-02T13:00:00Z", "2026-03-02T14:00:00Z")
    assert second["missed"] == 0
