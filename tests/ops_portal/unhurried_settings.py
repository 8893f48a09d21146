"""The portal's settings, and a page that takes its time when it is asked to: `?seconds=2`."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ops_portal.settings import *  # noqa: F403
from ops_portal.settings import MIDDLEWARE as ALL

MIDDLEWARE = [*ALL, "tests.ops_portal.unhurried_settings.unhurried"]


def unhurried(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Wait before an answer for as long as the request says."""

    def call(request: HttpRequest) -> HttpResponse:
        time.sleep(float(request.GET.get("seconds", "0")))
        return answer(request)

    return call
