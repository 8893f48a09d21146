"""Counts what Django answers, from the first middleware to the last."""

import re
import time
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from ops_portal.exposition.instruments import note_request

NO_ROUTE = "(none)"
STATIC = f"{settings.STATIC_URL}{{path}}"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")

Answer = Callable[[HttpRequest], HttpResponseBase]


def count_requests(answer: Answer) -> Answer:
    """The middleware. Of an answer in pieces, the time to its head is counted."""

    def counted(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = answer(request)
        seconds = time.perf_counter() - began
        note_request(request.method or "", route_of(request), response.status_code, seconds)
        return response

    return counted


def route_of(request: HttpRequest) -> str:
    """The pattern of the route that a request matched, as in the API's description; never its path."""
    match = request.resolver_match
    if match is not None:
        return _spelled(match.route)
    # Files are served before any route is looked for.
    return STATIC if request.path.startswith(settings.STATIC_URL) else NO_ROUTE


@lru_cache(maxsize=1_000)
def _spelled(route: str) -> str:
    return "/" + PARAMETER.sub(r"{\1}", route)
