"""What is sent: statuses, headers, and errors in the form that each route's clients read."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

Header = tuple[str, str]

STATUS = {
    200: "200 OK",
    204: "204 No Content",
    304: "304 Not Modified",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}
# The error codes of OpenFeature that its clients understand.
PARSE_ERROR, INVALID_CONTEXT, FLAG_NOT_FOUND, GENERAL = (
    "PARSE_ERROR",
    "INVALID_CONTEXT",
    "FLAG_NOT_FOUND",
    "GENERAL",
)
# What each is called in the API's own form of errors.
API_CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    429: "throttled",
    500: "error",
    503: "unavailable",
}
UNCHANGED: tuple[Header, ...] = (("Cache-Control", "private, no-cache"),)
JSON: tuple[Header, ...] = (
    ("Content-Type", "application/json"),
    ("X-Content-Type-Options", "nosniff"),
    *UNCHANGED,
)


class Reply(NamedTuple):
    """A whole answer; `headers` name the length of a body, where the status has one."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()


class Turned(Exception):
    """A request that is turned away, with what its sender is told; `fields` are faults by name."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str = GENERAL,
        *,
        headers: Sequence[Header] = (),
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.headers, self.fields = tuple(headers), fields


def with_metadata(body: bytes, metadata: bytes) -> bytes:
    """A JSON object with one more entry, `metadata`, which is JSON as well."""
    return body[:-1] + b',"metadata":' + metadata + b"}"


def json_reply(body: bytes, *headers: Header, status: int = 200) -> Reply:
    return Reply(status, body, (*JSON, *headers, ("Content-Length", str(len(body)))))


def ofrep_error(found: Turned, key: str | None) -> Reply:
    """An error as OFREP has it. A web client reads one without `key` as no error of a flag."""
    told: dict[str, Any] = {"errorCode": found.code, "errorDetails": found.message}
    if key is not None:
        told["key"] = key
    return json_reply(orjson.dumps(told), *found.headers, status=found.status)


def api_error(found: Turned, _: str | None) -> Reply:
    """An error as the rest of the API has it."""
    told: dict[str, Any] = {"code": API_CODES[found.status], "message": found.message}
    if found.fields:
        told["fields"] = found.fields
    return json_reply(orjson.dumps({"error": told}), *found.headers, status=found.status)
