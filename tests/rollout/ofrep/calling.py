"""The product as it asks for flags: through the door, with a server in between or without."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

from django.db import connection

from operations import keys
from rollout.ofrep.access import Access, Rate
from rollout.ofrep.door import Application, Door
from rollout.serving.follower import Follower
from tests.builders import ROOT

FLAGS = "/ofrep/v1/evaluate/flags"
MODULES = "/api/feature-flags/"
PAGES = "https://app.example.org"


@dataclass(frozen=True)
class Heard:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


def nothing_beside(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Stands where Django does."""
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("X-Beside", "yes")])
    return [b"beside"]


class Product:
    """Asks a door that looks only when it is told to, as `Product.look` does."""

    def __init__(
        self,
        key: str = "",
        *,
        most: int = 1_000,
        rate: str = "1000000/min",
        anonymous: str = "1000/min",
        beside: Application = nothing_beside,
    ) -> None:
        self.key = key
        self.follower = Follower(most)
        self.door = Door(self.follower, Access(Rate(rate), Rate(anonymous)), beside)
        # Complains about whatever a server may not be sent.
        self._application = validator(self.door)
        self.follower.start(follow=False)

    def look(self) -> None:
        """What the thread does several times a second."""
        self.follower.look()

    def call(self, method: str, path: str, body: Any = b"", **headers: Any) -> Heard:
        """One request; `headers` are spelled as the environment has them, such as HTTP_ORIGIN."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return asked(self._application, method, path, sent, **self._headers(headers))

    def flag(self, key: str, body: Any = None, **context: Any) -> Heard:
        """One flag for a context, or for this body."""
        return self.call("POST", f"{FLAGS}/{key}", {"context": context} if body is None else body)

    def all(self, known: str = "", **context: Any) -> Heard:
        """All flags for a context; `known` is the ETag of an earlier answer."""
        headers = {"HTTP_IF_NONE_MATCH": known} if known else {}
        return self.call("POST", FLAGS, {"context": context}, **headers)

    def answers(self, **context: Any) -> dict[str, dict[str, Any]]:
        """All answers by flag."""
        return {answer["key"]: answer for answer in self.all(**context).document["flags"]}

    def on(self, key: str, **context: Any) -> bool:
        """Whether a boolean flag is on."""
        found = self.flag(key, **context).document["value"]
        assert isinstance(found, bool)
        return found

    def reason(self, key: str, **context: Any) -> str:
        return str(self.flag(key, **context).document["reason"])

    def module(self, key: str, **headers: str) -> Heard:
        """A module's flags; `headers` as for `call`."""
        return self.call("GET", MODULES + key, **headers)

    def _headers(self, headers: dict[str, Any]) -> dict[str, Any]:
        return {"HTTP_AUTHORIZATION": f"Bearer {self.key}", **headers} if self.key else headers


def environment(method: str, path: str, body: bytes, **more: Any) -> dict[str, Any]:
    """A request as a WSGI server hands it over."""
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIOAsErrors(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }


class BytesIOAsErrors:
    """Where servers write errors; nothing here does."""

    def write(self, text: str) -> None:
        raise AssertionError(text)

    def writelines(self, lines: list[str]) -> None:
        raise AssertionError(lines)

    def flush(self) -> None:
        pass


def asked(application: Any, method: str, path: str, body: bytes = b"", **more: Any) -> Heard:
    """What a WSGI application answers."""
    found: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        found.extend([int(status.split(maxsplit=1)[0]), dict(headers)])

    answer = application(environment(method, path, body, **more), start_response)
    try:
        sent = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    return Heard(found[0], found[1], sent)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base
        pass


@contextmanager
def served(application: Any) -> Iterator[str]:
    """The address of a real server on this machine that answers by `application`, in a thread."""
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)

    def serve() -> None:
        server.serve_forever(poll_interval=0.01)
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def a_browser_key(*modules: str, name: str = "pages", origins: tuple[str, ...] = (PAGES,)) -> str:
    """The text of a new key for pages of these origins."""
    return keys.create(
        name, ["evaluate"], kind="browser", modules=modules, origins=list(origins), actor=ROOT
    )[1]
