"""`manage.py post_launch_monitor`: health and metrics after the launch, and exit codes."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests import builders
from tests.doors import an_api_key, every_row, get, run
from tests.monitoring import past, seeds
from tests.monitoring.past import SLOT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(past.NOW, tick=False) as traveller:
        yield traveller


def test_health_is_what_the_api_answers() -> None:
    plan = past.a_measured_plan()
    seeds.a_check(plan, "pass", slot=SLOT)
    told = run("post_launch_monitor", "health", "--json")
    assert (told.code, told.err) == (0, "")
    assert told.document == get("/api/monitoring/system-health", an_api_key("read")).json()


def test_health_reads_like_a_score_with_its_reasons() -> None:
    seeds.a_check(past.slow(), "hold", slot=SLOT)
    ran = run("post_launch_monitor", "health")
    assert ran.code == 2
    lines = ran.out.splitlines()
    assert lines[0] == "Patient Engagement: post-launch score 90 of 100"
    assert lines[1].startswith("  -10  mean response")
    assert lines[2].startswith("  unknown, and not deducted for: ")
    assert lines[3].startswith("Last check, 2026-03-02 13:00 UTC: hold.")
    assert len(lines) == 4


def test_verbose_shows_every_figure_and_performance_its_targets() -> None:
    seeds.a_check(past.slow(), "hold", slot=SLOT)
    before = every_row()
    verbose = run("post_launch_monitor", "health", "--verbose").out
    assert "Adoption:\n" in verbose
    assert "total active workspaces" in verbose
    assert "Stability:\n  critical errors  0\n" in verbose
    assert "API response, 95th percentile" not in verbose
    shown = run("post_launch_monitor", "health", "--performance").out
    assert "API response, 95th percentile  < 500 ms" in shown
    assert "missed" in shown
    run("post_launch_monitor", "metrics")
    assert every_row() == before


@pytest.mark.parametrize(
    ("verdict", "hours", "code"),
    [
        ("pass", 0, 0),
        ("pass", 1, 2),
        ("hold", 0, 2),
        ("unknown", 0, 2),
        ("breach", 0, 3),
        ("breach", 5, 3),
    ],
)
def test_the_latest_verdict_is_the_exit_code_and_an_old_pass_is_unknown(
    verdict: str, hours: int, code: int
) -> None:
    seeds.a_check(past.a_running_plan(), verdict, slot=SLOT - timedelta(hours=hours))
    ran = run("post_launch_monitor", "health")
    assert ran.code == code
    assert ("too old to count" in ran.out) == bool(hours)


def test_a_plan_that_was_never_checked_is_unknown_and_one_that_has_not_begun_is_no_failure() -> None:
    builders.a_plan()
    told = run("post_launch_monitor", "health", "--json")
    assert (told.code, told.document["lastCheck"]) == (0, None)
    assert told.document["note"] == "The plan has not begun: there is nothing to check."
    assert told.document["note"] in run("post_launch_monitor", "health").out
    run("rollout", "phase", "1")
    ran = run("post_launch_monitor", "health")
    assert ran.code == 2
    assert "It was never checked." in ran.out


def test_metrics_stand_beside_their_targets_over_a_day_and_a_week() -> None:
    past.slow()
    told = run("post_launch_monitor", "metrics", "--json")
    assert told.code == 0
    found = {each["name"]: each for each in told.document["metrics"]}
    p95 = found["apiResponseTimeP95"]
    assert (p95["target"], p95["unit"], p95["day"]["state"], p95["week"]["state"]) == (
        500,
        "ms",
        "missed",
        "missed",
    )
    assert p95["week"]["n"] > p95["day"]["n"] == 3 * 10 * 100
    assert found["errorRate"]["day"] == {"value": 1.0, "state": "missed", "n": 3_000}
    assert found["memoryUsage"]["day"] == {"value": None, "state": "unknown", "n": 0}
    lines = run("post_launch_monitor", "metrics").out.splitlines()
    assert lines[0] == "Patient Engagement: performance until 2026-03-02 13:30 UTC"
    assert len(lines) == 2 + 5


@pytest.mark.parametrize("words", [(), ("repot",), ("health", "--module", "nope"), ("metrics", "--verbose")])
def test_bad_input_is_one_line_and_exit_code_1(words: tuple[str, ...]) -> None:
    builders.a_plan()
    ran = run("post_launch_monitor", *words)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
