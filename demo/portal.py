"""The portal's public HTTP API, as a program sees it."""

import time
from typing import Any

import requests

from demo.surroundings import Stopped

Document = dict[str, Any]
BUSY = (429, 503)
ATTEMPTS = 8
REFUSED = 409


class Refusal(Exception):
    """A rule of the portal's forbids it: 409. `message` says why, in its own words."""

    def __init__(self, error: Document) -> None:
        super().__init__(error.get("message", ""))
        self.code, self.message = error.get("code", ""), error.get("message", "")


class Portal:
    """Calls of one key. Whoever writes names the call, so that a repeat has one effect."""

    def __init__(self, address: str, key: str = "") -> None:
        self.address = address
        self._session = requests.Session()
        if key:
            self._session.headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str, **parameters: Any) -> Document:
        return self._call("GET", path, params=parameters)

    def post(self, path: str, body: Document, *, once: str = "") -> Document:
        """`once` is the Idempotency-Key of calls that honour one."""
        return self._call("POST", path, json=body, headers={"Idempotency-Key": once} if once else {})

    def put(self, path: str, body: Document) -> Document:
        return self._call("PUT", path, json=body)

    def patch(self, path: str, body: Document) -> Document:
        return self._call("PATCH", path, json=body)

    def status(self) -> Document | None:
        """Its health status, which needs no key; None where nothing answers as a portal does."""
        try:
            found = self._session.get(f"{self.address}/api/health/status", timeout=10).json()
        except (requests.RequestException, ValueError):
            return None
        return found if isinstance(found, dict) and "checks" in found else None

    def _call(self, method: str, path: str, **words: Any) -> Document:
        answer = self._asked(method, path, **words)
        for attempt in range(1, ATTEMPTS):
            if answer.status_code not in BUSY:
                break
            time.sleep(min(float(answer.headers.get("Retry-After", 1)), 0.1 * 2**attempt))
            answer = self._asked(method, path, **words)
        document: Document = answer.json() if answer.content else {}
        if answer.status_code == REFUSED:
            raise Refusal(document.get("error", {}))
        if not answer.ok:
            error = document.get("error", {})
            raise Stopped(f"{method} {path} was answered {answer.status_code}: {error.get('message', '')}")
        return document

    def _asked(self, method: str, path: str, **words: Any) -> requests.Response:
        try:
            return self._session.request(method, f"{self.address}{path}", timeout=60, **words)
        except requests.RequestException as error:
            raise Stopped(f"The portal at {self.address} does not answer any more: {error}") from None
