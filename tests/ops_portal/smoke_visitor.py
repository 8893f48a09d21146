"""A visitor without a network: asks Django and the flags' door in the test's own process."""

from collections.abc import Mapping
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from ops_portal.smoke.asking import Answer, Asker
from tests.rollout.ofrep.calling import Product


class Visitor(Asker):
    """Has a door beside it that looks at the database once, when the visit begins."""

    def __init__(self) -> None:
        super().__init__("http://testserver")
        self.client = Client(raise_request_exception=False)
        self.product = Product(beside=WSGIHandler())
        self.asked: list[str] = []

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        self.asked.append(f"{method} {path}")
        sent = dict(headers or {})
        if path.startswith("/ofrep/") or (path.startswith("/api/feature-flags/") and "explain" not in path):
            return self._at_the_door(method, path, sent, body or b"")
        response = self.client.generic(
            method, path, body or b"", content_type=sent.pop("Content-Type", ""), headers=sent
        )
        content = b"".join(response) if response.streaming else response.content
        cookies = tuple(cookie.OutputString() for cookie in response.cookies.values())
        found = {name.lower(): value for name, value in response.items()}
        return Answer(response.status_code, found, cookies, content, 1.0)

    def _at_the_door(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        spelled: dict[str, Any] = {}
        if "Authorization" in headers:
            spelled["HTTP_AUTHORIZATION"] = headers["Authorization"]
        heard = self.product.call(method, path, body, **spelled)
        found = {name.lower(): value for name, value in heard.headers.items()}
        return Answer(heard.status, found, (), heard.body, 1.0)
