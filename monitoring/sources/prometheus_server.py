"""One query to a Prometheus server, over the HTTP API that its kin share (Thanos, Mimir, VictoriaMetrics)."""

import math
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode, urlsplit

import orjson

from monitoring.sources.base import SourceFailed

CONNECT_SECONDS = 3.0
WHOLE_SECONDS = 20.0
LONGEST_ANSWER = 64 * 2**20
LONGEST_MESSAGE = 300


class Row(NamedTuple):
    """One series of an answer: its labels, and its value."""

    labels: Mapping[str, str]
    value: float


class Server:
    """A server at a URL, which may hold a path prefix and a user with password.

    Asks it directly: no proxy of the environment, no redirect. No message names the user or the password.
    """

    def __init__(
        self, url: str, *, whole_seconds: float = WHOLE_SECONDS, longest_answer: int = LONGEST_ANSWER
    ) -> None:
        self.url = url
        self.whole_seconds = whole_seconds
        self.longest_answer = longest_answer

    def query(self, promql: str, at: datetime) -> list[Row]:
        """What a PromQL query says at a moment. Raises SourceFailed unless all of it came and can be read."""
        if not self.url:
            raise SourceFailed("PROMETHEUS_URL is not set.")
        form = {"query": promql, "time": f"{at.timestamp():.3f}", "timeout": f"{self.whole_seconds:g}s"}
        status, content = self._exchange(urlencode(form))
        return _rows(_document(status, content))

    def single(self, promql: str, at: datetime) -> float | None:
        """The value of a query that has one; None where there was nothing to make it of."""
        rows = self.query(promql, at)
        return rows[0].value if rows else None

    def _exchange(self, form: str) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        late = threading.Event()
        try:
            connection = _connection(parts.scheme, parts.hostname or "", parts.port)
            with _Cut(connection, self.whole_seconds, late):
                connection.request("POST", f"{parts.path.rstrip('/')}/api/v1/query", form, headers)
                answer = connection.getresponse()
                content = answer.read(self.longest_answer + 1)
        except (OSError, HTTPException, ValueError) as error:
            raise SourceFailed(self._why(error, late)) from None
        if late.is_set():
            raise SourceFailed(self._why(TimeoutError(), late))
        if len(content) > self.longest_answer:
            raise SourceFailed(f"Prometheus' answer is longer than {self.longest_answer:,} bytes.")
        return answer.status, content

    def _why(self, error: Exception, late: threading.Event) -> str:
        if late.is_set():
            return f"Prometheus did not answer within {self.whole_seconds:g} seconds."
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"Prometheus' certificate is not trusted: {error.verify_message.rstrip('.')}."
        if isinstance(error, TimeoutError):
            return f"No connection to Prometheus within {CONNECT_SECONDS:g} seconds."
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return f"Prometheus cannot be reached: {reason}."


class _Cut:
    """Connects, and cuts the connection when the whole exchange takes too long.

    A socket's own timeout is for each read, and a server that sends a byte now and then would never end.
    """

    def __init__(self, connection: HTTPConnection, seconds: float, late: threading.Event) -> None:
        self._connection = connection
        self._late = late
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()
        try:
            self._connection.connect()
        except BaseException:
            self.__exit__()
            raise
        self._socket = self._connection.sock
        self._socket.settimeout(self._seconds)

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._connection.close()

    def _cut(self) -> None:
        self._late.set()
        if self._socket is not None:
            with suppress(OSError):
                # Not an SSL socket's own shutdown: that changes the object under the reader's hands.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _connection(scheme: str, host: str, port: int | None) -> HTTPConnection:
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=ssl.create_default_context())
    return HTTPConnection(host, port, timeout=CONNECT_SECONDS)


def _document(status: int, content: bytes) -> dict[str, Any]:
    """The answer's data, where it is a whole and good one."""
    document: Any = None
    with suppress(orjson.JSONDecodeError):
        document = orjson.loads(content)
    if not isinstance(document, dict):
        document = {}
    if status in {401, 403}:
        raise SourceFailed(f"Prometheus answered {status}: check the user and password in PROMETHEUS_URL.")
    if 300 <= status < 400:
        raise SourceFailed(f"Prometheus answered {status}, a redirect: PROMETHEUS_URL must name its end.")
    if document.get("status") == "error":
        raise SourceFailed(f"Prometheus refused the query: {_quoted(document.get('error'))}")
    if status != 200:
        raise SourceFailed(f"Prometheus answered {status}.")
    if document.get("status") != "success" or not isinstance(document.get("data"), dict):
        raise SourceFailed("What answered at PROMETHEUS_URL is not Prometheus' API.")
    if warnings := document.get("warnings"):
        first = warnings[0] if isinstance(warnings, list) else warnings
        raise SourceFailed(f"Prometheus answered in part only: {_quoted(first)}")
    found: dict[str, Any] = document["data"]
    return found


def _rows(data: dict[str, Any]) -> list[Row]:
    if data.get("resultType") != "vector":
        raise SourceFailed("The query is not one for current values of series.")
    try:
        rows = [Row(each["metric"], float(each["value"][1])) for each in data["result"]]
    except (KeyError, IndexError, TypeError, ValueError):
        raise SourceFailed("Prometheus' answer cannot be read.") from None
    for row in rows:
        if not isinstance(row.labels, dict) or not all(isinstance(each, str) for each in row.labels.values()):
            raise SourceFailed("Prometheus' answer cannot be read.")
        if not math.isfinite(row.value) or row.value < 0:
            raise SourceFailed(f"Prometheus answered {row.value} for {_quoted(dict(row.labels))}.")
    return rows


def _quoted(found: object) -> str:
    text = "".join(each if each.isprintable() else " " for each in str(found or "no reason given"))
    return text[:LONGEST_MESSAGE]
