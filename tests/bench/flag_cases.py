"""What the server must answer, worked out beside it: so that a benchmark never measures a wrong answer."""

import hashlib
import socket
import time
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import orjson

from rollout import answers, facts
from rollout.models import Flag
from rollout.ofrep.access import Access, Rate
from rollout.ofrep.door import FLAG, FLAGS, Door
from rollout.serving.follower import Follower
from tests.bench import flag_world
from tests.bench.flag_world import workspace
from tests.bench.load import RATE, WORKSPACES, Case, ask

# Workspaces whose answers over HTTP are compared one by one with what the database's rows explain.
SAMPLE = 50


class Compared(NamedTuple):
    """One case as the portal answers it, and as those do that send as many bytes."""

    name: str
    portal: Case
    django: Case
    bare: Case


def cases(port: int, key: str, folder: Path) -> list[Compared]:
    """Bulk, bulk asked with a context that was never heard before, single, and 304.

    Writes the ETag of each workspace's flags into `folder`.
    """
    door = Door(_still(), Access(Rate(RATE), Rate(RATE)), flag_world.nothing)
    bulk = [ask_door(door, key, FLAGS, question(workspace(number))) for number in range(WORKSPACES)]
    etags = folder / "etags"
    etags.write_text("\n".join(f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"' for body in bulk))
    paths = [f"{FLAG}{flag}" for flag in Flag.objects.values_list("key", flat=True)]
    bulk_lengths = [len(body) for body in bulk]
    some = range(0, WORKSPACES, 500)
    single = [ask_door(door, key, path, question(workspace(number))) for path in paths for number in some]
    single_lengths = [len(body) for body in single]
    known = f"If-None-Match: {etags.read_text().partition(chr(10))[0]}\r\n"
    size = round(mean(bulk_lengths))
    return [
        _compared(port, key, "bulk", Case([FLAGS], 200, {*bulk_lengths}), size),
        _compared(port, key, "bulk, fresh", Case([FLAGS], 200, {*bulk_lengths}, fresh=True), size),
        _compared(port, key, "single", Case(paths, 200, {*single_lengths}), round(mean(single_lengths))),
        _compared(port, key, "304", Case([FLAGS], 304, {0}, etags), 0, known),
    ]


def check_answers(port: int, key: str) -> None:
    """Compare what the server answers for some workspaces with what the rows of the database explain."""
    states = {flag: facts.state_for_answers(flag.module) for flag in Flag.objects.select_related("module")}
    for number in range(0, WORKSPACES, WORKSPACES // SAMPLE):
        unit = workspace(number)
        status, body = ask(port, "POST", FLAGS, question(unit), {"Authorization": f"Bearer {key}"})
        assert status == 200, (status, body)
        told = {
            found["key"]: (found.get("value"), found["variant"], found["reason"])
            for found in orjson.loads(body)["flags"]
        }
        for flag, state in states.items():
            expected = answers.of_flag(flag, state, unit)
            assert told[flag.key] == (expected.value, expected.variant, expected.reason), (flag, unit)


def _still() -> Follower:
    """A follower that read everything once and follows nothing."""
    follower = Follower(WORKSPACES)
    follower.start(follow=False)
    follower.workspaces.fill(time.monotonic() + 600)
    assert len(follower.workspaces) == WORKSPACES
    return follower


def ask_door(door: Door, key: str, path: str, question: bytes) -> bytes:
    """The body of an answer of a door without a server."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "CONTENT_LENGTH": str(len(question)),
        "wsgi.input": _Input(question),
    }
    statuses = []
    found = b"".join(door(environ, lambda status, headers: statuses.append(status)))
    assert statuses == ["200 OK"], (statuses, found)
    return found


class _Input:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        return self._body


def _compared(port: int, key: str, name: str, portal: Case, size: int, headers: str = "") -> Compared:
    """The case beside peers whose answers have as many bytes, headers included, where it has a body."""
    headers = f"Authorization: Bearer {key}\r\n{headers}"
    head = _head(port, portal.paths[0], headers)
    peers = []
    for peer in ("django", "bare"):
        more = head - _head(port, f"/{peer}/{portal.status}/{size}", headers) if size else 0
        peers.append(Case([f"/{peer}/{portal.status}/{size + more}"], portal.status, {size + more}))
    return Compared(name, portal, *peers)


def _head(port: int, path: str, headers: str) -> int:
    """The length of a response until its body."""
    body = question(workspace(0))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        found = b""
        while b"\r\n\r\n" not in found:
            found += connection.recv(65_536) or b"\r\n\r\n"
    return found.index(b"\r\n\r\n") + 4


def question(unit: str) -> bytes:
    """The body of a request, in memory of its own size, as servers hand it on."""
    return b'{"context":{"targetingKey":"%s"}}' % unit.encode()
