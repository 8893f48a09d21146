"""A process that forks deliverers: `python -m tests.faults.deliverer`, told by lines of JSON.

It loads Django once, so that each deliverer begins within milliseconds, with connections of its own.
"""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

LEASE = timedelta(seconds=1)


class Deliverers:
    """The tests' side: fills the outbox, and starts one deliverer after the other on a database."""

    def __init__(self, url: str) -> None:
        environ = {**os.environ, "DATABASE_URL": url, "OUTGOING_ALLOWED_NETWORKS": "127.0.0.0/8"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.deliverer"],
            env=environ,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def fill(self, receiver: str, count: int) -> list[str]:
        """Put so many messages for a receiver into the outbox; their ids."""
        self._tell({"do": "fill", "receiver": receiver, "count": count})
        found: list[str] = self._hear()
        return found

    def begin(self, *, dies: bool) -> int:
        """Start a deliverer, which waits for `go`, and may kill itself before it marks its first message."""
        self._tell({"do": "deliver", "dies": dies})
        found: int = self._hear()
        return found

    def go(self) -> bool:
        """Let it deliver, until it ends; whether it was killed."""
        self._tell({"do": "go"})
        return bool(self._hear())

    def states(self) -> dict[str, int]:
        """How many messages are in which state."""
        self._tell({"do": "states"})
        found: dict[str, int] = self._hear()
        return found

    def _tell(self, told: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(told)}\n")
        self._process.stdin.flush()

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def _say(said: Any) -> None:
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()


def _fill(receiver: str, count: int) -> list[str]:
    from django.core.management import call_command

    from operations import channels
    from tests.builders import ROOT

    call_command("migrate", verbosity=0)
    channel = channels.add(actor=ROOT, name=receiver, kind="webhook", address=receiver).channel
    test = channels.Note(subject="S", text="T", event="channel.test", data={})
    return [str(channels.send(channel, test).pk) for _ in range(count)]


def _states() -> dict[str, int]:
    from collections import Counter

    from operations.models import OutboxMessage

    return Counter(each.state for each in OutboxMessage.objects.filter(kind="channel"))


def _deliver(*, dies: bool) -> None:
    from operations import channels, outbox
    from operations.models import OutboxMessage

    def deliver(message: OutboxMessage) -> None:
        channels.deliver(message)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)

    outbox.deliver_due({channels.KIND: deliver}, lease=LEASE)


def _fork(*, dies: bool) -> bool:
    """Deliver in a child; whether it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)
        _deliver(dies=dies)
        os._exit(0)
    _say(child)
    sys.stdin.readline()
    os.write(writing, b"!")
    for end in (reading, writing):
        os.close(end)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _serve() -> None:
    from django.db import connections

    while line := sys.stdin.readline():
        told = json.loads(line)
        match told["do"]:
            case "fill":
                _say(_fill(told["receiver"], told["count"]))
            case "states":
                _say(_states())
            case "deliver":
                _say(_fork(dies=told["dies"]))
        # A child must inherit none.
        connections.close_all()


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_portal.settings")
    django.setup()
    _serve()
