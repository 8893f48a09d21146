"""One visitor of a running portal: asks, follows nothing, and times the answers."""

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

# Bytes of an answer that are read: more than the largest that the portal gives without paging.
LONGEST = 32 * 2**20


class NoAnswer(Exception):
    """The portal could not be reached, or did not answer in time; the message says which."""


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes
    milliseconds: float

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body)


@dataclass
class Asker:
    """A connection to one portal. `seen_as` is the origin that people reach it by, where that is another.

    Asked on its own machine, a portal behind a proxy wants to hear the proxy's words: the host it is
    reached by, and that the request came by HTTPS.
    """

    url: str
    seen_as: str = ""
    timeout: float = 10.0
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    @property
    def origin(self) -> str:
        """Where people reach the portal."""
        return self.seen_as or self.url

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request, on the connection that is open where there is one. Raises NoAnswer."""
        sent = {"User-Agent": "ops-portal-smoke", **self._as_the_proxy(), **(headers or {})}
        began = time.perf_counter()
        try:
            try:
                response = self._send(method, path, sent, body)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # The server ended a connection that nobody used for a while.
                self.close()
                response = self._send(method, path, sent, body)
            content = response.read(LONGEST)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NoAnswer(f"{type(error).__name__}: {error}".removesuffix(": ")) from error
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            cookies=tuple(value for name, value in response.getheaders() if name.lower() == "set-cookie"),
            body=content,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
        )

    def close(self) -> None:
        """End the connection."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = self._opened()
        self._connection.request(method, path, body=body, headers=dict(headers))
        return self._connection.getresponse()

    def _opened(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            secure = ssl.create_default_context()
            return http.client.HTTPSConnection(host, parts.port, timeout=self.timeout, context=secure)
        return http.client.HTTPConnection(host, parts.port, timeout=self.timeout)

    def _as_the_proxy(self) -> dict[str, str]:
        if not self.seen_as:
            return {}
        parts = urlsplit(self.seen_as)
        return {"Host": parts.netloc, "X-Forwarded-Proto": parts.scheme}
