"""Runs the whole portal in one terminal: web server, worker and beat. `python -m ops_portal.supervisor`.

Each child leads a process group of its own, and all of them stop together: on Ctrl-C, on SIGTERM, when one of
them dies, and even when this process is killed outright, which the keeper sees to.
"""

import argparse
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ops_portal.keeper import POLL, Keeper, signal_group, stop_groups

BASE_DIR = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
# Seconds until the web server must answer.
START_TIMEOUT = 90.0
PR_SET_PDEATHSIG = 1
# Threads in which the web server runs Python.
BLOCKING_THREADS = 4


class CannotStart(Exception):
    """The portal cannot start; the message is one clear line."""


class Child:
    """One part of the portal, leading a process group of its own."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.process = subprocess.Popen(
            command,
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            # Runs between fork and exec of a process without threads.
            preexec_fn=_die_with_parent(os.getpid()),  # noqa: PLW1509
        )

    @property
    def group(self) -> int:
        return self.process.pid


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop. Exit code 0 after Ctrl-C or SIGTERM, 1 when something failed."""
    options = _options(arguments)
    try:
        file_broker = not settings.REDIS_URL
        port = settings.PORT
        ensure_free(port)
    except (CannotStart, ImproperlyConfigured) as error:
        print(f"The portal cannot start: {error}", file=sys.stderr)
        return 1
    if options.with_parent:
        _die_with_parent(os.getppid())()
    if options.prepare:
        prepared = subprocess.run([sys.executable, "-m", "ops_portal.prepare"], cwd=BASE_DIR, check=False)
        if prepared.returncode:
            return prepared.returncode if prepared.returncode > 0 else 1
    return Supervisor(port, worker_processes=1 if file_broker else 2).run()


class Supervisor:
    """Starts the children, waits, stops them all."""

    def __init__(self, port: int, *, worker_processes: int) -> None:
        self.port = port
        self.commands = commands(port, worker_processes)
        self.children: list[Child] = []
        self.stopping = False

    def run(self) -> int:
        """Return 0 after a signal, 1 after a failure."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self.keeper = Keeper()
        try:
            for name, command in self.commands.items():
                child = Child(name, command)
                self.children.append(child)
                self.keeper.watch(child.group)
            return self._watch()
        finally:
            self._stop()
            self.keeper.dismiss()

    def _watch(self) -> int:
        began = time.monotonic()
        answered = False
        while not self.stopping:
            if dead := self._dead():
                print(f"{dead}: the portal stops.", file=sys.stderr, flush=True)
                return 1
            if not answered and (answered := answers(self.port)):
                print(f"\nThe portal is at http://{HOST}:{self.port}/  (Ctrl-C stops it)\n", flush=True)
            elif not answered and time.monotonic() - began > START_TIMEOUT:
                print(f"The web server did not answer within {START_TIMEOUT:.0f} s.", file=sys.stderr)
                return 1
            time.sleep(POLL)
        return 0

    def _dead(self) -> str:
        for child in self.children:
            if (code := child.process.poll()) is not None:
                how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
                return f"The {child.name} {how}"
        return "" if self.keeper.alive() else "The keeper ended"

    def _stop(self) -> None:
        print("\nStopping …", flush=True)
        stop_groups(
            [child.group for child in self.children],
            gone=lambda: all(child.process.poll() is not None for child in self.children),
        )
        for child in self.children:
            child.process.wait()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            # Asked twice: no more waiting.
            for child in self.children:
                signal_group(child.group, signal.SIGKILL)
        self.stopping = True


def commands(port: int, worker_processes: int) -> dict[str, list[str]]:
    """The parts of the portal by name."""
    celery = [sys.executable, "-m", "celery", "--app", "ops_portal"]
    return {
        "web server": [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
            *("--host", HOST, "--port", str(port), "--workers", "1"),
            *("--blocking-threads", str(BLOCKING_THREADS)),
            *("--log-level", "warning", "--no-access-log"),
            "ops_portal.wsgi:application",
        ],
        "worker": [
            *(*celery, "--quiet", "worker", "--pool", "prefork", "--concurrency", str(worker_processes)),
            *("--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        "beat": [*celery, "--quiet", "beat", "--loglevel", "WARNING", "--pidfile", ""],
    }


def ensure_free(port: int) -> None:
    """Raise CannotStart when something else listens on the port, or this user may not."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the server does: connections of the last run that linger do not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise CannotStart(
                f"port {port} is not permitted to this user; choose another: PORT=8001"
            ) from None
        except OSError:
            raise CannotStart(
                f"port {port} is in use; stop what listens there or choose another: PORT={port % 65535 + 1}"
            ) from None


def answers(port: int) -> bool:
    """Whether an HTTP server answers on the port, with whatever status."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/api/health/status")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ops_portal.supervisor",
        description="Run the web server, a worker and beat together on http://127.0.0.1:$PORT/ (8000).",
    )
    parser.add_argument("--prepare", action="store_true", help="first migrate and set up what is missing")
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="also stop when the process that started it ends (Linux)",
    )
    return parser.parse_args(arguments)


def _die_with_parent(parent: int) -> Callable[[], None]:
    """A function that has the kernel send this process SIGTERM when its parent ends; nothing but on Linux."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return ask


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
