"""What the pages for people without a login share: their headers, their limits, and the check of forms."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render

from operations.doors.api import FixedWindowThrottle

# Not "no-referrer": browsers send a form of such a page without its origin, and Django takes it for forged.
HEADERS = {"Cache-Control": "private", "X-Robots-Tag": "noindex", "Referrer-Policy": "same-origin"}
PRIVATE = {**HEADERS, "Cache-Control": "no-store"}


Response = TypeVar("Response", bound=HttpResponseBase)


class Throttle(FixedWindowThrottle):
    """So many of one kind within so many seconds."""

    def __init__(self, scope: str, most: int, window: int) -> None:
        self.scope, self.most, self.window = scope, most, window


class _FormCheck(CsrfViewMiddleware):
    """Django's check of a form's origin, whose refusal is a sentence and not a page of its own."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(reason, status=403)


def is_forged(request: HttpRequest) -> bool:
    """Whether a form did not come from a page of ours, or the browser keeps no cookies.

    For views that are exempt from Django's own check: its refusal would throw away what somebody typed, and a
    page that was open for hours may have outlived its cookie.
    """
    check = _FormCheck(lambda request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, lambda request: HttpResponse(), (), {}) is not None


def address_of(request: HttpRequest) -> str:
    """Whose requests are counted together: an IPv4 address, or the /64 that one IPv6 line has.

    Behind a proxy that was announced, the address that it saw: the last one that the header names.
    """
    text: str = request.META.get("REMOTE_ADDR", "")
    if settings.HTTPS and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        text = forwarded.rpartition(",")[2].strip()
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return text


def with_headers(response: Response, headers: Mapping[str, str]) -> Response:
    """The response, with these headers."""
    for name, value in headers.items():
        response[name] = value
    return response


def closed(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """A page that says why there is nothing to see or to do."""
    return render(request, "feedback/closed.html", context, status=status)


def too_many(request: HttpRequest, throttle: FixedWindowThrottle) -> HttpResponse:
    """Such a page, with how long to wait."""
    return wait(closed(request, 429, too_many=True), throttle)


def wait(response: HttpResponse, throttle: FixedWindowThrottle) -> HttpResponse:
    """The response, with how many seconds are left of the throttle's window."""
    response["Retry-After"] = str(int(throttle.wait()) + 1)
    return response
