"""Stopping process groups, and the process that does it when the supervisor was killed outright.

The keeper waits at a pipe that only the supervisor holds open; when the pipe closes without a word, it stops
the groups.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

# Seconds: for a group to end by itself; between two looks.
STOP_TIMEOUT = 15.0
POLL = 0.1


class Keeper:
    """A process that outlives a killed supervisor just long enough to stop what it left behind."""

    def __init__(self) -> None:
        reading, self._pipe = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._pipe)
            _keep(reading)
        os.close(reading)

    def watch(self, group: int) -> None:
        """Add one process group."""
        os.write(self._pipe, f"{group}\n".encode())

    def alive(self) -> bool:
        """Whether the keeper still runs."""
        return bool(self._pid) and os.waitpid(self._pid, os.WNOHANG) == (0, 0)

    def dismiss(self) -> None:
        """Everything was stopped in order: there is nothing left to keep."""
        with suppress(BrokenPipeError):
            os.write(self._pipe, b"done\n")
        os.close(self._pipe)
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _keep(reading: int) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with os.fdopen(reading) as pipe:
        lines = pipe.read().split()
    if "done" not in lines:
        groups = [int(line) for line in lines]
        stop_groups(groups, gone=lambda: not any(_exists(group) for group in groups))
    os._exit(0)


def stop_groups(groups: Iterable[int], *, gone: Callable[[], bool]) -> None:
    """Ask each group's leader to end, wait until `gone` (15 s at most), then kill what is left of them."""
    groups = list(groups)
    for group in groups:
        # The leader only: its own children are its business, and some would drop their work at once.
        with suppress(ProcessLookupError):
            os.kill(group, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    while not gone() and time.monotonic() < deadline:
        time.sleep(POLL)
    for group in groups:
        signal_group(group, signal.SIGKILL)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def signal_group(group: int, number: signal.Signals) -> None:
    """Signal every process of a group, if there is one."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
