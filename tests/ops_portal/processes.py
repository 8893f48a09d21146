"""Real processes for the tests: an environment of their own, and who is left in their groups."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE")


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """What a fresh machine has, no `.env`, and everything the portal writes in `folder`."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "ENV_FILE": "", "VAR_DIR": str(folder), "PYTHONUNBUFFERED": "1", **variables}


def python(
    folder: Path, *arguments: str, timeout: float = 60, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run Python in the project with this environment and wait for its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def with_marker(marker: str) -> dict[int, str]:
    """Command lines of living processes whose environment contains `marker`, by process id (Linux)."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if marker.encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return {process: line for process, line in found.items() if line}


def wait_for(condition: Callable[[], object], timeout: float, what: str) -> None:
    """Wait until `condition` holds; fail with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.05)
