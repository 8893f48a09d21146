"""A server on one core and wrk on the other."""

import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

WORKSPACES = 100_000
CONNECTIONS = 32
SERVER_CORE, LOAD_CORE = "0", "1"
# A benchmark asks more often than the default allows one key.
RATE = "100000000/min"
SCRIPT = Path(__file__).with_name("wrk.lua")
START_TIMEOUT = 120.0
# The process ids of the servers that run, by their ports.
_SERVERS: dict[int, int] = {}


class Measured(NamedTuple):
    """One run: requests a second, how long answers took in ms, and the server's CPU time for each in µs."""

    rate: float
    p50: float
    p95: float
    p99: float
    cpu: float


class Case(NamedTuple):
    """What is asked, and what every answer must be: its status, and one of some lengths of the body.

    `etags`: a file of the ETag that each workspace has. `fresh`: no two questions are the same.
    """

    paths: Sequence[str]
    status: int
    lengths: Collection[int]
    etags: Path | None = None
    fresh: bool = False


def need_tools() -> None:
    """Exit with a clear line where wrk or taskset is missing, or there is but one core."""
    for tool in ("wrk", "taskset"):
        if shutil.which(tool) is None:
            sys.exit(f"This benchmark needs {tool} (Debian, Ubuntu: apt-get install wrk util-linux).")
    if (os.cpu_count() or 1) < 2:
        sys.exit("This benchmark needs two cores, one for the server and one for the load.")


@contextmanager
def server(
    application: str, *, threads: int, core: str | None = SERVER_CORE, env: Mapping[str, str] | None = None
) -> Iterator[int]:
    """The port of a granian server with one worker process, pinned to a core unless that is None."""
    port = free_port()
    pinned = ["taskset", "-c", core] if core is not None else []
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"]
    options = ["--port", str(port), "--workers", "1", "--blocking-threads", str(threads)]
    quiet = ["--log-level", "warning", "--no-access-log"]
    settings = {**os.environ, "EVALUATION_RATE": RATE, **(env or {})}
    process = subprocess.Popen([*pinned, *granian, *options, *quiet, application], env=settings)
    _SERVERS[port] = process.pid
    try:
        yield port
    finally:
        del _SERVERS[port]
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_warm(port: int, workspaces: int = WORKSPACES) -> float:
    """Wait until a `flags_server` remembers all workspaces; the seconds from its first answer until then."""
    limit = time.monotonic() + START_TIMEOUT
    answered = 0.0
    while time.monotonic() < limit:
        try:
            known = int(ask(port, "GET", "/known")[1])
        except (OSError, ValueError):
            # Not there yet, or not ready.
            known = -1
        if known >= 0 and not answered:
            answered = time.monotonic()
        if known >= workspaces:
            return time.monotonic() - answered
        time.sleep(0.1)
    sys.exit(f"The server did not remember all workspaces within {START_TIMEOUT:.0f} s.")


def ask(
    port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """The status and the body of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def run(port: int, case: Case, key: str, seconds: float) -> Measured:
    """Ask for some seconds. Exits where any answer has another status or length than the case says."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as paths:
        paths.write("\n".join(case.paths))
        paths.flush()
        env = {
            **os.environ,
            "PATHS": paths.name,
            "HEADERS": f"Authorization: Bearer {key}\r\n",
            "STATUS": str(case.status),
            "LENGTHS": "," + "".join(f"{length}," for length in case.lengths),
            "WORKSPACES": str(WORKSPACES),
            "SEED": str(random.randrange(1 << 30)),
            **({"ETAGS": str(case.etags)} if case.etags else {}),
            **({"FRESH": "1"} if case.fresh else {}),
        }
        command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s"]
        before = _cpu(port)
        said = subprocess.run(
            [*command, "-s", str(SCRIPT), f"http://127.0.0.1:{port}"], env=env, capture_output=True, text=True
        )
        spent = _cpu(port) - before
    results = [line for line in said.stdout.splitlines() if line.startswith("RESULT")]
    if said.returncode or not results:
        sys.exit(f"wrk failed: {said.stdout}{said.stderr}")
    good, bad, strange, errors, lasted, p50, p95, p99, _ = map(int, results[0].split()[1:])
    if bad or strange or errors or not good:
        sys.exit(
            f"{case.paths[0]}: {good} answers as expected, {bad} with another status than {case.status}, "
            f"{strange} with another body, {errors} connections failed: nothing was measured."
        )
    return Measured(good / (lasted / 1e6), p50 / 1e3, p95 / 1e3, p99 / 1e3, spent * 1e6 / good)


def _cpu(port: int) -> float:
    """The seconds of CPU time that a server and its worker process have had."""
    main = _SERVERS[port]
    children = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii").split()
    ticks = 0
    for pid in (str(main), *children):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
