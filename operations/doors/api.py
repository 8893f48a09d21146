"""What every view of the HTTP API shares: keys and scopes, throttles, the error form, idempotency.

Settings name these classes as the defaults of Django REST framework, which imports them while it imports its
own views: this module must not import `rest_framework.views`.
"""

import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle
from rest_framework.utils.encoders import JSONEncoder

from operations import idempotency, keys
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.idempotency import Answer
from operations.models import ApiKey
from operations.spelling import camel

logger = logging.getLogger(__name__)

BROWSERS = "This key is for browsers: it evaluates flags and nothing else."

# Seconds, by the first letter of the period in a rate such as 60/min.
WINDOWS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class FixedWindowThrottle(BaseThrottle):
    """Counts requests in whole windows of time, by one atomic increment in the cache."""

    scope: str

    def __init__(self) -> None:
        count, _, period = str(api_settings.DEFAULT_THROTTLE_RATES[self.scope]).partition("/")
        self.most, self.window = int(count), WINDOWS[period[0]]

    def identity(self, request: Any) -> str | None:
        """Whose requests are counted together; None: not counted."""
        raise NotImplementedError

    def allow_request(self, request: Any, view: Any) -> bool:
        identity = self.identity(request)
        return identity is None or self.count(identity)

    def count(self, identity: str) -> bool:
        """Count one request of `identity`; False when it was one too many in this window.

        A Redis that does not answer must not take the API with it: nothing is counted then.
        """
        key = f"throttle:{self.scope}:{identity}:{int(time.time() // self.window)}"
        try:
            # Kept for twice the window, so that the counter cannot expire between these two lines.
            cache.add(key, 0, 2 * self.window)
            return int(cache.incr(key)) <= self.most
        except (RedisError, ValueError):
            # ValueError: the key was evicted between the two.
            logger.warning("the cache does not answer: requests are not counted", exc_info=True)
            return True

    def wait(self) -> float:
        return self.window - time.time() % self.window


class KeyThrottle(FixedWindowThrottle):
    """The rate "key", for each API key."""

    scope = "key"

    def identity(self, request: Any) -> str | None:
        return str(request.auth.pk) if isinstance(request.auth, ApiKey) else None


class AnonymousThrottle(FixedWindowThrottle):
    """The rate "anonymous", for each address that sends no key, a wrong one, or one without the scope."""

    scope = "anonymous"

    def identity(self, request: Any) -> str | None:
        return None if isinstance(request.auth, ApiKey) else _address(request)

    @classmethod
    def strike(cls, request: Any) -> None:
        """Count a request that is about to be turned away. Raises Throttled for one too many."""
        throttle = cls()
        if not throttle.count(_address(request)):
            raise exceptions.Throttled(throttle.wait())


def _address(request: Any) -> str:
    # Not X-Forwarded-For: anybody can write that one.
    return str(request.META.get("REMOTE_ADDR", ""))


class KeyAuthentication(BaseAuthentication):
    """A server's API key as `Authorization: Bearer KEY` or `X-API-Key: KEY`.

    A browser's is known to everybody and turned away, whatever the view asks for.
    """

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        text = keys.sent(request.headers.get("Authorization"), request.headers.get("X-API-Key"))
        if text is None:
            return None
        key = keys.find(text)
        if key is None:
            AnonymousThrottle.strike(request)
            raise exceptions.AuthenticationFailed("This API key is unknown, expired or revoked.")
        if key.kind == ApiKey.Kind.BROWSER:
            AnonymousThrottle.strike(request)
            raise exceptions.PermissionDenied(BROWSERS)
        keys.last_use.note(key.pk)
        return key, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ops-portal"'


class HasScope(BasePermission):
    """The key has the view's `required_scope`: one for all methods, or a mapping from method to scope."""

    def has_permission(self, request: Request, view: Any) -> bool:
        scope = scope_of(view, request.method or "GET")
        if isinstance(request.auth, ApiKey) and scope in request.auth.scopes:
            return True
        AnonymousThrottle.strike(request)
        if isinstance(request.auth, ApiKey):
            raise exceptions.PermissionDenied(f"This call asks for a key with the scope {scope}.")
        return False


def scope_of(view: Any, method: str) -> str | None:
    """The scope that `view` asks for this method; None for one that it does not have."""
    required: str | Mapping[str, str] = view.required_scope
    if isinstance(required, str):
        return required
    return required.get({"HEAD": "GET", "OPTIONS": "GET"}.get(method, method))


class JsonParser(JSONParser):
    """JSON up to DATA_UPLOAD_MAX_MEMORY_SIZE, which Django REST framework's own parser reads past."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = (parser_context or {}).get("request")
        if request is not None:
            refuse_too_large(request)
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError("The JSON is nested too deeply.") from None


def refuse_too_large(request: Any) -> None:
    """Raise RequestDataTooBig for a body that says it is larger than the limit."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > limit:
        raise RequestDataTooBig


def actor_of(request: Request, grants: frozenset[str], *, on_behalf_of: str = "") -> Actor:
    """The API key behind a request, with the permissions that the view's scope grants.

    `on_behalf_of` is a label for the trail.
    """
    key = request.auth
    if not isinstance(key, ApiKey):
        raise exceptions.NotAuthenticated
    return Actor(door=Door.API, label=key.name, on_behalf_of=on_behalf_of, grants=grants)


def idempotent(request: Request, operation: Callable[[], Answer]) -> Response:
    """Answer with what `operation` returns (status, JSON); with an Idempotency-Key, run it once.

    The key counts per API key and path. Raises what `idempotency.once` raises.
    """
    named = request.headers.get("Idempotency-Key")
    if named is None:
        status, answer = operation()
        return Response(answer, status=status)
    if not isinstance(request.auth, ApiKey):
        raise exceptions.NotAuthenticated
    if not named or not named.isprintable():
        raise Invalid({"Idempotency-Key": "must be printable and not empty"})

    def plain() -> Answer:
        status, answer = operation()
        return status, json.loads(json.dumps(answer, cls=JSONEncoder))

    status, answer = idempotency.once(request.auth, request.path, named, raw_body(request), plain)
    return Response(answer, status=status)


def raw_body(request: Request) -> bytes:
    """The bytes of the body. Call it before `request.data`, which reads them away."""
    django_request: HttpRequest = request._request
    return django_request.body


def whole_number(given: Mapping[str, str], name: str, least: int, most: int, usual: int) -> int:
    """The parameter `name` of a query, `usual` where it is not given. Raises Invalid."""
    text = given.get(name, str(usual))
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise Invalid({name: f"must be a whole number from {least} to {most}"})
    return int(text)


def error_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Every error in the one form `{"error": {"code", "message", "fields"?}}`; None for a defect."""
    headers: dict[str, str] = {}
    if isinstance(error, Refused):
        status, found = _refusal(error)
    elif isinstance(error, exceptions.APIException):
        status, found = error.status_code, _framework(error)
        headers = _headers(error)
    elif isinstance(error, Http404):
        status, found = 404, {"code": "not_found", "message": "There is nothing at this address."}
    elif isinstance(error, PermissionDenied):
        status, found = 403, {"code": "forbidden", "message": "This is not permitted."}
    elif isinstance(error, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        status, found = 413, {"code": "too_large", "message": f"The body is larger than {limit:,} bytes."}
    elif isinstance(error, SuspiciousOperation):
        status, found = 400, {"code": "malformed", "message": "The request cannot be read."}
    elif isinstance(error, OperationalError):
        logger.exception("the database did not answer")
        status, found = 503, {"code": "unavailable", "message": "The database did not answer: try again."}
        headers = {"Retry-After": "1"}
    else:
        return None
    return Response({"error": _sayable(found)}, status=status, headers=headers)


def _sayable(found: Any) -> Any:
    """The same with a question mark for each half of a character, which JSON can send and UTF-8 cannot."""
    if isinstance(found, dict):
        return {_sayable(name): _sayable(value) for name, value in found.items()}
    return found.encode(errors="replace").decode() if isinstance(found, str) else found


def _refusal(error: Refused) -> tuple[int, dict[str, Any]]:
    found: dict[str, Any] = {"code": error.code, "message": error.message}
    if isinstance(error, Invalid):
        fields = {camel(name): rule for name, rule in error.fields.items()}
        message = "; ".join(f"{name}: {rule}" for name, rule in fields.items())
        return 400, {**found, "message": message, "fields": fields}
    if isinstance(error, Forbidden):
        return 403, found
    return (404, found) if isinstance(error, NotFound) else (409, found)


def _framework(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = dict(_flat(error.detail))
        message = "; ".join(f"{name}: {rule}" if name else rule for name, rule in fields.items())
        return {
            "code": "invalid",
            "message": message,
            "fields": {name or "body": rule for name, rule in fields.items()},
        }
    code = "malformed" if isinstance(error, exceptions.ParseError) else error.default_code
    return {"code": code, "message": str(error.detail)}


def _flat(detail: Any, path: str = "") -> list[tuple[str, str]]:
    """The nested errors of a serializer as (dotted path, message), the first message of each field."""
    if isinstance(detail, Mapping):
        return [
            pair
            for name, inner in detail.items()
            for pair in _flat(inner, path if name == "non_field_errors" else f"{path}.{name}".lstrip("."))
        ]
    if isinstance(detail, list):
        if any(isinstance(inner, Mapping | list) for inner in detail):
            return [
                pair
                for index, inner in enumerate(detail)
                for pair in _flat(inner, f"{path}.{index}".lstrip("."))
            ]
        return [(path, str(detail[0]))] if detail else []
    return [(path, str(detail))]


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if authenticate := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = authenticate
    if isinstance(error, exceptions.Throttled):
        # Whole seconds and never a date: a client of ours crashes on one.
        headers["Retry-After"] = str(max(1, math.ceil(getattr(error, "wait", None) or 1)))
    return headers
