"""One query to a Prometheus server, over the HTTP API that its kin share (Thanos, Mimir, VictoriaMetrics)."""

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from monitoring import exchange
from monitoring.exchange import quoted
from monitoring.sources.base import SourceFailed

WHOLE_SECONDS = 20.0
LONGEST_ANSWER = 64 * 2**20


class Row(NamedTuple):
    """One series of an answer: its labels, and its value."""

    labels: Mapping[str, str]
    value: float


class Server:
    """A server at a URL, which may hold a path prefix and a user with password."""

    def __init__(
        self, url: str, *, whole_seconds: float = WHOLE_SECONDS, longest_answer: int = LONGEST_ANSWER
    ) -> None:
        self.url = url
        self.whole_seconds = whole_seconds
        self._server = exchange.Server(
            "Prometheus", url, whole_seconds=whole_seconds, longest_answer=longest_answer
        )

    def query(self, promql: str, at: datetime) -> list[Row]:
        """What a PromQL query says at a moment. Raises SourceFailed unless all of it came and can be read."""
        if not self.url:
            raise SourceFailed("PROMETHEUS_URL is not set.")
        form = {"query": promql, "time": f"{at.timestamp():.3f}", "timeout": f"{self.whole_seconds:g}s"}
        try:
            answer = self._server.post("/api/v1/query", urlencode(form), "application/x-www-form-urlencoded")
        except exchange.NoAnswer as error:
            raise SourceFailed(str(error)) from None
        return _rows(_document(answer.status, answer.content))

    def single(self, promql: str, at: datetime) -> float | None:
        """The value of a query that has one; None where there was nothing to make it of."""
        rows = self.query(promql, at)
        return rows[0].value if rows else None


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
        raise SourceFailed(f"Prometheus refused the query: {quoted(document.get('error'))}")
    if status != 200:
        raise SourceFailed(f"Prometheus answered {status}.")
    if document.get("status") != "success" or not isinstance(document.get("data"), dict):
        raise SourceFailed("What answered at PROMETHEUS_URL is not Prometheus' API.")
    if warnings := document.get("warnings"):
        first = warnings[0] if isinstance(warnings, list) else warnings
        raise SourceFailed(f"Prometheus answered in part only: {quoted(first)}")
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
            raise SourceFailed(f"Prometheus answered {row.value} for {quoted(dict(row.labels))}.")
    return rows
