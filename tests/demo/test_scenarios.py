"""The four scenarios of `make demo`, each in a portal of its own with real processes; run with -m demo.

Each end is read twice: by the API, with a key of the test's own, and in the database, by plain SQL.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.conf import settings

from tests.ops_portal.processes import environment, free_port, python, wait_for, with_marker

pytestmark = [
    pytest.mark.demo,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at /proc: Linux only"),
]
# Seconds. A machine that does nothing else needs one for the longest.
PATIENCE = 900


class Portal:
    """A fresh portal that runs, as after `make run`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.log = folder / "var", free_port(), folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops_portal.supervisor", "--prepare"],
                cwd=settings.BASE_DIR,
                env=environment(self.folder, PORT=str(self.port)),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(lambda: "The portal is at" in self.log.read_text(), 180, "the portal answers")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return python(self.folder, *arguments, timeout=PATIENCE, PORT=str(self.port))

    def plays(self, scenario: str) -> str:
        """Play it to its end, which must be the right one; what it told."""
        run = self.run("-m", "demo", scenario)
        assert run.returncode == 0, run.stderr + run.stdout
        assert "It ended as it should" in run.stdout
        assert "Traceback" not in self.log.read_text()
        return run.stdout

    def get(self, path: str) -> Any:
        """What the API says, to a key that only reads."""
        if not hasattr(self, "_key"):
            made = self.run("manage.py", "api_key", "create", "test", "--scope", "read", "--json")
            self._key = json.loads(made.stdout)["key"]
        bearing = {"Authorization": f"Bearer {self._key}"}
        with urlopen(Request(f"http://127.0.0.1:{self.port}{path}", headers=bearing), timeout=30) as answer:
            return json.load(answer)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "portal.sqlite3")) as database:
            return list(database.execute(query))

    def plan(self) -> tuple[Any, ...]:
        """The status and the percentage of the plan."""
        return self.sql(
            "SELECT status, percentage FROM rollout_plan "
            "JOIN rollout_module ON module_id = rollout_module.id WHERE key = 'patient_engagement'"
        )[0]

    def enrolled(self) -> int:
        found: int = self.sql("SELECT count(*) FROM rollout_enrolment WHERE left_at IS NULL")[0][0]
        return found

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=30)
        finally:
            for process in with_marker(str(self.folder)):
                os.kill(process, signal.SIGKILL)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    running = Portal(tmp_path)
    yield running
    running.stop()


def test_healthy_goes_from_nobody_to_everybody_with_no_gate_overridden(portal: Portal) -> None:
    told = portal.plays("healthy")
    for said in ("Phase 1, 10 %: 8", "Phase 2, 25 %: 12", "Phase 3, 50 %: 20", "Phase 4, 100 %: 40"):
        assert said in told
    found = portal.get("/api/rollouts/patient_engagement")
    assert (found["status"], found["enabled"], found["eligible"]) == ("complete", 80, 80)
    assert portal.plan() == ("complete", 100)
    assert portal.enrolled() == 80
    runs = portal.sql("SELECT operation, phase_number, overridden FROM rollout_phaserun ORDER BY id")
    assert [run[0] for run in runs] == ["phase"] * 4 + ["complete"]
    assert [run[1] for run in runs[:4]] == [1, 2, 3, 4]
    assert {run[2] for run in runs} == {"[]"}
    assert portal.sql("SELECT count(*) FROM monitoring_healthcheck WHERE result = 'breach'") == [(0,)]
    assert portal.sql("SELECT count(*) FROM monitoring_alert WHERE level IN ('critical', 'error')") == [(0,)]
    [deployment] = portal.sql("SELECT id FROM releases_deployment WHERE environment_id = 'staging'")
    staged = portal.get(f"/api/deployments/{deployment[0]}")
    assert staged["status"] == "complete"
    assert all(step["evidence"] for step in staged["steps"])
    assert portal.sql("SELECT count(*) FROM feedback_ticket")[0][0] >= 40
    assert portal.sql("SELECT count(*) FROM operations_apikey WHERE revoked_at IS NULL") == [(1,)]


def test_a_regression_is_paused_by_the_portal_and_calls_for_help(portal: Portal) -> None:
    portal.plays("regression")
    found = portal.get("/api/rollouts/patient_engagement")
    assert (found["status"], found["percentage"], found["verdict"]) == ("paused", 10, "breach")
    assert portal.plan() == ("paused", 10)
    assert portal.enrolled() == 8
    events = portal.sql("SELECT actor FROM operations_auditevent WHERE action = 'rollout.paused'")
    assert ["health-check" in actor for (actor,) in events] == [True]
    checks = portal.sql(
        "SELECT result, action FROM monitoring_healthcheck WHERE result = 'breach' ORDER BY slot"
    )
    assert checks[0] == ("breach", "paused")
    alerts = portal.get("/api/monitoring/alerts?level=critical")["alerts"]
    assert [alert["module"] for alert in alerts] == ["patient_engagement"]


def test_a_slow_feature_holds_its_gate_and_is_taken_from_nobody(portal: Portal) -> None:
    assert "Phase 2 is asked for, and refused" in portal.plays("slow")
    found = portal.get("/api/rollouts/patient_engagement")
    assert (found["status"], found["phase"], found["verdict"]) == ("running", 1, "hold")
    assert "500 ms" in " ".join(found["nextPhase"]["reasons"])
    assert portal.plan() == ("running", 10)
    assert portal.enrolled() == 8
    assert portal.sql("SELECT count(*) FROM rollout_enrolment WHERE left_at IS NOT NULL") == [(0,)]
    assert portal.sql("SELECT count(*) FROM monitoring_healthcheck WHERE result = 'breach'") == [(0,)]


def test_an_outage_is_a_platform_incident_that_pauses_nothing(portal: Portal) -> None:
    portal.plays("outage")
    found = portal.get("/api/rollouts/patient_engagement")
    assert (found["status"], found["percentage"], found["verdict"]) == ("running", 10, "hold")
    assert not found["nextPhase"]["allowed"]
    assert portal.plan() == ("running", 10)
    last = "SELECT result, cause, action FROM monitoring_healthcheck ORDER BY slot DESC LIMIT 1"
    assert portal.sql(last) == [("hold", "platform", "")]
    titles = [alert["title"] for alert in portal.get("/api/monitoring/alerts")["alerts"]]
    assert any("platform" in title for title in titles)


def test_a_portal_in_use_is_left_alone(portal: Portal) -> None:
    run = portal.run("manage.py", "rollout", "setup")
    csv = portal.folder / "one.csv"
    csv.write_text("id,name,tier,status,role\nFA002,Pharmacy,professional,active,pharmacist\n")
    assert portal.run("manage.py", "workspaces", "import", str(csv)).returncode == 0, run.stderr
    run = portal.run("-m", "demo", "regression")
    assert run.returncode == 1
    assert "This portal is in use" in run.stderr
    assert "VAR_DIR=var/demo-regression PORT=8001 make run" in run.stderr
    assert portal.plan() == ("draft", 0)
    assert portal.sql("SELECT count(*) FROM operations_apikey WHERE revoked_at IS NULL") == [(0,)]


def test_ctrl_c_ends_it_with_its_keys_revoked(portal: Portal) -> None:
    playing = subprocess.Popen(
        [sys.executable, "-m", "demo", "healthy"],
        cwd=settings.BASE_DIR,
        env=environment(portal.folder, PORT=str(portal.port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: portal.plan()[0] == "running", 120, "phase 1 is run")
    os.killpg(playing.pid, signal.SIGINT)
    told = playing.communicate(timeout=60)
    assert playing.returncode == 130, told
    assert "its keys are revoked" in told[1]
    assert "Traceback" not in told[1]
    assert portal.sql("SELECT count(*) FROM operations_apikey WHERE revoked_at IS NULL") == [(0,)]
