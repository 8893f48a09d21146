"""One request to a server of the operator's own, such as Prometheus, and its whole answer in bounded time.

Its address is a setting and may be private. Asked directly: no proxy of the environment, no redirect.
"""

import ssl
from base64 import b64encode
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from operations.outgoing.deadline import Deadline

CONNECT_SECONDS = 3.0
LONGEST_MESSAGE = 300


class NoAnswer(Exception):
    """The server did not answer, or not in time, or without an end. No message names the user or password."""


class Answer(NamedTuple):
    status: int
    content: bytes


class Server:
    """A server at a URL, which may hold a path and a user with password. `name` is for the messages."""

    def __init__(self, name: str, url: str, *, whole_seconds: float, longest_answer: int) -> None:
        self.name = name
        self.url = url
        self.whole_seconds = whole_seconds
        self.longest_answer = longest_answer

    def post(self, path: str, body: str | bytes, media_type: str) -> Answer:
        """The answer to a POST below the URL's path, whatever its status. Raises NoAnswer."""
        parts = urlsplit(self.url)
        headers = {"Content-Type": media_type, "Accept": "application/json"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        with Deadline(self.whole_seconds) as deadline:
            try:
                with closing(_connection(parts.scheme, parts.hostname or "", parts.port)) as connection:
                    connection.connect()
                    deadline.watch(connection.sock)
                    connection.sock.settimeout(self.whole_seconds)
                    connection.request("POST", parts.path.rstrip("/") + path, body, headers)
                    answer = connection.getresponse()
                    content = answer.read(self.longest_answer + 1)
            except (OSError, HTTPException, ValueError) as error:
                raise NoAnswer(self._why(error, deadline)) from None
            if not deadline.has_time():
                raise NoAnswer(self._why(TimeoutError(), deadline))
        if len(content) > self.longest_answer:
            raise NoAnswer(f"{self._its} answer is longer than {self.longest_answer:,} bytes.")
        return Answer(answer.status, content)

    @property
    def _its(self) -> str:
        return f"{self.name}'" if self.name.endswith("s") else f"{self.name}'s"

    def _why(self, error: Exception, deadline: Deadline) -> str:
        if not deadline.has_time():
            return f"{self.name} did not answer within {self.whole_seconds:g} seconds."
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"{self._its} certificate is not trusted: {error.verify_message.rstrip('.')}."
        if isinstance(error, TimeoutError):
            return f"No connection to {self.name} within {CONNECT_SECONDS:g} seconds."
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return f"{self.name} cannot be reached: {reason}."


def quoted(found: object) -> str:
    """What a server said, as one printable line of bounded length."""
    text = "".join(each if each.isprintable() else " " for each in str(found or "no reason given"))
    return text[:LONGEST_MESSAGE]


def _connection(scheme: str, host: str, port: int | None) -> HTTPConnection:
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=ssl.create_default_context())
    return HTTPConnection(host, port, timeout=CONNECT_SECONDS)
