"""Where the portal is: PORT and VAR_DIR of the environment or of `.env`, as `make run` reads them."""

import os
import subprocess
import sys
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent


class Stopped(Exception):
    """The demo cannot begin or go on; the message is one clear line that says what to do."""


def read() -> str:
    """Read `.env`, and return the portal's address."""
    file = BASE_DIR / os.environ.get("ENV_FILE", ".env")
    if file.is_file():
        environ.Env.read_env(file)
    return f"http://127.0.0.1:{os.environ.get('PORT', '').strip() or '8000'}"


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """Run one of the portal's commands, as a person at its shell does. A Ctrl-C does not reach it."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def elsewhere(scenario: str) -> str:
    """How to start a portal that is empty, and the demo on it."""
    place = f"VAR_DIR=var/demo-{scenario} PORT=8001"
    return f"`{place} make run`, and in another terminal `{place} make demo SCENARIO={scenario}`"
