"""What processes count together: nothing is lost with a process, and nothing is left behind for ever."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families

from operations import schedule
from ops_portal.exposition import instruments, jobs, shared
from ops_portal.exposition.answers import Answers
from ops_portal.schedule import JOBS
from tests.bench.load import ask
from tests.ops_portal.processes import environment, free_port, python, wait_for

REQUESTS = "ops_portal_http_request_duration_seconds"
# Counts something, says so, and lives until its input ends.
COUNTER = """
import sys
from ops_portal.exposition.instruments import note_job, note_request
note_request("GET", "/counted", 200, 0.2)
note_request("GET", "/counted", 200, 3.0)
note_job("counted", 0.5, failed=True)
print("counted", flush=True)
sys.stdin.read()
"""


def counted(folder: Path, sample_name: str, /, **labels: str) -> float:
    """The sum of a count in a folder, over the series with these labels."""
    metrics, _ = shared.gather(folder)
    return sum(
        sample.value
        for metric in metrics
        for sample in metric.samples
        if sample.name == sample_name and labels.items() <= sample.labels.items()
    )


def requests_in(folder: Path, **labels: str) -> float:
    return counted(folder, f"{REQUESTS}_count", **labels)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder in which processes with this VAR_DIR count."""
    return tmp_path / "metrics" / shared.FOLDER.name


def a_process(folder: Path, program: str = COUNTER) -> subprocess.Popen[str]:
    """A process that has counted, and lives."""
    made = subprocess.Popen(
        [sys.executable, "-c", f"import django; django.setup()\n{program}"],
        cwd=settings.BASE_DIR,
        env=environment(folder, DJANGO_SETTINGS_MODULE="ops_portal.settings"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert made.stdout is not None
    assert made.stdout.readline() == "counted\n"
    return made


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_sums_outlive_processes_and_their_files_do_not(tmp_path: Path, own: Path) -> None:
    first, second = a_process(tmp_path), a_process(tmp_path)
    try:
        assert requests_in(own, route="/counted") == 4
        assert shared.gather(own)[1] == 2
        killed(first)
        assert requests_in(own, route="/counted") == 4
        assert shared.gather(own)[1] == 1
        assert {path.name.partition("_")[0] for path in own.glob("*.db")} == {"counter", "histogram"}
    finally:
        killed(second)
    assert requests_in(own, route="/counted") == 4
    assert counted(own, f"{REQUESTS}_bucket", route="/counted", le="0.25") == 2
    assert counted(own, f"{REQUESTS}_sum", route="/counted") == pytest.approx(6.4)
    assert counted(own, "ops_portal_job_failures_total", name="counted") == 2
    # One file of those who are gone, and the gate: a hundred workers that come and go leave no more.
    assert sorted(path.name for path in own.iterdir()) == ["dead.json", "gate"]


def left_by_a_process(own: Path) -> None:
    """The file of a process that counted two requests and ended."""
    own.mkdir(parents=True)
    file = MmapedDict(str(own / "histogram_7-abc.db"))
    labels = ["method", "route", "status", "le"]
    key = mmap_key(REQUESTS, f"{REQUESTS}_bucket", labels, ["GET", "/counted", "2xx", "0.5"], "Help")
    file.write_value(key, 2.0, 0.0)
    file.close()


def test_who_is_killed_while_it_clears_up_counts_nothing_twice(own: Path) -> None:
    left_by_a_process(own)
    left = {path: path.read_bytes() for path in own.glob("*.db")}
    assert requests_in(own, route="/counted") == 2
    # As it stands when the dead's file was written and theirs were not deleted yet.
    document = json.loads((own / shared.DEAD).read_text())
    for path, content in left.items():
        path.write_bytes(content)
        document["files"].append(path.name)
    (own / shared.DEAD).write_text(json.dumps(document))
    assert requests_in(own, route="/counted") == 2
    assert not list(own.glob("*.db"))


def test_files_that_a_power_cut_left_cost_their_counts_and_no_scrape(own: Path) -> None:
    left_by_a_process(own)
    (own / "histogram_1-abc.db").write_bytes(b"\xff\xff\xff\x7f" + b"\x01" * 100)
    (own / "counter_2-abc.db").write_bytes(b"")
    assert requests_in(own, route="/counted") == 2
    (own / shared.DEAD).write_text('{"files": [')
    assert requests_in(own) == 0


def test_a_process_that_forks_counts_as_two(tmp_path: Path, own: Path) -> None:
    forking = f"""
import os
from ops_portal.exposition.instruments import note_request
note_request("GET", "/counted", 200, 0.1)
child = os.fork()
if child == 0:
    note_request("GET", "/counted", 200, 0.1)
    os._exit(0)
os.waitpid(child, 0)
{COUNTER}"""
    parent = a_process(tmp_path, forking)
    try:
        # One of the parent before, one of the child, two of the parent after.
        assert requests_in(own, route="/counted") == 4
        assert shared.gather(own)[1] == 1
    finally:
        killed(parent)
    assert requests_in(own, route="/counted") == 4


@pytest.mark.django_db
def test_requests_are_counted_by_the_pattern_of_their_route(client: Client) -> None:
    before = requests_in(shared.FOLDER, route="/api/rollouts/{module}")
    for key in ("one", "two"):
        assert client.get(f"/api/rollouts/{key}").status_code == 401
    assert requests_in(shared.FOLDER, route="/api/rollouts/{module}", status="4xx") == before + 2
    unknown = requests_in(shared.FOLDER, route="(none)")
    client.get("/no-such-page/of-mrs-miller")
    client.generic("BREW", "/no-such-page")
    assert requests_in(shared.FOLDER, route="(none)") == unknown + 2
    assert requests_in(shared.FOLDER, method="other") >= 1
    assert requests_in(shared.FOLDER, route="/static/{path}") == 0
    client.get("/static/operations/portal.css")
    assert requests_in(shared.FOLDER, route="/static/{path}") == 1


def test_answers_are_noted_at_once_and_counted_later() -> None:
    answers, route = Answers(), "/test/answers"
    for seconds in (0.00001, 0.001, 0.0011, 0.3, 20.0):
        answers.note("POST", route, 200, seconds)
    answers.note("BREW", route, 405, 0.1)
    assert requests_in(shared.FOLDER, route=route) == 0
    answers.count()
    answers.count()
    assert requests_in(shared.FOLDER, route=route, status="2xx") == 5
    assert requests_in(shared.FOLDER, route=route, method="other", status="4xx") == 1
    buckets = {
        bound: counted(shared.FOLDER, f"{REQUESTS}_bucket", route=route, status="2xx", le=bound)
        for bound in ("0.001", "0.005", "0.25", "0.5", "10.0", "+Inf")
    }
    assert buckets == {"0.001": 2, "0.005": 3, "0.25": 3, "0.5": 4, "10.0": 4, "+Inf": 5}


def test_each_run_of_a_job_is_counted_and_its_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = [schedule.Ran("test-job", "done", "", 1500.0), schedule.Ran("test-job", "", "ValueError: no", 10.0)]
    monkeypatch.setattr(schedule, "run_due", lambda _: ran)
    assert jobs.run_due(JOBS) == ran
    seconds = "ops_portal_job_duration_seconds"
    assert counted(shared.FOLDER, f"{seconds}_count", name="test-job") == 2
    assert counted(shared.FOLDER, f"{seconds}_sum", name="test-job") == pytest.approx(1.51)
    assert counted(shared.FOLDER, "ops_portal_job_failures_total", name="test-job") == 1


def test_a_full_disk_fails_no_request(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(instruments.REQUESTS, "labels", refuse)
    instruments.note_request("GET", "/test", 200, 0.1)
    assert "could not be counted" in caplog.text


def test_a_folder_that_cannot_be_written_costs_the_counts_and_no_scrape(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: Any, db: None
) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError("belongs to root")

    monkeypatch.setattr(shared, "gate", refuse)
    response = client.get("/api/metrics")
    assert response.status_code == 200
    assert b"ops_portal_database_up 1.0" in response.content
    assert "cannot be read" in caplog.text


def test_what_counts_nothing_leaves_nothing_behind(tmp_path: Path) -> None:
    begin = "import django; django.setup(); from ops_portal.exposition import view"
    made = python(tmp_path, "-c", begin, DJANGO_SETTINGS_MODULE="ops_portal.settings")
    assert made.returncode == 0, made.stderr
    assert not (tmp_path / "metrics").exists()


def test_switched_off_nothing_is_written(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{COUNTER}"],
        cwd=settings.BASE_DIR,
        env=environment(
            tmp_path, DJANGO_SETTINGS_MODULE="ops_portal.settings", PROMETHEUS_METRICS_ENABLED="false"
        ),
        input="",
        capture_output=True,
        text=True,
    )
    assert made.stdout == "counted\n", made.stderr
    assert not (tmp_path / "metrics").exists()


class Server:
    """The portal's web server with two worker processes, on a database that was not migrated."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"),
                *("--port", str(self.port), "--workers", "2", "--blocking-threads", "2"),
                *("--respawn-failed-workers", "--log-level", "warning", "ops_portal.wsgi:application"),
            ],
            cwd=settings.BASE_DIR,
            env=environment(folder),
            stdout=self._log,
            stderr=self._log,
        )
        wait_for(self.answers, 60, "the server answers")

    def answers(self) -> bool:
        try:
            return ask(self.port, "GET", "/api/metrics")[0] == 200
        except OSError:
            return False

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        found = map(int, children.split())
        return [pid for pid in found if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def told(self, name: str, **labels: str) -> float:
        """What a scrape says; of a series that is missing, 0."""
        text = ""
        while not text:
            # A connection that waited at the door of a worker that was killed is reset.
            with suppress(OSError):
                text = ask(self.port, "GET", "/api/metrics")[1].decode()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def stop(self) -> None:
        for process in (*self.workers(), self.process.pid):
            os.kill(process, signal.SIGKILL)
        self.process.wait()
        self._log.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if not Path("/proc/self/task").exists():
        pytest.skip("looks at /proc: Linux only")
    found = Server(tmp_path)
    yield found
    found.stop()


@pytest.mark.faults
def test_sums_are_right_over_two_workers_and_do_not_fall_when_one_is_killed(server: Server) -> None:
    count = f"{REQUESTS}_count"
    pages = {"route": "/feedback/thanks", "method": "GET"}
    flags = {"route": "/ofrep/v1/evaluate/flags/{key}", "method": "GET"}
    assert server.told("ops_portal_database_up") == 0, "the tables are missing"
    # On connections of their own, so that both workers get some.
    for _ in range(20):
        ask(server.port, "GET", "/feedback/thanks")
        ask(server.port, "GET", "/ofrep/v1/evaluate/flags/any")
    assert server.told(count, **pages) == 20
    wait_for(lambda: server.told(count, **flags) == 20, 30, "answers of flags are counted within seconds")
    wait_for(lambda: server.told("ops_portal_processes") == 2, 30, "both workers got some")
    victim = server.workers()[0]
    os.kill(victim, signal.SIGKILL)
    assert server.told(count, **pages) == 20
    wait_for(lambda: victim not in server.workers() and len(server.workers()) == 2, 60, "another worker")
    for _ in range(10):
        ask(server.port, "GET", "/feedback/thanks")
    assert server.told(count, **pages) == 30
    assert server.told(count, **flags) == 20
