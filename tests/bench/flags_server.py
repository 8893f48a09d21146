"""The server that is measured: the portal's door, and in the same process what it is compared with.

Beside the door's own routes: `/bare/STATUS/BYTES` from a WSGI callable, `/django/STATUS/BYTES` from a Django
view without middleware, the door once more under `/counted` and, with nothing noted of what was asked,
under `/uncounted`, with its requests noted for the metrics under `/noted`, and `/known`, which says how many
workspaces the process remembers.
"""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.flags_settings"

django = get_wsgi_application()

from ops_portal.exposition.answers import ANSWERS  # noqa: E402
from rollout.ofrep.access import Access, Rate  # noqa: E402
from rollout.ofrep.door import Door  # noqa: E402
from rollout.ofrep.replies import STATUS  # noqa: E402
from rollout.serving.follower import Follower  # noqa: E402

StartResponse = Callable[..., Any]
BODIES = {size: b"x" * size for size in range(16_384)}


def view(request: HttpRequest, status: int, size: int) -> HttpResponse:
    return HttpResponse(BODIES[size], content_type="application/json", status=status)


urlpatterns = [path("django/<int:status>/<int:size>", view)]


def bare(start_response: StartResponse, status: str, size: str) -> Iterable[bytes]:
    body = BODIES[int(size)]
    start_response(STATUS[int(status)], [("Content-Type", "application/json"), ("Content-Length", size)])
    return [body]


class Uncounted:
    """A follower whose answers nobody counts."""

    class Nobody:
        @staticmethod
        def note(found: object) -> None:
            pass

    def __init__(self, followed: Follower) -> None:
        self._followed = followed
        self.start, self.workspaces, self.usage = followed.start, followed.workspaces, self.Nobody()

    @property
    def snapshot(self) -> Any:
        return self._followed.snapshot


def beside(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    _, first, *rest = environ["PATH_INFO"].split("/")
    if first == "bare":
        return bare(start_response, *rest)
    if first in doors:
        environ["PATH_INFO"] = environ["PATH_INFO"][len(first) + 1 :]
        return doors[first](environ, start_response)
    if first == "known":
        follower.start()
        start_response(STATUS[200], [("Content-Type", "text/plain")])
        return [b"%d" % len(follower.workspaces)]
    return django(environ, start_response)


follower = Follower(settings.FLAG_CACHE_WORKSPACES)
access = Access(Rate(settings.EVALUATION_RATE), Rate(settings.EVALUATION_ANONYMOUS_RATE))
application = Door(follower, access, beside)
ANSWERS.start()
doors = {
    "noted": Door(follower, access, beside, ANSWERS.note),
    "counted": Door(follower, access, beside),
    "uncounted": Door(Uncounted(follower), access, beside),  # type: ignore[arg-type]  # as much as it asks
}
