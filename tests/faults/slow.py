"""Makes health checks slow, and lets a test say which hour it is. Loaded by `slow_settings`.

The environment says how: SLOW_FOLDER, where the test writes the newest slot and a check says how far it is;
SLOW_SECONDS, how long each part of a check takes; SLOW_TICK and SLOW_LEASE, in seconds, where they are not to
be those of the portal.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import AppConfig

FOLDER = Path(os.environ.get("SLOW_FOLDER", "."))
SECONDS = float(os.environ.get("SLOW_SECONDS", "0"))
TICK = float(os.environ.get("SLOW_TICK", "0"))
LEASE = float(os.environ.get("SLOW_LEASE", "0"))


class Slow(AppConfig):
    name = "tests.faults.slow"
    label = "slow"

    def ready(self) -> None:
        from ops_portal import celery, schedule

        slots: Any = import_module("monitoring.slots")
        health: Any = import_module("monitoring.health")
        gates: Any = import_module("rollout.gates")
        slots.newest = lambda now: datetime.fromisoformat((FOLDER / "slot").read_text())
        health.examine = _slowly("reading", health.examine)
        gates.record_verdict = _slowly("writing", gates.record_verdict)
        health.check_due = _saying_when_done(health.check_due)
        if TICK:
            tick: Any = celery.app.conf.beat_schedule["tick"]
            tick["schedule"] = TICK
        if LEASE:
            for job in schedule.JOBS:
                # Frozen for everybody else.
                object.__setattr__(job, "lease", timedelta(seconds=LEASE))


def _slowly(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, and some time within the same transaction."""

    def call(*arguments: Any, **named: Any) -> Any:
        _at(part)
        found = function(*arguments, **named)
        time.sleep(SECONDS)
        return found

    return call


def _saying_when_done(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, and some time before the job is settled."""

    def call(*arguments: Any, **named: Any) -> Any:
        found = function(*arguments, **named)
        if _mark().exists():
            _at("settling")
            time.sleep(SECONDS)
            _mark().unlink()
        return found

    return call


def _at(part: str) -> None:
    _mark().write_text(part)


def _mark() -> Path:
    return FOLDER / f"at-{os.getpid()}"
