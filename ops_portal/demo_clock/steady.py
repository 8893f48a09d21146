"""Nothing runs while the clock leaps, and the clock does not leap while something runs.

A job's lease, and the time at which it is due again, are told by the clock. If that leapt in the middle of a
job, its lease would be over, and a second process would begin the job beside the first.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops_portal.demo_clock.clock import CLOCK


@contextmanager
def steady() -> Iterator[None]:
    """The clock does not leap in here; many may be at work at once. Nothing where the clock has no file."""
    with _locked(fcntl.LOCK_SH):
        yield


@contextmanager
def still() -> Iterator[None]:
    """Nobody is at work in here, so that the clock may leap. Waits for those who are."""
    with _locked(fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(kind: int) -> Iterator[None]:
    if CLOCK.path is None:
        yield
        return
    with _open(CLOCK.path) as descriptor:
        fcntl.flock(descriptor, kind)
        # Closing it lets go, and so does the end of a process that is killed.
        yield


@contextmanager
def _open(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
