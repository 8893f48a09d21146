"""A receiver on this machine, which answers as a test says and keeps what it was sent."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple


class Request(NamedTuple):
    """One request as it came; the names of the headers are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


Said = str | Iterable[str | bytes]
Answer = Said | Callable[[Request], Said] | None


def answer(status: int, body: str = "", **headers: str) -> str:
    """An answer of HTTP; `retry_after` names the header Retry-After."""
    named = {"Content-Length": str(len(body.encode())), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n{body}"


class Receiver:
    """Answers each request with the next of `answers`, and ever after with the last.

    One answer is a text, parts with a `pause` before each, a function of the request, bytes without end, or
    None: it says nothing.
    """

    def __init__(self, *answers: Answer, pause: float = 0, tls: ssl.SSLContext | None = None) -> None:
        self._answers = list(answers)
        self._pause = pause
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}/hook"
        self.got: list[Request] = []
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            # Or the thread that waits for a caller would go on listening.
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(caller,), daemon=True).start()

    def _talk(self, caller: socket.socket) -> None:
        with suppress(OSError), caller:
            if self._tls:
                caller = self._tls.wrap_socket(caller, server_side=True)
            asked = _read(caller)
            said = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            self.got.append(asked)
            if said is None:
                caller.recv(1)
                return
            if callable(said):
                said = said(asked)
            for part in [said] if isinstance(said, str) else said:
                time.sleep(self._pause)
                caller.sendall(part.encode() if isinstance(part, str) else part)


def _read(caller: socket.socket) -> Request:
    text = b""
    while b"\r\n\r\n" not in text:
        text += _more(caller)
    head, _, body = text.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
    length = int(headers.get("content-length", "0")) if re.match("POST|PUT", line) else 0
    while len(body) < length:
        body += _more(caller)
    return Request(line, headers, body)


def _more(caller: socket.socket) -> bytes:
    found = caller.recv(65_536)
    if not found:
        raise ConnectionError
    return found
